"""The gate: what lies beyond it waits, what was held comes afterwards, and nothing is missed or seen twice."""

import asyncio
from collections.abc import AsyncIterator

from projections.feed_queries import FeedEvent, FeedPage
from projections.gate import Gate
from schema.envelope import EVERYTHING, Filter, Position, RecordedEvent


def event(position: int) -> FeedEvent:
    return FeedEvent(RecordedEvent(Position(position), "device-a", position, b"%016d" % position, "X", 0, b"", b""), None)


def page(first: int, last: int, *, caught_up: bool = False) -> FeedPage:
    """Events at every even position."""
    events = [event(number) for number in range(first, last + 1) if number % 2 == 0]
    return FeedPage(events, Position(last), caught_up)


class Fed:
    """A feed that hands over what is put into it."""

    def __init__(self) -> None:
        self.pages: asyncio.Queue[FeedPage] = asyncio.Queue()

    async def follow(self, after: Position | None, *, only: Filter) -> AsyncIterator[FeedPage]:
        del after, only
        while True:
            yield await self.pages.get()


class Follower:
    """Follows a gate in a task, and notes what passes."""

    def __init__(self, gate: Gate, after: int | None = None) -> None:
        self.seen: list[int] = []
        self.told: list[tuple[int | None, bool]] = []
        self._passed = asyncio.Event()
        self.task = asyncio.create_task(self._follow(gate, None if after is None else Position(after)), name="follower")

    async def _follow(self, gate: Gate, after: Position | None) -> None:
        async for got in gate.follow(after, only=EVERYTHING):
            self.seen += [fed.recorded.position for fed in got.events]
            self.told.append((got.position, got.caught_up))
            self._passed.set()

    async def at(self, position: int) -> None:
        async with asyncio.timeout(5):
            while not self.told or self.told[-1][0] != position:
                self._passed.clear()
                await self._passed.wait()

    async def stop(self) -> None:
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)


async def rest() -> None:
    """Let every other task run as far as it can."""
    for _ in range(10):
        await asyncio.sleep(0)


async def test_an_open_gate_passes_every_page_as_it_is() -> None:
    fed = Fed()
    follower = Follower(Gate(fed))
    for one in (page(1, 4), page(5, 8, caught_up=True), FeedPage((), Position(8), caught_up=False)):
        fed.pages.put_nowait(one)
    await rest()
    assert follower.seen == [2, 4, 6, 8]
    assert follower.told == [(4, False), (8, True), (8, False)]
    await follower.stop()


async def test_a_page_across_the_end_is_split_and_its_rest_comes_once_the_gate_opens() -> None:
    fed = Fed()
    gate = Gate(fed)
    follower = Follower(gate)
    gate.close()
    fed.pages.put_nowait(page(1, 9))
    await rest()
    assert follower.told == []
    gate.open_until(Position(5))
    await follower.at(5)
    assert (follower.seen, follower.told) == ([2, 4], [(5, True)])
    gate.open()
    await follower.at(9)
    assert follower.seen == [2, 4, 6, 8]
    assert follower.told[-1] == (9, False)
    await follower.stop()


async def test_at_the_end_itself_the_follower_is_told_that_this_is_all() -> None:
    fed = Fed()
    gate = Gate(fed)
    follower = Follower(gate)
    gate.open_until(Position(4))
    fed.pages.put_nowait(page(1, 4))
    await follower.at(4)
    assert follower.told == [(4, True)]
    gate.open()
    fed.pages.put_nowait(page(5, 6))
    await follower.at(6)
    assert follower.seen == [2, 4, 6]
    await follower.stop()


async def test_a_follower_that_is_at_the_end_already_is_told_so_with_the_next_page() -> None:
    fed = Fed()
    gate = Gate(fed)
    follower = Follower(gate)
    fed.pages.put_nowait(page(1, 4))
    await follower.at(4)
    gate.close()
    gate.open_until(Position(4))
    fed.pages.put_nowait(page(5, 6))
    await rest()
    assert follower.told == [(4, False), (4, True)]
    gate.open()
    await follower.at(6)
    assert follower.seen == [2, 4, 6]
    await follower.stop()


async def test_one_that_begins_beyond_the_end_waits_for_the_gate_to_open() -> None:
    fed = Fed()
    gate = Gate(fed)
    gate.open_until(Position(4))
    follower = Follower(gate, after=8)
    fed.pages.put_nowait(page(9, 10))
    await rest()
    assert follower.told == []
    gate.open()
    await follower.at(10)
    assert follower.seen == [10]
    await follower.stop()


async def test_ends_that_move_on_are_each_kept() -> None:
    fed = Fed()
    gate = Gate(fed)
    gate.open_until(Position(2))
    follower = Follower(gate)
    fed.pages.put_nowait(page(1, 10))
    for end, seen in ((2, [2]), (5, [2, 4]), (10, [2, 4, 6, 8, 10])):
        gate.open_until(Position(end))
        await follower.at(end)
        assert follower.seen == seen
        assert follower.told[-1] == (end, True)
    await follower.stop()
