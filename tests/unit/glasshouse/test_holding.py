"""A lease at work: kept while the block runs, given back at its end, and told of."""

import asyncio
from typing import cast

import pytest

from adapters.event_log.port import EventLog
from glasshouse.holding import LeaseProbe, holding
from glasshouse.lease import Lease, LeaseLostError
from tests.support.memory_log import MemoryLog


class Clock:
    """Stands still until the test lets time pass; whoever sleeps wakes when it has."""

    def __init__(self) -> None:
        self.now = 0.0
        self._asleep: list[tuple[float, asyncio.Future[None]]] = []

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        waking: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._asleep.append((self.now + seconds, waking))
        await waking

    async def pass_by(self, seconds: float) -> None:
        """A second at a time, and everybody does what is due."""
        for _ in range(int(seconds)):
            self.now += 1
            for until, waking in self._asleep:
                if until <= self.now and not waking.done():
                    waking.set_result(None)
            for _ in range(20):
                await asyncio.sleep(0)


def lease(log: MemoryLog, holder: str, clock: Clock) -> Lease:
    return Lease(cast("EventLog", log), "project", holder, span_seconds=10, clock=clock, sleep=clock.sleep)


async def test_it_is_kept_while_the_block_runs_and_given_back_at_its_end() -> None:
    log, clock = MemoryLog(), Clock()
    one = lease(log, "one", clock)
    probe = LeaseProbe(one)
    assert await probe.check() == "being taken"
    async with holding(one, standby=False):
        for _ in range(10):
            await clock.pass_by(10)
            assert await probe.check() is None
    other = lease(log, "other", clock)
    await other.take()
    assert other.held
    assert not one.held


async def test_who_waits_and_whose_span_is_over_say_so() -> None:
    log, clock = MemoryLog(), Clock()
    one, other = lease(log, "one", clock), lease(log, "other", clock)
    await one.take()
    waiting = asyncio.create_task(other.take(standby=True), name="waiting")
    await clock.pass_by(2)
    assert await LeaseProbe(other).check() == "standing by while one holds it"
    waiting.cancel()
    await clock.pass_by(9)
    assert "could not be renewed" in str(await LeaseProbe(one).check())


async def test_the_block_ends_when_another_took_it_over() -> None:
    log, asleep, awake = MemoryLog(), Clock(), Clock()
    one, other = lease(log, "one", asleep), lease(log, "other", awake)

    async def slept_through_its_span() -> None:
        async with holding(one, standby=False):
            taking = asyncio.create_task(other.take(standby=True), name="taking")
            await awake.pass_by(13)
            await taking
            await asleep.pass_by(100)

    with pytest.raises(ExceptionGroup) as ended:
        await slept_through_its_span()
    assert ended.group_contains(LeaseLostError, match="was taken over by other")
