"""The raw history as a read model: rows and checkpoint move together, however it is stopped."""

import asyncio
import random
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from adapters.history.duckdb import DuckDbHistory
from adapters.history.duckdb_file import DuckDbFile
from adapters.history.port import Anomaly, History, HistoryUnavailableError, KeptWindows, RangeQuery, Watermark
from domain.raw_rows import RawRows
from projections.batching import BatchPolicy
from projections.decision_state import DecisionState
from projections.engine import Engine
from projections.historical import history_models
from projections.history import RawHistory
from projections.incoming import Pace
from projections.read_model import TryAgainError
from projections.running_queries import ProjectionHaltedError
from schema.envelope import Cursor, Position
from schema.events import DeviceMetadata, Quality
from tests.support.engines import nothing_decided, running
from tests.support.house_events import Said, pack, reading, tell
from tests.support.memory_log import MemoryLog

AT_ONCE = BatchPolicy(rows=20, pause_seconds=0.0, bare_checkpoint_seconds=0.0)
SOON = Pace(rows=15, most=50, pause_seconds=0.0)


class Fragile(DuckDbHistory):
    """A history that fails as it is told, before or after its write of rows or of windows took place."""

    def __init__(self, file: DuckDbFile) -> None:
        super().__init__(file)
        self.locked: list[Exception] = []
        self.before: list[Exception] = []
        self.after: list[Exception] = []
        self.sizes: list[int] = []
        self.sound = asyncio.Event()

    async def checkpoint(self) -> Cursor | None:
        if self.locked:
            raise self.locked.pop()
        return await super().checkpoint()

    async def write(self, rows: RawRows) -> None:
        if self.before:
            raise self.before.pop()
        await super().write(rows)
        self.sizes.append(len(rows))
        if self.after:
            raise self.after.pop()
        self.sound.set()

    async def keep(
        self,
        windows: Sequence[KeptWindows],
        watermarks: Mapping[str, Watermark],
        checkpoint: Cursor,
        anomalies: Sequence[Anomaly] = (),
    ) -> None:
        if self.before:
            raise self.before.pop()
        await super().keep(windows, watermarks, checkpoint, anomalies)
        if self.after:
            raise self.after.pop()


@pytest.fixture
async def history(tmp_path: Path) -> AsyncIterator[Fragile]:
    fragile = await Fragile.open(tmp_path / "history.duckdb", memory="128MB", threads=1)
    yield fragile
    await fragile.close()


def readings(count: int) -> list[Said]:
    return [reading("tomato-1", number, temperature=float(number), humidity=50.0) for number in range(count)]


@asynccontextmanager
async def filling(
    log: MemoryLog, history: History, policy: BatchPolicy = AT_ONCE, *, page_size: int = 7, pace: Pace = SOON
) -> AsyncIterator[Engine]:
    """Raw rows and windows at work."""
    raw, windows = history_models(history, DecisionState(), nothing_decided, policy=policy, pace=pace)
    async with running(log, [raw], derived=[windows], page_size=page_size) as engine:
        yield engine


async def reach_head(log: MemoryLog, history: History, policy: BatchPolicy = AT_ONCE) -> None:
    async with filling(log, history, policy) as engine:
        head = await log.head()
        assert head is not None
        await engine.reached("windows", head)


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
    await tell(log, readings(30))
    async with filling(log, history, BatchPolicy(rows=1000, pause_seconds=0.0)) as engine:
        await engine.reached("history", Position(10))
        assert await history.count() == 60
        await engine.reached("windows", Position(300))
        assert await history.checkpoint() == Cursor("memory", Position(300))


async def test_a_store_that_is_away_for_a_while_gets_everything_once(history: Fragile) -> None:
    log = MemoryLog()
    await tell(log, readings(50))
    history.before = [HistoryUnavailableError("the disk is full")] * 3
    history.after = [HistoryUnavailableError("the disk is full")] * 2
    with capture_logs():
        async with filling(log, history) as engine:
            await history.sound.wait()
            while history.before + history.after:
                await asyncio.sleep(0)
            await engine.reached("windows", Position(500))
    assert await history.count() == 100
    assert not history.before + history.after


async def test_killed_between_write_and_checkpoint_anywhere_it_equals_a_rebuild(history: Fragile, tmp_path: Path) -> None:
    log, chance = MemoryLog(), random.Random(5)
    await tell(log, readings(60))
    stops = 0
    while stops < 25:
        pace = Pace(rows=6, most=20, pause_seconds=0.0)
        async with filling(log, history, BatchPolicy(rows=4, pause_seconds=0.0), page_size=2, pace=pace):
            for _ in range(chance.randrange(120)):
                await asyncio.sleep(0)
        stops += 1
        history.after = [RuntimeError("killed")] if chance.random() < 0.3 else []
        with capture_logs():
            await tell(log, readings(1))
    history.after = []
    await reach_head(log, history)
    rebuilt = await DuckDbHistory.open(tmp_path / "rebuilt.duckdb", memory="128MB", threads=1)
    await reach_head(log, rebuilt)
    assert await history.content_hashes() == await rebuilt.content_hashes()
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
    history.locked = [HistoryUnavailableError("locked")]
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
        async with filling(log, history) as engine:
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
