"""A stream as it was known at a moment: up to which event, and from which on it is there."""

from collections.abc import AsyncIterator
from typing import Final

import msgspec

from adapters.event_log.port import EventLog, Page
from projections.feed_queries import FeedPage
from projections.opening import open_page, require_readable
from schema.envelope import Position, RecordedEvent

_PAGE: Final = 1000


class Extent(msgspec.Struct, frozen=True):
    """The events of a stream with revisions in [first, end), the last one at `position`: those before `first` are gone."""

    stream: str
    first: int
    end: int
    position: Position | None


async def extent(log: EventLog, stream: str, known_us: int | None) -> Extent:
    """What was recorded up to that moment, itself included, and is there; None: up to now."""
    begin = await log.read_stream(stream, limit=1)
    last = await log.read_stream(stream, backwards=True, limit=1)
    if not begin or not last:
        return Extent(stream, 0, 0, None)
    first = begin[0].revision
    if known_us is None or last[0].recorded_us <= known_us:
        return Extent(stream, first, last[0].revision + 1, last[0].position)
    end = await first_after(log, Extent(stream, first, last[0].revision, None), known_us)
    known = await log.read_stream(stream, start=end - 1, limit=1) if end > first else []
    return Extent(stream, first, end, known[0].position if known else None)


async def first_after(log: EventLog, within: Extent, recorded_us: int) -> int:
    """The first revision that was recorded after that moment; the extent's end where there is none."""
    low, high = within.first, within.end
    while low < high:
        middle = (low + high) // 2
        [event] = await log.read_stream(within.stream, start=middle, limit=1)
        if event.recorded_us > recorded_us:
            high = middle
        else:
            low = middle + 1
    return low


async def forwards(log: EventLog, within: Extent, start: int) -> AsyncIterator[FeedPage]:
    """The extent's events from revision `start` on; UnreadableEventError where one cannot be read."""
    while start < within.end:
        events = await log.read_stream(within.stream, start=start, limit=min(_PAGE, within.end - start))
        if not events:
            return
        yield _opened(events)
        start = events[-1].revision + 1


async def backwards(log: EventLog, within: Extent) -> AsyncIterator[FeedPage]:
    """The extent's events, the last one first; UnreadableEventError where one cannot be read."""
    end = within.end
    while end > within.first:
        events = await log.read_stream(within.stream, start=end - 1, backwards=True, limit=min(_PAGE, end - within.first))
        if not events:
            return
        yield _opened(events)
        end = events[-1].revision


def _opened(events: list[RecordedEvent]) -> FeedPage:
    page = open_page(Page(events, events[-1].position, caught_up=False), caught_up=False)
    require_readable(page)
    return page
