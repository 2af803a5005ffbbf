"""A gate before a read model: holds it at a place in the log, so that two of them can be compared at one position."""

from collections.abc import AsyncIterator
from typing import Final

from msgspec.structs import replace

from adapters.event_log.iterating import closing
from projections.feed_queries import FeedPage, FeedQueries
from projections.pulse import Pulse
from schema.envelope import Filter, Position

_START: Final = Position(-1)


class Gate:
    """Implements `FeedQueries` on another feed. Open unless told otherwise."""

    def __init__(self, feed: FeedQueries) -> None:
        self._feed = feed
        self._end: Position | None = None
        self._moved = Pulse()

    def close(self) -> None:
        """Nothing more passes."""
        self._end = _START

    def open_until(self, position: Position) -> None:
        """What lies beyond `position` waits, also where it shares a page with what does not."""
        self._end = position
        self._moved.fire()

    def open(self) -> None:
        self._end = None
        self._moved.fire()

    async def follow(self, after: Position | None, *, only: Filter) -> AsyncIterator[FeedPage]:
        """The feed's pages. At the end of what may pass the read model is told that this is all: it then shows what it has."""
        passed, told = _START if after is None else after, _START
        async with closing(self._feed.follow(after, only=only)) as pages:
            async for page in pages:
                here = _START if page.position is None else page.position
                while (end := self._end) is not None and here > end:
                    if told < end and passed <= end:
                        yield _between(page, passed, end, caught_up=True)
                        told = passed = end
                    else:
                        await self._moved.wait()
                yield _between(page, passed, here, caught_up=page.caught_up or here == self._end)
                passed = here


def _between(page: FeedPage, after: Position, until: Position, *, caught_up: bool) -> FeedPage:
    """What of the page lies in (after, until]."""
    if not page.events:
        return replace(page, position=page.position if until == _START else until, caught_up=caught_up)
    if after < page.events[0].recorded.position and page.position == until:
        return page if page.caught_up == caught_up else replace(page, caught_up=caught_up)
    events = [fed for fed in page.events if after < fed.recorded.position <= until]
    unreadable = [recorded for recorded in page.unreadable if after < recorded.position <= until]
    return FeedPage(events, until, caught_up, unreadable)
