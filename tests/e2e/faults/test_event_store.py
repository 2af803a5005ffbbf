"""EventStoreDB fails under load, in every way that it can: what was acknowledged is there, once, and memory stays flat."""

import asyncio
import json
import os
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest

from adapters.event_log.esdb.log import EsdbEventLog
from adapters.event_log.port import LogUnavailableError
from glasshouse.simulator.ledger import read_ledger
from tests.support.brokers import standalone_broker
from tests.support.eventstore.process import Double, eventstore
from tests.support.up import UpProcess, glasshouse, launch, running_up, simulate_arguments

KILLS = int(os.environ.get("GLASSHOUSE_TEST_KILLS", "20"))
AWAY_SECONDS = float(os.environ.get("GLASSHOUSE_TEST_AWAY_SECONDS", "8"))
NOT_READY_SECONDS = float(os.environ.get("GLASSHOUSE_TEST_NOT_READY_SECONDS", "3"))
FULL_RATE = 2000
MIB = 1 << 20


@dataclass(frozen=True)
class Scene:
    """A house over EventStoreDB, with a simulated greenhouse that talks to it."""

    double: Double
    up: UpProcess
    simulator: asyncio.subprocess.Process
    ledger: Path

    async def grows(self, by: int = 200) -> None:
        """Return once so many more events are stored."""
        before = (await self.double.switch.head()).records
        async with asyncio.timeout(60):
            while (await self.double.switch.head()).records < before + by:
                await asyncio.sleep(0.05)

    def memory(self) -> int:
        return int(psutil.Process(self.up.process.pid).memory_info().rss)


@asynccontextmanager
async def scene(folder: Path, *, rate: int) -> AsyncIterator[Scene]:
    """At its end the simulator has stopped, all that it sent is drained, and the oracle has found nothing wrong."""
    data, ledger, errors = folder / "data", folder / "ledger.jsonl", folder / "errors.log"
    (folder / "broker").mkdir()
    async with eventstore(folder) as double, standalone_broker("mosquitto", folder / "broker") as broker:
        env = {"GLASSHOUSE_EVENT_LOG": double.url}
        async with running_up(data, mqtt=broker.url, errors=errors, env=env) as up:
            simulator = await launch(*simulate_arguments(broker.url, ledger, rate=rate, devices=50), errors=errors)
            before = (await double.switch.head()).records
            yield Scene(double, up, simulator, ledger)
            simulator.terminate()
            await simulator.wait()
            await _drained(double, before + sum(line.pubacked is not None for line in read_ledger(ledger)))
            assert await up.stop() == 0
        code, out, err = await glasshouse("audit-ledger", str(ledger), "--data", str(data), "--json", env=env)
    _judge(code, json.loads(out), err)


async def _drained(double: Double, records: int) -> None:
    """The store holds about as many as the broker took, and no more come: the broker has handed over all that it held."""
    seen, quiet = 0, 0
    async with asyncio.timeout(300):
        while seen < records or quiet < 20:
            await asyncio.sleep(0.1)
            before, seen = seen, (await double.switch.head()).records
            quiet = quiet + 1 if seen == before else 0


def _judge(code: int, report: dict[str, Any], errors: str) -> None:
    assert code == 0, (report, errors)
    assert report["sent"] > 1000
    assert report["stored"] + report["dead_letters"] == report["sent"] - report["unknown"]
    assert (report["lost"], report["double_counted"], report["invented"], report["missing"]) == (0, 0, 0, 0)
    assert (report["diverged"], report["read_models_checked"]) == ([], True)


@pytest.mark.soak
@pytest.mark.timeout(120 + 6 * KILLS)
async def test_a_store_killed_again_and_again_under_load_loses_nothing_and_nothing_counts_twice(tmp_path: Path) -> None:
    moments = random.Random(KILLS)
    async with scene(tmp_path, rate=300) as house:
        for _ in range(KILLS):
            await asyncio.sleep(moments.uniform(0.0, 0.6))
            await house.double.restart()
            await house.grows(by=50)


@pytest.mark.soak
@pytest.mark.timeout(180 + 2 * NOT_READY_SECONDS)
async def test_connections_dropped_answers_lost_and_a_store_that_is_not_ready_lose_nothing(tmp_path: Path) -> None:
    async with scene(tmp_path, rate=500) as house:
        switch = house.double.switch
        await house.grows()
        for moment in ("before", "after", "before", "after"):
            await switch.drop_appends(3, moment=moment)
            await house.grows()
        await switch.forget_ids()
        await switch.drop()
        await switch.die_mid_stream(after=5, times=3)
        await house.grows()
        await switch.end_mid_stream(after=0, times=2)
        await house.grows()
        await switch.not_ready(NOT_READY_SECONDS)
        await asyncio.sleep(NOT_READY_SECONDS)
        await house.grows()
        await switch.disk_full()
        await asyncio.sleep(1)
        await switch.heal()
        await house.grows()
        house.double.pause()
        await asyncio.sleep(1)
        house.double.resume()
        await house.grows()


@pytest.mark.soak
@pytest.mark.timeout(360 + 3 * AWAY_SECONDS)
async def test_a_store_that_is_away_at_full_rate_stops_the_acknowledgements_and_memory_stays_flat(tmp_path: Path) -> None:
    async with scene(tmp_path, rate=FULL_RATE) as house:
        await house.grows(by=3 * FULL_RATE)
        await house.double.kill()
        await asyncio.sleep(AWAY_SECONDS / 2)
        half_way = house.memory()
        await asyncio.sleep(AWAY_SECONDS / 2)
        assert house.memory() < half_way + 24 * MIB
        with pytest.raises(LogUnavailableError):
            await EsdbEventLog.open(house.double.url)
        await house.double.start()
        await house.grows(by=FULL_RATE)
