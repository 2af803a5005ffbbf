"""Each role killed under load, alone and together: nothing is lost or counted twice, and nobody who watches misses anything."""

import asyncio
import os
from pathlib import Path
from typing import Any

import httpx
import pytest

from glasshouse.stores import open_event_log_at
from schema.envelope import Filter
from schema.events import SensorReading
from schema.ids import format_event_id
from schema.registry import REGISTRY
from tests.support.roles import Estate, Role, following, until_ready
from tests.support.up import launch, simulate_arguments

RATE = 300
ROUNDS = max(1, int(os.environ.get("GLASSHOUSE_TEST_KILLS", "20")) // 20)
CLEAN = {"lost": 0, "double_counted": 0, "invented": 0, "missing": 0, "misjudged": 0, "diverged": []}


@pytest.mark.soak
@pytest.mark.timeout(120 + 60 * ROUNDS)
async def test_each_role_killed_alone_and_all_together_under_load(estate: Estate, tmp_path: Path) -> None:
    ledger = tmp_path / "ledger.jsonl"
    first = await estate.role("serve", "serve-1").start()
    key = first.ready["admin_key"]
    second = await estate.role("serve", "serve-2").start()
    assert second.ready["admin_key"] is None
    roles = [await estate.role("ingest", "ingest").start(), await estate.role("project", "project").start(), first, second]
    async with following([first, second], key) as subscriber:
        arguments = simulate_arguments(estate.env["GLASSHOUSE_MQTT"], ledger, rate=RATE)
        simulator = await launch(*arguments, errors=tmp_path / "simulator.err")
        await _sees_more(first, subscriber.seen)
        for _ in range(ROUNDS):
            await _each_alone_and_all_together(roles, subscriber.seen)
        simulator.terminate()
        assert await simulator.wait() == 0
        for role in roles:
            await until_ready(role)
        wanted = await _readings(estate.env["GLASSHOUSE_EVENT_LOG"])
        async with asyncio.timeout(60):
            await subscriber.saw(wanted)
        assert subscriber.moved >= 2
        assert subscriber.gaps == []
        assert len(subscriber.seen) == len(set(subscriber.seen))
    report = await estate.judged(ledger, first, key)
    assert report["sent"] > RATE
    assert _verdict(report) == CLEAN
    assert [await role.stop() for role in roles] == [0, 0, 0, 0]
    assert _verdict(await estate.judged(ledger, second)) == CLEAN
    assert _verdict(await estate.judged(ledger, roles[1])) == CLEAN


async def _each_alone_and_all_together(roles: list[Role], seen: list[tuple[str, str]]) -> None:
    for role in roles:
        await role.kill()
        await role.start()
        await _sees_more(role, seen)
    for role in roles:
        await role.kill()
    for role in roles:
        await role.begin()
    for role in roles:
        await role.is_ready()
    await _sees_more(roles[0], seen)


def _verdict(report: dict[str, Any]) -> dict[str, Any]:
    return {name: report[name] for name in CLEAN}


async def _sees_more(role: Role, seen: list[tuple[str, str]], by: int = 200) -> None:
    """Under load: the subscriber is sent that much more. A role that ended meanwhile is what is wrong."""
    before = len(seen)
    async with asyncio.timeout(60):
        while len(seen) < before + by:
            assert role.process is not None
            assert role.process.returncode is None, role.errors.read_text()
            await asyncio.sleep(0.05)


async def _readings(url: str) -> set[tuple[str, str]]:
    log = await open_event_log_at(url, read_only=True)
    found: set[tuple[str, str]] = set()
    async for page in log.read_all(None, only=Filter(types=frozenset({"SensorReading"}))):
        for recorded in page.events:
            event = REGISTRY.unpack(recorded)
            assert isinstance(event, SensorReading)
            found.update((format_event_id(recorded.id), metric) for metric in event.reading)
    await log.close()
    return found


@pytest.mark.parametrize("log_url", ["sqlite"], indirect=True)  # any log would do
async def test_a_serve_starts_again_from_its_snapshot(estate: Estate, tmp_path: Path) -> None:
    serve = await estate.role("serve", "serve").start()
    ingest = await estate.role("ingest", "ingest").start()
    arguments = simulate_arguments(estate.env["GLASSHOUSE_MQTT"], tmp_path / "ledger", rate=200, seconds=2)
    simulator = await launch(*arguments, errors=tmp_path / "simulator.err")
    assert await simulator.wait() == 0
    await until_ready(serve)
    before = await _read_by_latest(serve)
    assert await ingest.stop() == 0
    assert await serve.stop() == 0
    await serve.start()
    await serve.kill()
    await serve.start()
    assert await _read_by_latest(serve) < before / 10


async def _read_by_latest(role: Role) -> float:
    """How many events its latest state was made of since it started."""
    async with httpx.AsyncClient(base_url=role.http, trust_env=False) as client:
        text = (await client.get("/metrics")).text
    name = 'glasshouse_projection_events_total{projection="latest"} '
    return float(next((line.removeprefix(name) for line in text.splitlines() if line.startswith(name)), "0"))
