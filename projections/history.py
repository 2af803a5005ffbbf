"""The raw history: each metric of each reading becomes a row of the history store.

A fact model: rows are keyed by event id and metric, so any order and duplication of the events gives the same history.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

from adapters.history.port import History, HistoryUnavailableError
from adapters.snapshot import usable_checkpoint
from projections.batching import Batcher, BatchPolicy
from projections.feed_queries import FeedPage
from projections.incoming import Incoming
from projections.opening import require_readable
from projections.read_model import TryAgainError
from projections.taken import Taken
from schema.envelope import Cursor, Filter, Position


async def whenever_it_likes() -> None:
    """Nobody else fills this history."""


class RawHistory:
    """Implements `ReadModel`. What it has stored goes on to the windows through `incoming`.

    `may_write` returns while this process is the one to fill the history.
    """

    name = "history"
    only = Filter(
        categories=frozenset({"device", "control", "site"}),
        types=frozenset({"SensorReading", "ReadingCorrection", "SiteDefined"}),
    )

    def __init__(
        self,
        history: History,
        policy: BatchPolicy | None = None,
        *,
        incoming: Incoming | None = None,
        may_write: Callable[[], Awaitable[None]] = whenever_it_likes,
    ) -> None:
        self.incoming = incoming or Incoming()
        self._history = history
        self._may_write = may_write
        self._batch = Batcher(self._write, lambda: Taken(self.incoming.sites), policy)
        self._started = False

    @property
    def position(self) -> Position | None:
        return self._batch.position

    async def start(self, head: Cursor) -> Position | None:
        async with self.incoming.at_work:
            position, anew = await self._resume(head)
            self.incoming.begin(position, anew=anew)
        await self._batch.start(head.log_id, position)
        return position

    async def apply(self, page: FeedPage) -> None:
        require_readable(page)
        await self._may_write()
        await self.incoming.room()
        self._batch.gathered.take(page)
        await self._batch.took(page)
        self.incoming.reached(self.position, caught_up=page.caught_up and self.position == page.position)

    async def close(self) -> None:
        """What is not written yet is read again at the next start."""
        await self._batch.close()

    async def _resume(self, head: Cursor) -> tuple[Position | None, bool]:
        """After which position to go on, and whether what was there before is gone."""
        with away_for_now():
            checkpoint = await self._history.checkpoint()
            position = usable_checkpoint(self.name, checkpoint, head)
            if position is None:
                await self._history.reset()
            elif not self._started:
                await self._history.rewind(position)
        anew, self._started = position is None or not self._started, True
        return position, anew

    async def _write(self, taken: Taken, checkpoint: Cursor) -> None:
        del checkpoint  # which is the windows' to move
        rows = await asyncio.to_thread(taken.rows.rows)
        with away_for_now():
            await self._history.write(rows)
        self.incoming.add(taken.in_order(rows))


@contextmanager
def away_for_now() -> Iterator[None]:
    """A history that is away is one to come back to."""
    try:
        yield
    except HistoryUnavailableError as error:
        raise TryAgainError(str(error)) from error
