"""A log that is asked again whenever it was away, as ingest and read models do: for tests of stores that fail."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import TypeVar

from adapters.event_log.port import Append, Appended, Conflict, EventLog, LogUnavailableError, Page
from schema.envelope import EVERYTHING, Filter, Position, RecordedEvent
from schema.ids import EventId

T = TypeVar("T")


class PatientLog:
    """The port over another log."""

    def __init__(self, log: EventLog) -> None:
        self._log = log

    @property
    def log_id(self) -> str:
        return self._log.log_id

    @property
    def has_id_index(self) -> bool:
        return self._log.has_id_index

    async def append(self, appends: Sequence[Append]) -> list[Appended | Conflict]:
        return await patiently(lambda: self._log.append(appends))

    async def read_stream(
        self, stream: str, *, start: int | None = None, until: Position | None = None, backwards: bool = False, limit: int = 500
    ) -> list[RecordedEvent]:
        return await patiently(
            lambda: self._log.read_stream(stream, start=start, until=until, backwards=backwards, limit=limit)
        )

    async def contains(self, stream: str, ids: Sequence[EventId], *, start: int = 0) -> set[EventId]:
        return await patiently(lambda: self._log.contains(stream, ids, start=start))

    async def read_all(
        self, after: Position | None, *, until: Position | None = None, only: Filter = EVERYTHING, page_size: int = 1000
    ) -> AsyncIterator[Page]:
        until = await self.head() if until is None else until
        while True:
            try:
                async for page in self._log.read_all(after, until=until, only=only, page_size=page_size):
                    after = page.position
                    yield page
            except LogUnavailableError:
                await asyncio.sleep(0.01)
            else:
                return

    def subscribe(self, after: Position | None, *, only: Filter = EVERYTHING, page_size: int = 1000) -> AsyncIterator[Page]:
        return self._log.subscribe(after, only=only, page_size=page_size)

    async def head(self) -> Position | None:
        return await patiently(self._log.head)

    async def truncate(self, stream: str, before: int) -> None:
        await patiently(lambda: self._log.truncate(stream, before))

    async def close(self) -> None:
        await self._log.close()


async def patiently(ask: Callable[[], Awaitable[T]]) -> T:
    """Ask until it answers."""
    while True:
        try:
            return await ask()
        except LogUnavailableError:
            await asyncio.sleep(0.01)
