"""Reading a feed in tests."""

from collections.abc import AsyncIterator

from adapters.event_log.iterating import closing
from projections.feed import Feed
from projections.feed_queries import FeedPage
from schema.envelope import EVERYTHING, Filter, Position


async def pages_until(pages: AsyncIterator[FeedPage], position: Position | None) -> list[FeedPage]:
    """The pages up to the first that is caught up at, or beyond, a position."""
    seen: list[FeedPage] = []
    async for page in pages:
        seen.append(page)
        if page.caught_up and (position is None or (page.position is not None and page.position >= position)):
            return seen
    raise AssertionError("the feed ended")


async def read_until(
    feed: Feed, position: Position | None, *, after: Position | None = None, only: Filter = EVERYTHING
) -> list[FeedPage]:
    """A fresh follower's pages up to a position."""
    async with closing(feed.follow(after, only=only)) as pages:
        return await pages_until(pages, position)


def positions(pages: list[FeedPage]) -> list[Position]:
    return [event.recorded.position for page in pages for event in page.events]
