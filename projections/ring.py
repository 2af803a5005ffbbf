"""The ring: the newest pages of the log in memory, bounded by events and by bytes, with a view for each filter in use.

What it holds has no cycles and is hidden from the garbage collector, which would stop the process to look at all of it.
"""

from bisect import bisect_right
from collections.abc import Callable
from typing import Final

import msgspec

from projections.feed_queries import FeedEvent, FeedPage
from schema.envelope import Filter, Position

_EVENT_OVERHEAD: Final = 400
"""Bytes that an event costs in memory beside its data and metadata: envelope, decoded fields, references."""


class RingLimits(msgspec.Struct, frozen=True):
    """How much a ring may hold. The newest page always stays, however large it is."""

    events: int = 20_000
    size: int = 32 << 20


class Ring:
    """All events after `start` up to `end`. A place in the log is a position, or None before the first event."""

    def __init__(self, start: Position | None, limits: RingLimits) -> None:
        self.start = start
        self.end = start
        self.caught_up = True
        self._limits = limits
        self._slots: list[_Slot] = []
        self._ends: list[int] = []
        self._events = 0
        self._size = 0

    def add(self, page: FeedPage) -> None:
        """Hold a page that follows the newest one; a page without events only moves the end."""
        self.end = page.position
        self.caught_up = page.caught_up
        if page.events:
            slot = _Slot.of(page)
            self._slots.append(slot)
            self._ends.append(_order(page.position))
            self._grow(slot, 1)
            self._let_go()

    def covers(self, position: Position | None) -> bool:
        """Whether nothing after `position` has been let go."""
        return _order(position) >= _order(self.start)

    def next(self, after: Position | None, only: Filter) -> FeedPage | None:
        """The next page after `after` that holds a match, else bare progress to the end; None where nothing is newer."""
        for index in range(bisect_right(self._ends, _order(after)), len(self._slots)):
            page = _after(self._slots[index].view(only), after)
            if page.events:
                return self._to_the_end(page) if index == len(self._slots) - 1 else page
        return FeedPage((), self.end, self.caught_up) if _order(self.end) > _order(after) else None

    def newest_has(self, only: Filter) -> bool:
        """Whether the newest page that holds events holds a match."""
        return bool(self._slots) and bool(self._slots[-1].view(only).events)

    def _to_the_end(self, page: FeedPage) -> FeedPage:
        return FeedPage(page.events, self.end, self.caught_up, page.unreadable)

    def _grow(self, slot: "_Slot", sign: int) -> None:
        self._events += sign * len(slot.page.events)
        self._size += sign * slot.size

    def _let_go(self) -> None:
        gone = 0
        while gone < len(self._slots) - 1 and (self._events > self._limits.events or self._size > self._limits.size):
            self._grow(self._slots[gone], -1)
            self.start = self._slots[gone].page.position
            gone += 1
        del self._slots[:gone], self._ends[:gone]


class _Slot(msgspec.Struct, gc=False):
    """A page, and what each filter leaves of it: many followers ask with the same one."""

    page: FeedPage
    size: int
    views: dict[Filter, FeedPage] = {}

    @classmethod
    def of(cls, page: FeedPage) -> "_Slot":
        size = sum(len(e.recorded.data) + len(e.recorded.metadata) + _EVENT_OVERHEAD for e in page.events)
        return cls(FeedPage(tuple(page.events), page.position, caught_up=False, unreadable=page.unreadable), size)

    def view(self, only: Filter) -> FeedPage:
        view = self.views.get(only)
        if view is None:
            view = self.views[only] = _select(self.page, _matcher(only))
        return view


def _matcher(only: Filter) -> Callable[[FeedEvent], bool]:
    types, categories = only.types, only.categories

    def matches(event: FeedEvent) -> bool:
        recorded = event.recorded
        return (not types or recorded.type in types) and (not categories or recorded.category in categories)

    return matches


def _after(page: FeedPage, position: Position | None) -> FeedPage:
    """What of the page comes after `position`: all of it, but for a follower that joins in its middle."""
    if position is None or not page.events or page.events[0].recorded.position > position:
        return page
    return _select(page, lambda event: event.recorded.position > position)


def _select(page: FeedPage, wanted: Callable[[FeedEvent], bool]) -> FeedPage:
    events = tuple(event for event in page.events if wanted(event))
    if len(events) == len(page.events):
        return page
    kept = {event.recorded.position for event in events} if page.unreadable else frozenset()
    unreadable = tuple(recorded for recorded in page.unreadable if recorded.position in kept)
    return FeedPage(events, page.position, page.caught_up, unreadable)


def _order(position: Position | None) -> int:
    return -1 if position is None else position
