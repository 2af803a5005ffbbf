"""An event log in memory behind the port, for tests of what reads a log. It keeps the promises of the port, and can fail."""

from collections.abc import AsyncIterator, Sequence

from adapters.event_log.port import ANY, NO_STREAM, Append, Appended, Conflict, Page
from projections.pulse import Pulse
from schema.envelope import EVERYTHING, Filter, NewEvent, Position, RecordedEvent
from schema.ids import EventId


class MemoryLog:
    """Positions are 10, 20, 30 ... so that nobody leans on their being dense; recorded times are `step_us` apart."""

    def __init__(self, log_id: str = "memory", *, start_us: int = 1_700_000_000_000_000, step_us: int = 1000) -> None:
        self.log_id = log_id
        self.has_id_index = True
        self.fail_next: Exception | None = None
        self._events: list[RecordedEvent] = []
        self._streams: dict[str, list[RecordedEvent]] = {}
        self._start_us = start_us
        self._step_us = step_us
        self._kept_from: dict[str, int] = {}
        self._pulse = Pulse()

    async def append(self, appends: Sequence[Append]) -> list[Appended | Conflict]:
        results = [self._append(each) for each in appends]
        self._pulse.fire()
        return results

    def _append(self, append: Append) -> Appended | Conflict:
        stream = self._streams.setdefault(append.stream, [])
        current = len(stream) - 1
        if append.expected not in (ANY, current):
            return self._again(stream, append) or Conflict(current if stream else NO_STREAM)
        for event in append.events:
            self._record(append.stream, stream, event)
        return Appended(len(stream) - 1, self._events[-1].position)

    @staticmethod
    def _again(stream: list[RecordedEvent], append: Append) -> Appended | None:
        there = stream[append.expected + 1 : append.expected + 1 + len(append.events)]
        if not there or [event.id for event in there] != [event.id for event in append.events]:
            return None
        return Appended(there[-1].revision, there[-1].position)

    def _record(self, name: str, stream: list[RecordedEvent], event: NewEvent) -> None:
        number = len(self._events) + 1
        recorded_us = self._start_us + number * self._step_us
        recorded = RecordedEvent(
            Position(number * 10), name, len(stream), event.id, event.type, recorded_us, event.data, event.metadata
        )
        self._events.append(recorded)
        stream.append(recorded)

    async def read_stream(
        self, stream: str, *, start: int | None = None, until: Position | None = None, backwards: bool = False, limit: int = 500
    ) -> list[RecordedEvent]:
        kept = self._streams.get(stream, [])[self._kept_from.get(stream, 0) :]
        events = [e for e in kept if until is None or e.position <= until]
        if backwards:
            return [e for e in reversed(events) if start is None or e.revision <= start][:limit]
        return [e for e in events if start is None or e.revision >= start][:limit]

    async def contains(self, stream: str, ids: Sequence[EventId], *, start: int = 0) -> set[EventId]:
        return {event.id for event in self._streams.get(stream, []) if event.revision >= start} & set(ids)

    async def read_all(
        self, after: Position | None, *, until: Position | None = None, only: Filter = EVERYTHING, page_size: int = 1000
    ) -> AsyncIterator[Page]:
        end = len(self._events) if until is None else min(until // 10, len(self._events))
        number = 0 if after is None else after // 10
        while number < end:
            self._maybe_fail()
            yield self._page(number, min(number + page_size, end), only)
            number += page_size

    async def subscribe(
        self, after: Position | None, *, only: Filter = EVERYTHING, page_size: int = 1000
    ) -> AsyncIterator[Page]:
        number = 0 if after is None else after // 10
        while True:
            self._maybe_fail()
            end = min(number + page_size, len(self._events))
            yield self._page(number, end, only)
            number = end
            while number == len(self._events) and self.fail_next is None:
                await self._pulse.wait()

    def fail(self, error: Exception) -> None:
        """The next read raises this, once."""
        self.fail_next = error
        self._pulse.fire()

    def _maybe_fail(self) -> None:
        error, self.fail_next = self.fail_next, None
        if error is not None:
            raise error

    def _page(self, number: int, end: int, only: Filter) -> Page:
        events = [event for event in self._events[number:end] if _matches(event, only)]
        position = self._events[end - 1].position if end else None
        return Page(events, position, caught_up=end == len(self._events))

    async def head(self) -> Position | None:
        return self._events[-1].position if self._events else None

    async def truncate(self, stream: str, before: int) -> None:
        self._kept_from[stream] = before

    async def close(self) -> None:
        pass


def _matches(event: RecordedEvent, only: Filter) -> bool:
    return (not only.types or event.type in only.types) and (not only.categories or event.category in only.categories)
