"""An event log that tells of what is asked of it: appends, and pages read for what is under way."""

import time
from collections.abc import AsyncIterator, Sequence

from adapters.event_log.iterating import closing
from adapters.event_log.port import Append, Appended, Conflict, EventLog, Page
from adapters.tracing.identity import Belonging, belonging, event_id_of
from adapters.tracing.port import Kind, Tracer
from schema.envelope import EVERYTHING, Filter, Position, RecordedEvent
from schema.ids import EventId


class TracedLog:
    """Implements `EventLog` over another one, which it does not let go of before it is closed itself.

    An append of events that belong to a correlation id is told of in its trace, whoever makes it. A subscription mostly waits,
    and what comes of it is told of by who takes it in.
    """

    def __init__(self, log: EventLog, tracer: Tracer) -> None:
        self._log = log
        self._tracer = tracer

    @property
    def log_id(self) -> str:
        return self._log.log_id

    @property
    def has_id_index(self) -> bool:
        return self._log.has_id_index

    async def append(self, appends: Sequence[Append]) -> list[Appended | Conflict]:
        correlated = [(number, found) for number, append in enumerate(appends) if (found := _belonging(append)).correlation_id]
        if correlated:
            return await self._append_correlated(appends, correlated)
        events = sum(len(append.events) for append in appends)
        with self._tracer.part("log append", kind=Kind.CLIENT, streams=len(appends), events=events):
            return await self._log.append(appends)

    async def read_stream(
        self, stream: str, *, start: int | None = None, until: Position | None = None, backwards: bool = False, limit: int = 500
    ) -> list[RecordedEvent]:
        with self._tracer.part("log read page", kind=Kind.CLIENT, stream=stream) as span:
            events = await self._log.read_stream(stream, start=start, until=until, backwards=backwards, limit=limit)
            span.note(events=len(events))
            return events

    async def contains(self, stream: str, ids: Sequence[EventId], *, start: int = 0) -> set[EventId]:
        return await self._log.contains(stream, ids, start=start)

    async def read_all(
        self, after: Position | None, *, until: Position | None = None, only: Filter = EVERYTHING, page_size: int = 1000
    ) -> AsyncIterator[Page]:
        async with closing(self._log.read_all(after, until=until, only=only, page_size=page_size)) as pages:
            while (page := await self._next(pages)) is not None:
                yield page

    def subscribe(self, after: Position | None, *, only: Filter = EVERYTHING, page_size: int = 1000) -> AsyncIterator[Page]:
        return self._log.subscribe(after, only=only, page_size=page_size)

    async def head(self) -> Position | None:
        return await self._log.head()

    async def truncate(self, stream: str, before: int) -> None:
        await self._log.truncate(stream, before)

    async def close(self) -> None:
        await self._log.close()

    async def _next(self, pages: AsyncIterator[Page]) -> Page | None:
        with self._tracer.part("log read page", kind=Kind.CLIENT) as span:
            page = await anext(pages, None)
            span.note(events=0 if page is None else len(page.events))
            return page

    async def _append_correlated(
        self, appends: Sequence[Append], correlated: Sequence[tuple[int, Belonging]]
    ) -> list[Appended | Conflict]:
        began = time.time_ns()
        results = await self._log.append(appends)
        ended = time.time_ns()
        for number, found in correlated:
            append, result = appends[number], results[number]
            self._tracer.record(
                "log append",
                began,
                ended,
                found.correlation_id,
                of=None if isinstance(result, Conflict) else append.events[0].id,
                cause=event_id_of(found.causation_id),
                kind=Kind.CLIENT,
                stream=append.stream,
                events=len(append.events),
                type=append.events[0].type,
                conflict=isinstance(result, Conflict),
            )
        return results


def _belonging(append: Append) -> Belonging:
    """All events of an append are one decision: the first says what they belong to."""
    return belonging(append.events[0].metadata if append.events else b"")
