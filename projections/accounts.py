"""Accounts and their keys, from the `account-` streams: few events in a long log, so what they come to is kept beside it.

Process history: what the log says last holds.
"""

import asyncio
import time
from collections.abc import Callable
from hashlib import blake2b
from typing import Final

import msgspec
import structlog

from adapters.snapshot import SnapshotFile, usable_checkpoint
from projections.account_queries import KeyView
from projections.feed_queries import FeedPage
from projections.key_book import KeyBook
from projections.opening import require_readable
from schema.envelope import Cursor, Filter, Position

SNAPSHOT_KIND: Final = "accounts"
SNAPSHOT_VERSION: Final = 4
"""To be raised whenever what is kept holds other fields, or the same events come to something else."""
_SAVE_SECONDS: Final = 10.0
"""How much of the log a process that was killed has to look through again, at most, in time."""


class _Kept(msgspec.Struct, frozen=True):
    keys: list[KeyView]
    revoked: list[str]


class Accounts:
    """Implements `ReadModel` and `AccountQueries`."""

    name = "accounts"
    only = Filter(categories=frozenset({"account"}))

    def __init__(self, snapshot: SnapshotFile | None = None, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.position: Position | None = None
        self._snapshot = snapshot
        self._clock = clock
        self._book = KeyBook()
        self._log_id: str | None = None
        self._saved: Position | None = None
        self._saved_at = clock()

    async def start(self, head: Cursor) -> Position | None:
        self._log_id = head.log_id
        kept, self.position = await self._restore(head)
        self._book = KeyBook(kept.keys, kept.revoked)
        self._saved = self.position
        return self.position

    async def apply(self, page: FeedPage) -> None:
        require_readable(page)
        for fed in page.events:
            if fed.event is not None:
                self._book.take(fed.event, fed.recorded.recorded_at)
        self.position = page.position
        if page.events or self._clock() - self._saved_at >= _SAVE_SECONDS:
            await self._save()

    async def close(self) -> None:
        await self._save()

    def key(self, key_id: str) -> KeyView | None:
        return self._book.key(key_id)

    def keys(self) -> list[KeyView]:
        """In the order of their issue."""
        return self._book.keys()

    def content_hash(self) -> str:
        """Hex digest, equal where the same log was read."""
        return blake2b(msgspec.json.encode(self._kept()), digest_size=16).hexdigest()

    def _kept(self) -> _Kept:
        return _Kept(self.keys(), sorted(self._book.revoked))

    async def _restore(self, head: Cursor) -> tuple[_Kept, Position | None]:
        saved = None if self._snapshot is None else await asyncio.to_thread(self._snapshot.load)
        position = None if saved is None else usable_checkpoint(self.name, saved[0], head)
        if saved is None or position is None:
            return _Kept([], []), None
        try:
            (record,) = saved[1]
            return msgspec.json.decode(record, type=_Kept), position
        except ValueError as error:
            structlog.get_logger().warning("snapshot_passed_over", projection=self.name, reason=str(error))
            return _Kept([], []), None

    async def _save(self) -> None:
        if self._snapshot is None or self._log_id is None or self.position == self._saved:
            return
        kept = msgspec.json.encode(self._kept())
        try:
            await asyncio.to_thread(self._snapshot.save, Cursor(self._log_id, self.position), [kept])
        except OSError as error:
            structlog.get_logger().warning("snapshot_not_written", projection=self.name, reason=str(error))
        self._saved, self._saved_at = self.position, self._clock()
