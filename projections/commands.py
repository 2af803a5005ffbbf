"""The commands as a read model: each with its steps, and what every control stream came to, for whoever decides next.

Process history. Years of commands are in a file; what has not ended, and the control states, are in memory as well.
"""

import asyncio
from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Final

from domain.control import Control
from projections.batching import Batcher, BatchPolicy
from projections.command_index import CommandIndex
from projections.command_queries import CommandQuery, CommandView, KnownControl, RequestView
from projections.command_state import Changes, CommandBook
from projections.feed_queries import FeedPage
from projections.going_on import going_on
from projections.opening import require_readable
from projections.own_thread import OwnThread
from projections.watchers import Watchers
from schema.envelope import Cursor, Filter, Position

_POLICY: Final = BatchPolicy(rows=5_000, pause_seconds=0.02)
"""Whoever asked for a command waits for it to show."""


class Commands:
    """Implements `ReadModel` and `CommandQueries`. What was given at the device itself is no command to be followed.

    Whoever decides leans on nothing that the file holds before it is known to be of this log.
    """

    name = "commands"
    only = Filter(categories=frozenset({"control", "request"}))

    def __init__(self, index: CommandIndex, thread: OwnThread, policy: BatchPolicy | None) -> None:
        self._index, self._thread = index, thread
        self._book = CommandBook()
        self._batch = Batcher(self._write, Changes, policy or _POLICY)
        self._watchers = Watchers()

    @classmethod
    async def open(cls, path: Path, policy: BatchPolicy | None = None) -> "Commands":
        """The commands in that file, made if missing."""
        thread = OwnThread("commands", "the file of the commands")
        return cls(await thread.run(lambda: CommandIndex(path)), thread, policy)

    @property
    def position(self) -> Position | None:
        return self._batch.position

    async def start(self, head: Cursor) -> Position | None:
        position, self._book = await going_on(self.name, self._index, self._thread, head, self._index.book)
        await self._batch.start(head.log_id, position)
        return position

    async def apply(self, page: FeedPage) -> None:
        require_readable(page)
        self._thread.require_sound()
        for fed in page.events:
            self._book.take(fed, self._batch.gathered)
        await self._batch.took(page)

    async def close(self) -> None:
        await self._batch.close()
        await self._thread.run(self._index.close)
        self._thread.close()

    async def find(self, ids: Sequence[str]) -> list[CommandView | None]:
        if self.position is None:
            return [None] * len(ids)
        index = self._index
        return await self._thread.run(lambda: index.find(ids))

    async def commands(self, query: CommandQuery) -> list[CommandView]:
        index = self._index
        return await self._thread.run(lambda: index.commands(query))

    async def devices(self) -> list[str]:
        return await self._thread.run(self._index.devices)

    async def request(self, correlation_id: str) -> RequestView | None:
        index = self._index
        return await self._thread.run(lambda: index.request(correlation_id))

    async def control(self, device_id: str) -> KnownControl:
        if self.position is None:
            return KnownControl(Control(device_id))
        index = self._index
        return await self._thread.run(lambda: index.control(device_id))

    def watching(self, correlation_id: str) -> AbstractContextManager[asyncio.Event]:
        return self._watchers.watching(correlation_id)

    async def content_hash(self) -> str:
        """Hex digest, equal where the same log was read."""
        return await self._thread.run(self._index.content_hash)

    def exchange(self, other: "Commands") -> None:
        """Each goes on with what the other holds. Both stand still at one position; questions that run come to their end."""
        self._index, other._index = other._index, self._index  # noqa: SLF001  # its own kind
        self._thread, other._thread = other._thread, self._thread  # noqa: SLF001  # likewise
        self._book, other._book = other._book, self._book  # noqa: SLF001  # likewise
        self._watchers.all_changed()

    async def _write(self, changes: Changes, checkpoint: Cursor) -> None:
        index = self._index
        await self._thread.run(lambda: index.write(changes, checkpoint))
        self._watchers.changed(changes.correlation_ids())
