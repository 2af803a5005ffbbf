"""The event log in one SQLite file: for one greenhouse on one box, and for as many processes there as like to open it."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import Self

from adapters.event_log import sqlite_queries as queries
from adapters.event_log.limits import checked_size
from adapters.event_log.port import Append, Appended, Conflict, LogError, Page
from adapters.event_log.sqlite_file import open_file
from adapters.event_log.sqlite_growth import Growth
from adapters.event_log.sqlite_queries import Slice, check_text
from adapters.event_log.sqlite_readers import Readers
from adapters.event_log.sqlite_writer import Writer
from schema.envelope import EVERYTHING, Filter, Position, RecordedEvent
from schema.ids import EventId


class SqliteEventLog:
    """The port over one file in WAL mode. Open it with `open`; every method is safe for all tasks of its event loop."""

    def __init__(self, path: Path, log_id: str, readers: Readers, writer: Writer | None, growth: Growth) -> None:
        self._path = path
        self._log_id = log_id
        self._readers = readers
        self._writer = writer
        self._growth = growth
        self._closed = False
        self._watching = asyncio.create_task(growth.watch(), name="event-log-watch")
        self._writing = asyncio.create_task(writer.run(), name="event-log-write") if writer else None

    @classmethod
    async def open(cls, path: Path, *, read_only: bool = False) -> Self:
        """The log in that file, made where there is none (its folder must exist), lifted to the present format if older.

        `read_only` is for looking on beside the process that writes. LogError or LogUnavailableError where it cannot be.
        """
        connection, log_id = await asyncio.to_thread(open_file, path, read_only=read_only)
        readers: Readers | None = None
        try:
            readers = await asyncio.to_thread(Readers, path)
            head = await readers.run(queries.head)
        except BaseException:
            connection.close()
            if readers:
                readers.close()
            raise
        growth = Growth(head, lambda: readers.run(queries.head))
        if read_only:
            connection.close()
            return cls(path, log_id, readers, None, growth)
        return cls(path, log_id, readers, Writer(connection, path, growth.reached), growth)

    @property
    def log_id(self) -> str:
        return self._log_id

    async def append(self, appends: Sequence[Append]) -> list[Appended | Conflict]:
        writer = self._open_writer()
        size = checked_size(appends)
        check_text(appends)
        return await writer.append(appends, size) if appends else []

    async def read_stream(
        self, stream: str, *, start: int | None = None, until: Position | None = None, backwards: bool = False, limit: int = 500
    ) -> list[RecordedEvent]:
        self._check_open()
        return await self._readers.run(queries.read_stream, stream, start, until, limit, backwards=backwards)

    @property
    def has_id_index(self) -> bool:
        return True

    async def contains(self, stream: str, ids: Sequence[EventId], *, start: int = 0) -> set[EventId]:
        del start
        self._check_open()
        return await self._readers.run(queries.contains, stream, ids)

    async def read_all(
        self, after: Position | None, *, until: Position | None = None, only: Filter = EVERYTHING, page_size: int = 1000
    ) -> AsyncIterator[Page]:
        start = after or 0
        head = await self.head() or 0
        self._check_position(start, head)
        end = head if until is None else min(until, head)
        if start >= end:
            return
        asked = self._ask(start, end, only, page_size)
        while start < end:
            found = await asyncio.wrap_future(asked)
            start = found.position
            if start < end:
                # Fetched while the caller works on the page before.
                asked = self._ask(start, end, only, page_size)
            yield Page(found.events, Position(start), caught_up=start == end)

    async def subscribe(
        self, after: Position | None, *, only: Filter = EVERYTHING, page_size: int = 1000
    ) -> AsyncIterator[Page]:
        start, told = after or 0, False
        grown, asked = self._look(start, only, page_size)
        while not self._closed:
            found = await asyncio.wrap_future(asked)
            self._check_position(start, found.head)
            moved, start = found.position > start, found.position
            caught_up = start == found.head
            if not caught_up and not self._closed:
                # Fetched while the caller works on this page.
                grown, asked = self._look(start, only, page_size)
            if moved or (caught_up and not told):
                told = told or caught_up
                yield Page(found.events, Position(start) if start else None, caught_up)
            if caught_up and not self._closed:
                await self._growth.wait(grown)
                if not self._closed:
                    grown, asked = self._look(start, only, page_size)

    async def head(self) -> Position | None:
        self._check_open()
        found = await self._readers.run(queries.head)
        return Position(found) if found else None

    async def truncate(self, stream: str, before: int) -> None:
        await self._open_writer().truncate(stream, before)

    async def close(self) -> None:
        if self._closed:
            return
        self._closed = True
        self._growth.wake()
        self._watching.cancel()
        await asyncio.gather(self._watching, return_exceptions=True)
        if self._writer and self._writing:
            self._writer.stop()
            await self._writing
            await asyncio.to_thread(self._writer.close)
        await asyncio.to_thread(self._readers.close)

    def _ask(self, after: int, until: int | None, only: Filter, limit: int) -> "Future[Slice]":
        self._check_open()
        return self._readers.submit(queries.read_slice, after, until, only, limit)

    def _look(self, after: int, only: Filter, limit: int) -> "tuple[asyncio.Event, Future[Slice]]":
        """What comes after, and what is set once there is more than that: taken first, so that no growth goes unseen."""
        return self._growth.next, self._ask(after, None, only, limit)

    def _check_open(self) -> None:
        if self._closed:
            raise LogError("the event log is closed")

    def _open_writer(self) -> Writer:
        self._check_open()
        if self._writer is None:
            raise LogError(f"{self._path} was opened for reading only")
        return self._writer

    def _check_position(self, after: int, head: int) -> None:
        if after > head:
            raise LogError(
                f"position {after} lies beyond the end of {self._path}, {head}: it belongs to another log, or a later state"
            )
