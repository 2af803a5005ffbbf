"""The event log goes away for longer than a lease stands: every role stays, waits, and goes on when it is back."""

import asyncio
from pathlib import Path

import httpx
import pytest

from tests.support.brokers import StandaloneBroker
from tests.support.eventstore.process import Double
from tests.support.roles import Estate, Role, until_ready
from tests.support.up import launch, simulate_arguments


@pytest.mark.timeout(180)
async def test_all_roles_outlive_an_event_log_that_is_away_for_longer_than_a_lease(
    broker: StandaloneBroker, tmp_path: Path
) -> None:
    double, ledger = Double(tmp_path), tmp_path / "ledger.jsonl"
    await double.start()
    estate = Estate(tmp_path, double.url, broker.url)
    try:
        serve = await estate.role("serve", "serve").start()
        ingest, project = await estate.role("ingest", "ingest").start(), await estate.role("project", "project").start()
        simulator = await launch(*simulate_arguments(broker.url, ledger, rate=200), errors=tmp_path / "simulator.err")
        await _holds(ledger, 200)
        await double.kill()
        for role in (ingest, project):
            await _lease_is(role, "its span is over, and it could not be renewed: the event log is away")
        await double.start()
        for role in (ingest, project, serve):
            await until_ready(role)
        simulator.terminate()
        assert await simulator.wait() == 0
        report = await estate.judged(ledger, serve, serve.ready["admin_key"])
        assert (report["lost"], report["double_counted"], report["diverged"]) == (0, 0, [])
        assert [await role.stop() for role in (ingest, project, serve)] == [0, 0, 0]
        report = await estate.judged(ledger, project)
        assert (report["lost"], report["double_counted"], report["missing"], report["diverged"]) == (0, 0, 0, [])
    finally:
        await estate.end()
        await double.kill()


async def _holds(ledger: Path, lines: int) -> None:
    async with asyncio.timeout(30):
        while not ledger.exists() or ledger.read_bytes().count(b"\n") < lines:
            await asyncio.sleep(0.05)


async def _lease_is(role: Role, words: str) -> None:
    async with httpx.AsyncClient(base_url=role.http, trust_env=False) as client, asyncio.timeout(60):
        while (await client.get("/readyz")).json()["parts"]["lease"] != words:
            await asyncio.sleep(0.1)
