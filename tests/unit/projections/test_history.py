"""The raw history as a read model: rows and checkpoint move together, however it is stopped."""

import asyncio
import random
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from adapters.history.duckdb import DuckDbHistory
from adapters.history.port import History, HistoryRow, HistoryUnavailableError, RangeQuery
from projections.batching import BatchPolicy
from projections.history import RawHistory
from projections.queries import ProjectionHaltedError
from projections.read_model import TryAgainError
from schema.envelope import Cursor, Position
from schema.events import DeviceMetadata, Quality
from tests.support.engines import read_all, running
from tests.support.house_events import Said, pack, reading, tell
from tests.support.memory_log import MemoryLog

AT_ONCE = BatchPolicy(rows=20, pause_seconds=0.0, bare_checkpoint_seconds=0.0)


class Fragile:
    """A history that fails as it is told, before or after its write took place; else it is the one behind it."""

    def __init__(self, stored: DuckDbHistory) -> None:
        self.stored = stored
        self.before: list[Exception] = []
        self.after: list[Exception] = []
        self.sizes: list[int] = []
        self.sound = asyncio.Event()
        self.checkpoint = stored.checkpoint
        self.readings = stored.readings
        self.buckets = stored.buckets
        self.content_hash = stored.content_hash
        self.count = stored.count
        self.reset = stored.reset
        self.close = stored.close

    async def write(self, rows: Sequence[HistoryRow], checkpoint: Cursor) -> None:
        if self.before:
            raise self.before.pop()
        await self.stored.write(rows, checkpoint)
        self.sizes.append(len(rows))
        if self.after:
            raise self.after.pop()
        self.sound.set()


@pytest.fixture
async def history(tmp_path: Path) -> AsyncIterator[Fragile]:
    fragile = Fragile(await DuckDbHistory.open(tmp_path / "history.duckdb", memory="128MB", threads=1))
    yield fragile
    await fragile.close()


def readings(count: int) -> list[Said]:
    return [reading("tomato-1", number, temperature=float(number), humidity=50.0) for number in range(count)]


async def reach_head(log: MemoryLog, history: History, policy: BatchPolicy = AT_ONCE) -> None:
    async with running(log, [RawHistory(history, policy)]) as engine:
        head = await log.head()
        assert head is not None
        await engine.reached("history", head)


async def test_each_metric_of_a_reading_is_a_row_with_the_device_s_own_word(history: Fragile) -> None:
    log = MemoryLog()
    bad = reading("a", 1, temperature=20.0, ph=20.0, verdicts={"ph": "above_range"}, quality=Quality.SUSPECTED)
    await tell(log, [bad, reading("a", 2)])
    await reach_head(log, history)
    rows = await history.readings(RangeQuery(device="a"))
    event = (await log.read_stream("device-a"))[0]
    assert [(row.metric, row.value, row.quality) for row in rows] == [
        ("ph", 20.0, Quality.SUSPECTED),
        ("temperature", 20.0, Quality.SUSPECTED),
    ]
    assert {(row.event_id, row.recorded_us, row.revision, row.position) for row in rows} == {
        (event.id, event.recorded_us, 0, event.position)
    }


async def test_catching_up_writes_in_large_batches(history: Fragile) -> None:
    log = MemoryLog()
    await tell(log, readings(100))
    await reach_head(log, history, BatchPolicy(rows=60, pause_seconds=0.0))
    assert history.sizes[:3] == [70, 70, 60]
    assert await history.count() == 200


async def test_pages_without_readings_move_the_checkpoint(history: Fragile) -> None:
    log = MemoryLog()
    await tell(log, [pack("control-a", DeviceMetadata(device_id="a", name=str(number))) for number in range(30)])
    await reach_head(log, history)
    assert await history.checkpoint() == Cursor("memory", Position(300))


async def test_the_answers_hold_up_to_what_is_stored_and_no_further(history: Fragile) -> None:
    log = MemoryLog()
    model = RawHistory(history, BatchPolicy(rows=1000, pause_seconds=0.0))
    await tell(log, readings(30))
    async with running(log, [model]) as engine:
        await engine.reached("history", Position(10))
        assert model.position == (await history.checkpoint() or Cursor("", None)).position
        assert await history.count() == 60


async def test_a_store_that_is_away_for_a_while_gets_everything_once(history: Fragile) -> None:
    log = MemoryLog()
    await tell(log, readings(50))
    history.before = [HistoryUnavailableError("the disk is full")] * 3
    history.after = [HistoryUnavailableError("the disk is full")] * 2
    with capture_logs():
        async with running(log, [RawHistory(history, AT_ONCE)]) as engine:
            await history.sound.wait()
            await engine.reached("history", Position(500))
    assert await history.count() == 100
    assert not history.before + history.after


async def test_killed_between_write_and_checkpoint_anywhere_it_equals_a_rebuild(history: Fragile, tmp_path: Path) -> None:
    log, chance = MemoryLog(), random.Random(5)
    await tell(log, readings(60))
    stops = 0
    while stops < 25:
        async with running(log, [RawHistory(history, BatchPolicy(rows=4, pause_seconds=0.0))], page_size=2):
            for _ in range(chance.randrange(120)):
                await asyncio.sleep(0)
        stops += 1
        history.after = [RuntimeError("killed")] if chance.random() < 0.3 else []
        with capture_logs():
            await tell(log, readings(1))
    history.after = []
    await reach_head(log, history)
    rebuilt = await DuckDbHistory.open(tmp_path / "rebuilt.duckdb", memory="128MB", threads=1)
    await read_all(log, [RawHistory(rebuilt, AT_ONCE)])
    assert await history.content_hash() == await rebuilt.content_hash()
    assert await history.count() == 120
    await rebuilt.close()


async def test_a_history_of_another_log_is_built_anew(history: Fragile) -> None:
    other, log = MemoryLog("other"), MemoryLog("one")
    await tell(other, readings(9))
    await tell(log, [reading("cucumber-1", number, temperature=1.0) for number in range(20)])
    await reach_head(other, history)
    with capture_logs() as logs:
        await reach_head(log, history)
    assert [entry["event"] for entry in logs] == ["projection_starts_from_zero"]
    assert await history.count() == 20
    assert await history.readings(RangeQuery(device="tomato-1")) == []


async def test_a_store_that_is_away_at_the_start_is_asked_again(history: Fragile) -> None:
    log = MemoryLog()
    await tell(log, readings(3))
    answers = [HistoryUnavailableError("locked")]

    async def checkpoint() -> Cursor | None:
        if answers:
            raise answers.pop()
        return await history.stored.checkpoint()

    history.checkpoint = checkpoint
    model = RawHistory(history, AT_ONCE)
    with pytest.raises(TryAgainError, match="locked"):
        await model.start(Cursor(log.log_id, await log.head()))
    with capture_logs():
        await reach_head(log, history)
    assert await history.count() == 6


async def test_a_store_that_refuses_halts_the_history_with_its_reason(history: Fragile) -> None:
    log = MemoryLog()
    await tell(log, readings(3))
    history.before = [ValueError("no such column")]
    with capture_logs():
        async with running(log, [RawHistory(history, AT_ONCE)]) as engine:
            with pytest.raises(ProjectionHaltedError, match="no such column"):
                await engine.reached("history", Position(30))


async def test_nothing_is_written_while_another_process_fills_the_history(history: Fragile) -> None:
    log, allowed, asked = MemoryLog(), asyncio.Event(), asyncio.Event()

    async def may_write() -> None:
        asked.set()
        await allowed.wait()

    await tell(log, readings(5))
    async with running(log, [RawHistory(history, AT_ONCE, may_write=may_write)]) as engine:
        await asked.wait()
        assert await history.count() == 0
        allowed.set()
        await engine.reached("history", Position(50))
        assert await history.count() == 10
