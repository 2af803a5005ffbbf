"""kill -9 the whole of `up` at random under load: what had a receipt, or a PUBACK of a living broker, is there, once."""

import asyncio
import json
import os
import random
from pathlib import Path
from typing import Any

import pytest

from tests.support.brokers import KINDS, StandaloneBroker, standalone_broker
from tests.support.up import glasshouse, judged, launch, running_up, simulate_arguments, start_up

KILLS = int(os.environ.get("GLASSHOUSE_TEST_KILLS", "20"))
RATE = 300


@pytest.mark.soak
@pytest.mark.timeout(60 + 12 * KILLS)
@pytest.mark.parametrize("kind", KINDS)
async def test_up_killed_at_random_under_load_loses_nothing_and_counts_nothing_twice(kind: Any, tmp_path: Path) -> None:
    data, ledger, errors = tmp_path / "data", tmp_path / "ledger.jsonl", tmp_path / "errors.log"
    moments = random.Random(KILLS)
    async with standalone_broker(kind, _made(tmp_path / "broker")) as broker:
        first = await start_up(data, mqtt=broker.url, errors=errors)
        simulator = await launch(*simulate_arguments(broker.url, ledger, rate=RATE), errors=errors)
        await first.kill()
        for _ in range(KILLS - 1):
            await _live_a_moment(data, broker, errors, moments.uniform(0.0, 1.2))
        async with running_up(data, mqtt=broker.url, errors=errors) as last:
            simulator.terminate()
            await simulator.wait()
            await _all_came_in(ledger, data, first.ready["admin_key"])
            assert await last.stop() == 0
    report = await judged(ledger, data)
    assert report["sent"] > RATE
    assert report["stored"] + report["dead_letters"] == report["sent"] - report["unknown"]
    assert (report["lost"], report["double_counted"], report["invented"], report["missing"]) == (0, 0, 0, 0)
    assert report["diverged"] == []


async def _all_came_in(ledger: Path, data: Path, key: str) -> None:
    """What the broker still held when the simulator gave up waiting has come in. What is truly lost never does."""
    async with asyncio.timeout(60):
        while True:
            _, out, err = await glasshouse("audit-ledger", str(ledger), "--data", str(data), "--key", key, "--json")
            assert out, err
            if json.loads(out)["lost"] == 0:
                return


async def _live_a_moment(data: Path, broker: StandaloneBroker, errors: Path, seconds: float) -> None:
    """Start, and be killed so long after being ready: the moment of a fault is random, so here it is time that counts."""
    async with running_up(data, mqtt=broker.url, errors=errors) as up:
        await asyncio.sleep(seconds)
        await up.kill()


async def test_with_the_embedded_broker_what_had_a_receipt_survives_its_death(tmp_path: Path) -> None:
    data, ledger, errors = tmp_path / "data", tmp_path / "ledger.jsonl", tmp_path / "errors.log"
    for _ in range(3):
        async with running_up(data, errors=errors) as up:
            url = f"mqtt://127.0.0.1:{up.ready['mqtt']['port']}"
            simulator = await launch(*simulate_arguments(url, ledger, rate=RATE), errors=errors)
            await _has_grown(ledger, errors)
            await up.kill()
            os.killpg(simulator.pid, 9)
            await simulator.wait()
    report = await judged(ledger, data, "--broker-died")
    assert report["receipted"] > 0
    assert (report["lost"], report["double_counted"], report["diverged"]) == (0, 0, [])


async def _has_grown(ledger: Path, errors: Path, by: int = 100_000) -> None:
    before = ledger.stat().st_size if ledger.exists() else 0
    async with asyncio.timeout(30):
        while (ledger.stat().st_size if ledger.exists() else 0) < before + by:
            assert errors.exists()
            await asyncio.sleep(0.05)


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder
