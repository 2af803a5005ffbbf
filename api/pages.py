"""Taking pages off the feed one at a time, with a patience that may end before a page comes."""

import asyncio
from collections.abc import AsyncIterator

from projections.queries import FeedPage


class Pages:
    """Wraps a follower of the feed. A wait that is given up does not disturb it: the page comes with the next one."""

    def __init__(self, source: AsyncIterator[FeedPage]) -> None:
        self._source = source
        self._waiting: asyncio.Task[FeedPage] | None = None

    async def next(self, patience: float | None) -> FeedPage | None:
        """The next page; None where none came within `patience` seconds."""
        if patience is None and self._waiting is None:
            return await anext(self._source)
        waiting = self._waiting or asyncio.create_task(self._take(), name="subscription-page")
        self._waiting = waiting
        done, _ = await asyncio.wait({waiting}, timeout=patience)
        if not done:
            return None
        self._waiting = None
        return waiting.result()

    async def aclose(self) -> None:
        if self._waiting is not None:
            self._waiting.cancel()
            await asyncio.wait({self._waiting})
        if (close := getattr(self._source, "aclose", None)) is not None:
            await close()

    async def _take(self) -> FeedPage:
        return await anext(self._source)
