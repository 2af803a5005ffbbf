"""Whoever wants to know whether a role is held learns also of a holder who died without a word."""

import asyncio

from glasshouse.lease import Lease
from glasshouse.lease_stream import LeaseWatch
from tests.support.memory_log import MemoryLog


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def lease(log: MemoryLog, clock: Clock) -> Lease:
    return Lease(log, "react", "a", span_seconds=10.0, clock=clock)


async def test_a_role_that_nobody_took_is_not_held() -> None:
    assert not await LeaseWatch(MemoryLog(), "react").is_held()


async def test_a_role_is_held_from_when_it_is_taken_until_it_is_given_back() -> None:
    log, clock = MemoryLog(), Clock()
    watch, holder = LeaseWatch(log, "react", clock), lease(log, clock)
    await holder.take()
    assert all(await asyncio.gather(watch.is_held(), watch.is_held()))
    assert not await LeaseWatch(log, "project", clock).is_held()
    await holder.release()
    assert not await watch.is_held()


async def test_a_holder_that_renews_no_more_is_missed_once_its_span_is_over() -> None:
    log, clock = MemoryLog(), Clock()
    watch = LeaseWatch(log, "react", clock)
    await lease(log, clock).take()
    assert await watch.is_held()
    clock.now = 9.0
    assert await watch.is_held()
    clock.now = 12.0
    assert not await watch.is_held()
    await lease(log, clock).take()
    assert await watch.is_held()
