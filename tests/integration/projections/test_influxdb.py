"""Rows and windows in a real InfluxDB: the same as in DuckDB whatever the order, and one that is away is caught up with."""

import asyncio
import random
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from adapters.event_log.port import EventLog
from adapters.history.duckdb import DuckDbHistory
from adapters.history.influx.history import InfluxHistory
from adapters.history.port import History
from projections.batching import BatchPolicy
from projections.decision_state import DecisionState
from projections.engine import Derived, Engine
from projections.historical import history_models
from projections.history import RawHistory
from projections.incoming import Pace
from projections.running_queries import ProjectionHaltedError
from schema.envelope import Position
from tests.support import influx
from tests.support.engines import nothing_decided, read_all, running
from tests.support.house_events import Said, reading, tell
from tests.support.memory_log import MemoryLog

pytestmark = pytest.mark.influxdb

SMALL = BatchPolicy(rows=300, pause_seconds=0.0)
SOON = Pace(rows=300, most=1_000, pause_seconds=0.0)


def models(history: History) -> tuple[RawHistory, Derived]:
    return history_models(history, DecisionState(), nothing_decided, policy=SMALL, pace=SOON)


def day(devices: int = 4, readings: int = 250) -> list[Said]:
    """Devices that speak every ten seconds, some of them twice at one instant."""
    said = [
        reading(f"tomato-{device}", number * 10, temperature=20 + number / 7, humidity=60.0 + device)
        for device in range(devices)
        for number in range(readings)
    ]
    return said + [reading("tomato-0", number * 10, own_id=f"own-{number}", temperature=float(number)) for number in range(50)]


async def log_of(said: Sequence[Said]) -> MemoryLog:
    log = MemoryLog()
    await tell(log, said)
    return log


async def filled(history: History, log: EventLog) -> tuple[int, Mapping[str, str]]:
    raw, windows = models(history)
    await read_all(log, [raw], derived=[windows])
    found = await history.count(), await history.content_hashes()
    await history.close()
    return found


async def test_shuffled_and_doubled_events_give_the_rows_and_windows_that_sorted_ones_give_in_duckdb(tmp_path: Path) -> None:
    said = day()
    expected = await filled(await DuckDbHistory.open(tmp_path / "history.duckdb"), await log_of(said))
    shuffle = random.Random(5)
    for doubled in (0, 300):
        mixed = shuffle.sample(said, len(said)) + shuffle.sample(said, doubled)
        with influx.history_url() as url:
            assert await filled(await InfluxHistory.open(url), await log_of(mixed)) == expected


async def test_a_projection_halts_while_its_influxdb_is_away_and_then_catches_up(tmp_path: Path) -> None:
    said = day(readings=40)
    log = await log_of(said[:100])
    with influx.own(tmp_path) as server:
        history = await InfluxHistory.open(server.url())
        raw, windows = models(history)
        with capture_logs():  # which tell of it again and again
            async with running(log, [raw], derived=[windows]) as engine:
                await engine.reached("windows", await head_of(log))
                server.kill()
                await tell(log, said[100:])
                with pytest.raises(ProjectionHaltedError, match="is not reached"):
                    await engine.reached("history", await head_of(log))
                server.start()
                await reached_at_last(engine, await head_of(log))
                assert [status.error for status in engine.status()] == [None, None]
        found = await history.count(), await history.content_hashes()
        await history.close()
    assert found == await filled(await DuckDbHistory.open(tmp_path / "history.duckdb"), log)


async def head_of(log: EventLog) -> Position:
    head = await log.head()
    assert head is not None
    return head


async def reached_at_last(engine: Engine, position: Position) -> None:
    """However often it has to try."""
    while True:
        with suppress(ProjectionHaltedError):
            return await engine.reached("windows", position)
        await asyncio.sleep(0.01)
