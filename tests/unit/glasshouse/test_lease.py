"""Leases under a fake clock: whatever crashes, pauses, outages and conflicts come in between, never two holders at once."""

from collections.abc import Awaitable, Callable, Coroutine, Generator, Sequence
from itertools import pairwise
from typing import Any, Self, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from adapters.event_log.port import Append, Appended, Conflict, EventLog, LogUnavailableError
from domain.leases import overlap
from glasshouse.lease import Lease, LeaseHeldError, LeaseLostError
from schema.envelope import RecordedEvent
from schema.leases import LeaseTaken
from schema.registry import REGISTRY
from tests.support.memory_log import MemoryLog

SPAN = 10.0
OWNED = (("+",), ("north",), ("north", "south"), ("south",))
RATES = (1.0, 0.97, 1.03)


class Wait:
    """A place where a process is, until the world says that it goes on; `until` is when, by its own clock."""

    def __init__(self, until: float | None = None) -> None:
        self.until = until

    def __await__(self) -> Generator["Wait", None, None]:
        yield self


class SlowLog:
    """Requests and answers take their time; while it is away, what was asked may be stored and the answer lost."""

    def __init__(self) -> None:
        self.inner = MemoryLog()
        self.away = False
        self.kept: dict[str, int] = {}

    async def append(self, appends: Sequence[Append]) -> list[Appended | Conflict]:
        return cast("list[Appended | Conflict]", await self._exchange(lambda: self.inner.append(appends)))

    async def read_stream(self, stream: str, *, start: int, limit: int) -> list[RecordedEvent]:
        first = max(start, self.kept.get(stream, 0))
        return cast(
            "list[RecordedEvent]", await self._exchange(lambda: self.inner.read_stream(stream, start=first, limit=limit))
        )

    async def truncate(self, stream: str, before: int) -> None:
        await Wait()
        self.kept[stream] = max(before, self.kept.get(stream, 0))

    async def _exchange(self, work: Callable[[], Awaitable[object]]) -> object:
        await Wait()
        if self.away:
            raise LogUnavailableError("the log is away")
        answer = await work()
        await Wait()
        if self.away:
            raise LogUnavailableError("the answer was lost")
        return answer


class Process:
    """A machine with a clock of its own, and now and then a process on it that wants the lease."""

    def __init__(self, world: "World", number: int) -> None:
        self.world, self.number = world, number
        self.owns = OWNED[number % len(OWNED)]
        self.lease: Lease | None = None
        self.paused = False
        self.running: dict[Coroutine[Any, Any, None], Wait] = {}

    def clock(self) -> float:
        return 1000.0 * self.number + RATES[self.number % len(RATES)] * self.world.now

    def start(self) -> None:
        if self.lease is not None:
            return
        log = cast("EventLog", self.world.log)
        self.lease = Lease(
            log, "ingest", f"machine-{self.number}", owns=self.owns, span_seconds=SPAN, clock=self.clock, sleep=self._sleep
        )
        self._run(self._main(self.lease))

    def crash(self) -> None:
        for coroutine in self.running:
            coroutine.close()
        self.running, self.lease, self.paused = {}, None, False

    def stop(self) -> None:
        """Told to end: what it did is cancelled, and it gives back what it holds."""
        lease = self.lease
        if lease is not None and lease.fencing is not None:
            self.crash()
            self.lease = lease
            self._run(self._release(lease))

    def step(self) -> None:
        """Go on wherever there is nothing left to wait for."""
        if self.paused:
            return
        for coroutine, wait in list(self.running.items()):
            if coroutine in self.running and (wait.until is None or self.clock() >= wait.until):
                self._resume(coroutine)

    async def _main(self, lease: Lease) -> None:
        await lease.take(standby=True)
        self._run(lease.watch())
        await lease.keep()

    async def _release(self, lease: Lease) -> None:
        await lease.release()
        self.lease = None

    async def _sleep(self, seconds: float) -> None:
        await Wait(self.clock() + seconds)

    def _run(self, coroutine: Coroutine[Any, Any, None]) -> None:
        self.running[coroutine] = Wait()
        self._resume(coroutine)

    def _resume(self, coroutine: Coroutine[Any, Any, None]) -> None:
        try:
            self.running[coroutine] = coroutine.send(None)
        except StopIteration:
            self.running.pop(coroutine, None)
        except LeaseLostError:
            self.running.pop(coroutine)
            self.crash()


class World:
    """Some processes, one log, and the time that nobody sees as it is."""

    def __init__(self, processes: int) -> None:
        self.now = 0.0
        self.log = SlowLog()
        self.processes = [Process(self, number) for number in range(processes)]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for process in self.processes:
            process.crash()

    def holders(self) -> list[Process]:
        return [process for process in self.processes if process.lease is not None and process.lease.held]

    def check(self) -> None:
        holders = self.holders()
        for index, one in enumerate(holders):
            assert not any(overlap(one.owns, other.owns) for other in holders[index + 1 :])

    def fencings(self) -> list[int]:
        return [
            event.fencing for recorded in self.log.inner._events if isinstance(event := REGISTRY.unpack(recorded), LeaseTaken)
        ]

    def let_pass(self, seconds: float) -> None:
        """Time goes by, and everybody does what he does, one request or answer at a time."""
        for _ in range(int(seconds * 5)):
            self.now += 0.2
            for process in self.processes:
                process.step()
                self.check()


STEPS = st.tuples(
    st.sampled_from(["live"] * 8 + ["step", "step", "pass", "start", "crash", "stop", "pause", "resume", "away", "back"]),
    st.integers(0, 3),
    st.floats(0.1, 2 * SPAN),
)


def act(world: World, what: str, number: int, seconds: float) -> None:
    process = world.processes[number]
    match what:
        case "live":
            world.let_pass(seconds)
        case "pass":
            world.now += seconds
        case "pause":
            process.paused = True
        case "resume":
            process.paused = False
        case "away" | "back":
            world.log.away = what == "away"
        case "start" | "crash" | "stop" | "step":
            getattr(process, what)()


@settings(max_examples=150)
@given(steps=st.lists(STEPS, max_size=40))
def test_no_two_processes_hold_what_overlaps_and_fencing_numbers_only_grow(steps: list[tuple[str, int, float]]) -> None:
    with World(4) as world:
        for process in world.processes:
            process.start()
        for step in steps:
            act(world, *step)
            world.check()
        fencings = world.fencings()
        assert all(before < after for before, after in pairwise(fencings))


@settings(max_examples=30)
@given(steps=st.lists(STEPS, max_size=20))
def test_once_all_is_quiet_somebody_holds_it_again(steps: list[tuple[str, int, float]]) -> None:
    with World(4) as world:
        for step in steps:
            act(world, *step)
        for process in world.processes[1:]:
            process.crash()
        world.log.away = False
        world.processes[0].paused = False
        world.processes[0].start()
        world.let_pass(4 * SPAN)
        if world.processes[0].lease is None:  # it had lost its lease, and was started again
            world.processes[0].start()
            world.let_pass(4 * SPAN)
        assert world.holders() == [world.processes[0]]


def test_one_that_ends_in_order_is_followed_at_once() -> None:
    with World(2) as world:
        first, second = world.processes
        first.start()
        world.let_pass(3)
        second.start()
        world.let_pass(3 * SPAN)
        assert world.holders() == [first]
        first.stop()
        world.let_pass(SPAN / 4)
        assert world.holders() == [second]


def test_one_that_crashed_is_followed_after_the_span_and_takes_its_own_again_at_once() -> None:
    with World(2) as world:
        first, second = world.processes
        first.start()
        second.start()
        world.let_pass(2 * SPAN)
        assert world.holders() == [first]
        first.crash()
        first.start()
        world.let_pass(1)
        assert world.holders() == [first]
        first.crash()
        world.let_pass(SPAN / 2)
        assert world.holders() == []
        world.let_pass(SPAN)
        assert world.holders() == [second]


def test_one_whose_log_is_away_stands_still_after_the_span_and_goes_on_when_it_is_back() -> None:
    with World(2) as world:
        first, second = world.processes
        first.start()
        world.let_pass(SPAN)
        second.start()
        world.let_pass(SPAN)
        world.log.away = True
        with capture_logs() as logs:
            world.let_pass(3 * SPAN)
        assert world.holders() == []
        assert [line["held"] for line in logs if line["event"] == "lease_not_renewed"] == [True, False]
        world.log.away = False
        world.let_pass(SPAN / 2)
        assert world.holders() == [first]
        assert world.fencings() == [0]


def test_one_that_was_paused_for_longer_than_the_span_learns_that_it_was_followed() -> None:
    with World(2) as world:
        first, second = world.processes
        first.start()
        second.start()
        world.let_pass(SPAN)
        first.paused = True
        world.let_pass(2 * SPAN)
        assert world.holders() == [second]
        first.paused = False
        world.let_pass(SPAN)
        assert first.lease is None
        assert world.holders() == [second]


def test_a_renewal_whose_answer_comes_late_counts_from_when_it_was_asked_for() -> None:
    with World(2) as world:
        first, second = world.processes
        first.start()
        second.start()
        world.let_pass(SPAN)
        stream = world.log.inner._streams["lease-ingest"]
        renewals = len(stream)
        while len(stream) == renewals:  # stored; the answer is on its way
            world.let_pass(0.2)
        first.paused = True
        world.let_pass(2 * SPAN)
        assert world.holders() == [second]
        first.paused = False
        first.step()
        world.check()


def test_its_stream_stays_small() -> None:
    with World(2) as world:
        world.processes[0].start()
        world.let_pass(60 * SPAN)
        assert world.holders() == [world.processes[0]]
        stream = world.log.inner._streams["lease-ingest"]
        assert len(stream) > 100
        assert len(stream) - world.log.kept["lease-ingest"] < 60


async def test_a_second_process_is_refused_in_plain_words_as_soon_as_the_first_renews() -> None:
    log = cast("EventLog", MemoryLog())
    first = Lease(log, "project", "box-a", span_seconds=0.3)
    await first.take()
    second = Lease(log, "project", "box-b", span_seconds=0.3, sleep=lambda _: first._renew())
    with pytest.raises(LeaseHeldError, match=r"`project` is held by another process, box-a; stop that one, or .* --standby"):
        await second.take()
    await first.release()
    await second.take()
    assert second.held
    assert not first.held


async def test_a_log_that_was_set_back_ends_its_holder_instead_of_having_him_try_for_ever() -> None:
    log = MemoryLog()
    lease = Lease(cast("EventLog", log), "project", "box", span_seconds=10)
    await lease.take()
    log._streams.clear()
    with pytest.raises(LeaseLostError, match="was set back"):
        await lease._renew()
