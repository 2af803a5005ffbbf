"""The engine: each read model from its own place, and a failing one halts visibly and alone."""

import asyncio

import pytest
from prometheus_client import CollectorRegistry
from structlog.testing import capture_logs

from adapters.event_log.port import ANY, Append
from adapters.snapshot import usable_checkpoint
from projections.feed_queries import FeedPage
from projections.latest import LatestState
from projections.opening import open_page, require_readable
from projections.progress import Progress
from projections.read_model import TryAgainError
from projections.running_queries import ProjectionHaltedError, ProjectionState, ProjectionStatus, UnknownProjectionError
from schema.envelope import EVERYTHING, Cursor, Filter, NewEvent, Position
from tests.support.engines import running
from tests.support.following import positions
from tests.support.house_events import reading, tell
from tests.support.memory_log import MemoryLog


class Recorder:
    """A read model that notes what it reads, from `begin` on, and fails as it is told."""

    def __init__(self, name: str = "recorder", *, begin: Position | None = None, only: Filter = EVERYTHING) -> None:
        self.name = name
        self.only = only
        self.position = begin
        self.seen: list[Position] = []
        self.failures: list[Exception] = []
        self.starts = 0
        self.closed = False
        self.read = asyncio.Event()

    async def start(self, head: Cursor) -> Position | None:
        del head
        self.starts += 1
        return self.position

    async def apply(self, page: FeedPage) -> None:
        if page.events and self.failures:
            raise self.failures.pop(0)
        require_readable(page)
        self.seen += positions([page])
        self.position = page.position
        if page.events:
            self.read.set()

    async def close(self) -> None:
        self.closed = True


def by_name(status: list[ProjectionStatus]) -> dict[str, ProjectionStatus]:
    return {each.name: each for each in status}


async def fill(log: MemoryLog, count: int) -> Position:
    await tell(log, [reading("tomato-1", number, temperature=20.0) for number in range(count)])
    head = await log.head()
    assert head is not None
    return head


async def test_each_read_model_goes_on_from_its_own_checkpoint(log: MemoryLog) -> None:
    head = await fill(log, 20)
    fresh, half, done = Recorder("fresh"), Recorder("half", begin=Position(100)), Recorder("done", begin=head)
    async with running(log, [fresh, half, done]) as engine:
        for model in (fresh, half, done):
            await engine.reached(model.name, head)
        live = await fill(log, 3)
        for model in (fresh, half, done):
            await engine.reached(model.name, live)
    everything = list(range(10, 240, 10))
    assert (fresh.seen, half.seen, done.seen) == (everything, everything[10:], everything[20:])


async def test_read_models_have_started_once_each_has_taken_in_a_page_or_has_halted(log: MemoryLog) -> None:
    await fill(log, 3)
    broken, sound = Recorder("broken"), Recorder("sound")
    broken.failures.append(ValueError("a bug"))
    async with running(log, [broken, sound]) as engine:
        await engine.started()
        states = {name: status.state for name, status in by_name(engine.status()).items()}
    assert states["broken"] == ProjectionState.HALTED
    assert states["sound"] in {ProjectionState.LIVE, ProjectionState.CATCHING_UP}


async def test_a_failing_read_model_halts_visibly_and_alone(log: MemoryLog) -> None:
    registry = CollectorRegistry()
    broken, sound = Recorder("broken"), Recorder("sound")
    broken.failures.append(ValueError("a bug"))
    head = await fill(log, 3)
    with capture_logs() as logs:
        async with running(log, [broken, sound], registry=registry) as engine:
            await engine.reached("sound", head)
            with pytest.raises(ProjectionHaltedError, match="broken has halted: a bug"):
                await engine.reached("broken", head)
            status = by_name(engine.status())
            assert (status["broken"].state, status["broken"].error) == (ProjectionState.HALTED, "a bug")
            assert status["broken"].position is None
            assert status["broken"].lag_seconds > 0
            assert (status["sound"].state, status["sound"].error) == (ProjectionState.LIVE, None)
            assert status["sound"].lag_seconds == 0
    assert [entry["projection"] for entry in logs if entry["event"] == "projection_halted"] == ["broken"]
    halted = {"projection": "broken", "glasshouse_projection_state": "halted"}
    assert registry.get_sample_value("glasshouse_projection_state", halted) == 1
    assert registry.get_sample_value("glasshouse_projection_events_total", {"projection": "sound"}) == 3


async def test_who_waits_for_a_read_model_that_halts_is_told(log: MemoryLog) -> None:
    broken = Recorder("broken")
    async with running(log, [broken]) as engine:
        waiting = asyncio.create_task(engine.reached("broken", Position(10)), name="waiting")
        await asyncio.sleep(0)
        broken.failures.append(ValueError("a bug"))
        with capture_logs():
            await fill(log, 1)
            with pytest.raises(ProjectionHaltedError, match="a bug"):
                await waiting


async def test_a_failure_that_passes_is_tried_again_from_the_checkpoint(log: MemoryLog) -> None:
    model = Recorder()
    model.failures += [TryAgainError("the disk is full")] * 3
    head = await fill(log, 3)
    with capture_logs():
        async with running(log, [model]) as engine:
            await model.read.wait()
            await engine.reached("recorder", head)
            assert engine.status()[0].state is not ProjectionState.HALTED
            assert engine.status()[0].error is None
    assert (model.starts, model.seen) == (4, [10, 20, 30])


async def test_unreadable_data_halts_who_needs_it_and_says_where_it_is(log: MemoryLog) -> None:
    broken = NewEvent(b"\x01" * 16, "SensorReading", b'{"deviceId": 5}', b"{}")
    await log.append([Append("device-tomato-1", ANY, [broken])])
    head = await fill(log, 2)
    with capture_logs():
        async with running(log, [LatestState(), Recorder("other", only=Filter(categories=frozenset({"control"})))]) as engine:
            await engine.reached("other", head)
            with pytest.raises(ProjectionHaltedError, match=r"01010101-.*revision 0 of device-tomato-1, position 10"):
                await engine.reached("latest", head)


async def test_read_models_are_closed_also_after_a_halt(log: MemoryLog) -> None:
    broken, sound = Recorder("broken"), Recorder("sound")
    broken.failures.append(ValueError("a bug"))
    head = await fill(log, 1)
    with capture_logs():
        async with running(log, [broken, sound]) as engine:
            await engine.reached("sound", head)
    assert broken.closed
    assert sound.closed


async def test_waiting_for_a_read_model_that_does_not_exist_is_an_error(log: MemoryLog) -> None:
    async with running(log, [Recorder()]) as engine:
        with pytest.raises(UnknownProjectionError, match="no read model is called 'lates'; there are: recorder"):
            await engine.reached("lates", Position(1))


@pytest.mark.parametrize(
    ("checkpoint", "usable"),
    [
        (None, None),
        (Cursor("log", None), None),
        (Cursor("log", Position(50)), 50),
        (Cursor("log", Position(51)), None),
        (Cursor("another", Position(10)), None),
    ],
)
def test_a_checkpoint_of_another_log_or_beyond_the_head_is_not_believed(checkpoint: Cursor | None, usable: int | None) -> None:
    with capture_logs() as logs:
        assert usable_checkpoint("latest", checkpoint, Cursor("log", Position(50))) == usable
    assert bool(logs) == (usable is None and checkpoint is not None and checkpoint.position is not None)


async def test_lag_is_the_age_of_the_oldest_unread_event(log: MemoryLog) -> None:
    await fill(log, 2)
    now = 1_700_000_010.0
    progress = Progress(lambda: now)
    page = await _page(log, caught_up=False)
    assert progress.lag() == 0
    progress.begins(page)
    assert progress.lag() == pytest.approx(10 - 0.001)
    progress.ends(page, caught_up=False)
    assert progress.lag() == pytest.approx(10 - 0.002)
    progress.ends(page, caught_up=True)
    assert progress.lag() == 0


async def test_the_rate_is_that_of_the_last_seconds(log: MemoryLog) -> None:
    await fill(log, 2)
    times = iter(range(1_700_000_000, 1_700_000_100, 5))
    progress = Progress(lambda: float(next(times)))
    page = await _page(log, caught_up=True)
    for _ in range(4):
        progress.ends(page, caught_up=True)
    assert progress.rate() == pytest.approx(2 / 5, rel=0.5)


async def _page(log: MemoryLog, *, caught_up: bool) -> FeedPage:
    [page] = [page async for page in log.read_all(None)]
    return open_page(page, caught_up=caught_up)


async def test_another_version_beside_takes_the_place_of_the_one_that_serves_and_who_waits_is_answered_by_it(
    log: MemoryLog,
) -> None:
    goal = await fill(log, 6)
    old, new = Recorder(), Recorder()
    async with running(log, [old]) as engine:
        await engine.reached("recorder", goal)
        beside = engine.beside([new], [])
        assert [status.name for status in engine.status()] == ["recorder"]
        await beside.reached(goal)
        serving = engine.serving(["recorder"])
        serving.close_gates()
        waiting = asyncio.create_task(engine.reached("recorder", Position(goal + 10)), name="waiting")
        await tell(log, [reading("tomato-1", 6, temperature=20.0)])
        await beside.reached(Position(goal + 10))
        assert not waiting.done()
        before = engine.promote(beside)
        await asyncio.wait_for(waiting, 30)
        assert not old.closed
        await engine.stop(before)
        assert (old.closed, old.position, new.closed) == (True, goal, False)
        assert [status.position for status in engine.status()] == [goal + 10]
    assert new.closed


async def test_what_runs_beside_is_closed_with_the_engine(log: MemoryLog) -> None:
    goal = await fill(log, 2)
    new = Recorder()
    async with running(log, [Recorder()]) as engine:
        await engine.reached("recorder", goal)
        await engine.beside([new], []).reached(goal)
    assert new.closed


async def test_two_versions_stand_still_at_one_position_while_the_log_grows(log: MemoryLog) -> None:
    goal = await fill(log, 6)
    old, new = Recorder(), Recorder()
    async with running(log, [old]) as engine:
        await engine.reached("recorder", goal)
        both = [engine.serving(["recorder"]), engine.beside([new], [])]
        for troupe in both:
            troupe.close_gates()
        later = await fill(log, 4)
        for troupe in both:
            troupe.open_gates(Position(goal + 20))
            await troupe.reached(Position(goal + 20))
        assert old.seen == new.seen == [Position(10 * number) for number in range(1, 9)]
        for troupe in both:
            troupe.open_gates()
            await troupe.reached(later)
        assert old.seen == new.seen == [Position(10 * number) for number in range(1, 11)]
