"""A part of a log that others write to as well, as if it were a log of its own: for a server that cannot be emptied."""

from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing

import msgspec

from adapters.event_log.port import Append, Appended, Conflict, EventLog, Page
from schema.envelope import EVERYTHING, Filter, Position, RecordedEvent
from schema.ids import EventId


class SectionLog:
    """The port over another log: what comes after its beginning, in streams that carry its token."""

    def __init__(self, log: EventLog, token: str, start: Position | None) -> None:
        self._log = log
        self._token = f"~{token}"
        self._start = start
        self._known: set[Position] = set()

    @property
    def log_id(self) -> str:
        return self._log.log_id

    @property
    def has_id_index(self) -> bool:
        return self._log.has_id_index

    async def append(self, appends: Sequence[Append]) -> list[Appended | Conflict]:
        ours = [msgspec.structs.replace(each, stream=f"{each.stream}{self._token}") for each in appends]
        results = await self._log.append(ours)
        self._known.update(result.position for result in results if isinstance(result, Appended))
        return results

    async def read_stream(
        self, stream: str, *, start: int | None = None, until: Position | None = None, backwards: bool = False, limit: int = 500
    ) -> list[RecordedEvent]:
        found = await self._log.read_stream(
            f"{stream}{self._token}", start=start, until=until, backwards=backwards, limit=limit
        )
        return self._ours(found)

    async def contains(self, stream: str, ids: Sequence[EventId], *, start: int = 0) -> set[EventId]:
        return await self._log.contains(f"{stream}{self._token}", ids, start=start)

    async def read_all(
        self, after: Position | None, *, until: Position | None = None, only: Filter = EVERYTHING, page_size: int = 1000
    ) -> AsyncIterator[Page]:
        head = await self.head()
        if head is not None:
            end = head if until is None else min(until, head)
            async with aclosing(self._log.read_all(after or self._start, until=end, only=only, page_size=page_size)) as pages:  # type: ignore[type-var]  # every log's are generators
                async for page in pages:
                    yield self._page(page)

    async def subscribe(
        self, after: Position | None, *, only: Filter = EVERYTHING, page_size: int = 1000
    ) -> AsyncIterator[Page]:
        async with aclosing(self._log.subscribe(after or self._start, only=only, page_size=page_size)) as pages:  # type: ignore[type-var]  # every log's are generators
            async for page in pages:
                yield self._page(page)

    async def head(self) -> Position | None:
        head = None
        async with aclosing(self._log.read_all(self._start)) as pages:  # type: ignore[type-var]  # every log's are generators
            async for page in pages:
                ours = self._ours(page.events)
                head = ours[-1].position if ours else head
        return head

    async def truncate(self, stream: str, before: int) -> None:
        await self._log.truncate(f"{stream}{self._token}", before)

    async def close(self) -> None:
        await self._log.close()

    def _page(self, page: Page) -> Page:
        """Progress over what others wrote is told as far as our own events go."""
        ours = self._ours(page.events)
        self._known.update(event.position for event in ours)
        reached = max((known for known in self._known if known <= (page.position or 0)), default=None)
        return Page(ours, reached, page.caught_up)

    def _ours(self, events: Sequence[RecordedEvent]) -> list[RecordedEvent]:
        return [
            msgspec.structs.replace(event, stream=event.stream.removesuffix(self._token))
            for event in events
            if event.stream.endswith(self._token)
        ]
