"""Batching for read models that write to a store: large writes while catching up, soon and seldom when live."""

import asyncio
import time
from collections.abc import Callable, Coroutine, Iterable
from typing import Generic, TypeVar

import msgspec
import structlog

from projections.queries import FeedPage
from schema.envelope import Cursor, Position

Row = TypeVar("Row")


class BatchPolicy(msgspec.Struct, frozen=True):
    """So many rows a write while catching up; when live, a write so long after the one before.

    A checkpoint that moves without rows is written rarely: it only saves reading over what did not match.
    """

    rows: int = 50_000
    pause_seconds: float = 0.1
    bare_checkpoint_seconds: float = 60.0


class Batcher(Generic[Row]):
    """Gathers rows and hands them to `write` with the checkpoint that holds once they are stored."""

    def __init__(
        self,
        write: Callable[[list[Row], Cursor], Coroutine[None, None, None]],
        policy: BatchPolicy | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.position: Position | None = None
        self._write = write
        self._policy = policy or BatchPolicy()
        self._clock = clock
        self._rows: list[Row] = []
        self._writing: asyncio.Task[None] | None = None
        self._goal: Position | None = None
        self._log_id = ""
        self._written_at = clock()

    async def start(self, log_id: str, position: Position | None) -> None:
        """Go on after `position`; what was gathered and not written is forgotten, since it is read again."""
        await self.close()
        self._rows = []
        self._log_id = log_id
        self.position = position

    async def add(self, rows: Iterable[Row], page: FeedPage) -> None:
        """Take the rows of a page. `position` is the page's once they are stored."""
        self._rows.extend(rows)
        if not self._rows:
            await self._pass_over(page.position)
        elif page.caught_up:
            await self._gather()
            await self._store(page.position)
            await self._stored()
        elif len(self._rows) >= self._policy.rows:
            await self._store(page.position)

    async def close(self) -> None:
        """Wait for the write that is under way, whatever becomes of it: the checkpoint tells at the next start."""
        if self._writing is not None:
            [outcome] = await asyncio.gather(self._writing, return_exceptions=True)
            if isinstance(outcome, Exception):
                structlog.get_logger().warning("last_write_failed", reason=str(outcome))
            self._writing = None

    async def _gather(self) -> None:
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
        rows, self._rows = self._rows, []
        self._goal = position
        self._writing = asyncio.create_task(self._write(rows, Cursor(self._log_id, position)), name="batch-write")

    async def _stored(self) -> None:
        if self._writing is not None:
            await self._writing
            self._writing = None
            self.position = self._goal
            self._written_at = self._clock()
