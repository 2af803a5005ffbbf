"""Batching for read models that write to a store: large writes while catching up, soon and seldom when live."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable
from typing import Generic, TypeVar

import msgspec

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
        write: Callable[[list[Row], Cursor], Awaitable[None]],
        policy: BatchPolicy | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.position: Position | None = None
        self._write = write
        self._policy = policy or BatchPolicy()
        self._clock = clock
        self._rows: list[Row] = []
        self._log_id = ""
        self._written_at = clock()

    def start(self, log_id: str, position: Position | None) -> None:
        """Go on after `position`; what was gathered and not written is forgotten, since it is read again."""
        self._rows = []
        self._log_id = log_id
        self.position = position

    async def add(self, rows: Iterable[Row], page: FeedPage) -> None:
        """Take the rows of a page. `position` is the page's once they are stored."""
        self._rows.extend(rows)
        if len(self._rows) >= self._policy.rows:
            await self._store(page.position)
        elif not self._rows:
            await self._pass_over(page.position)
        elif page.caught_up:
            await self._gather()
            await self._store(page.position)

    async def _gather(self) -> None:
        """While it waits, the feed holds what arrives, and that comes with the next write."""
        pause = self._policy.pause_seconds - (self._clock() - self._written_at)
        if pause > 0:
            await asyncio.sleep(pause)

    async def _pass_over(self, position: Position | None) -> None:
        if position != self.position and self._clock() - self._written_at >= self._policy.bare_checkpoint_seconds:
            await self._store(position)
        self.position = position

    async def _store(self, position: Position | None) -> None:
        await self._write(self._rows, Cursor(self._log_id, position))
        self._rows = []
        self.position = position
        self._written_at = self._clock()
