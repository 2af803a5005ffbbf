"""Batching for read models that write to a store: large writes while catching up, soon and seldom when live."""

import asyncio
import time
from collections.abc import Callable, Coroutine, Sized
from typing import Generic, TypeVar

import msgspec
import structlog

from projections.feed_queries import FeedPage
from schema.envelope import Cursor, Position

Gathered = TypeVar("Gathered", bound=Sized)


class BatchPolicy(msgspec.Struct, frozen=True):
    """So many rows a write while catching up; when live, a write so long after the one before.

    More rows than DuckDB has in a group (122,880) go straight to its file instead of through its log first.
    A checkpoint that moves without rows is written rarely: it only saves reading over what did not match.
    """

    rows: int = 125_000
    pause_seconds: float = 0.1
    bare_checkpoint_seconds: float = 60.0


class Batcher(Generic[Gathered]):
    """Hands what was put into `gathered` to `write` with the checkpoint that holds once they are stored."""

    def __init__(
        self,
        write: Callable[[Gathered, Cursor], Coroutine[None, None, None]],
        gather: Callable[[], Gathered],
        policy: BatchPolicy | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.position: Position | None = None
        self._write = write
        self._policy = policy or BatchPolicy()
        self._clock = clock
        self._gather = gather
        self.gathered = gather()
        self._writing: asyncio.Task[None] | None = None
        self._goal: Position | None = None
        self._log_id = ""
        self._written_at = clock()

    async def start(self, log_id: str, position: Position | None) -> None:
        """Go on after `position`; what was gathered and not written is forgotten, since it is read again."""
        await self.close()
        self.gathered = self._gather()
        self._log_id = log_id
        self.position = position

    async def took(self, page: FeedPage) -> None:
        """The rows of a page were gathered. `position` is the page's once they are stored."""
        if not self.gathered:
            await self._pass_over(page.position)
        elif page.caught_up:
            await self._rest()
            await self._store(page.position)
            await self._stored()
        elif len(self.gathered) >= self._policy.rows:
            await self._store(page.position)

    async def close(self) -> None:
        """Wait for the write that is under way, whatever becomes of it: the checkpoint tells at the next start."""
        if self._writing is not None:
            [outcome] = await asyncio.gather(self._writing, return_exceptions=True)
            if isinstance(outcome, Exception):
                structlog.get_logger().warning("last_write_failed", reason=str(outcome))
            self._writing = None

    async def _rest(self) -> None:
        """While it waits, the feed holds what arrives, and that comes with the next write."""
        pause = self._policy.pause_seconds - (self._clock() - self._written_at)
        if pause > 0:
            await asyncio.sleep(pause)

    async def _pass_over(self, position: Position | None) -> None:
        await self._stored()
        if position != self.position and self._clock() - self._written_at >= self._policy.bare_checkpoint_seconds:
            await self._store(position)
            await self._stored()
        self.position = position

    async def _store(self, position: Position | None) -> None:
        """Begin to write, once the write before is done: the next rows are gathered meanwhile."""
        await self._stored()
        rows, self.gathered = self.gathered, self._gather()
        self._goal = position
        self._writing = asyncio.create_task(self._write(rows, Cursor(self._log_id, position)), name="batch-write")

    async def _stored(self) -> None:
        if self._writing is not None:
            await self._writing
            self._writing = None
            self.position = self._goal
            self._written_at = self._clock()
