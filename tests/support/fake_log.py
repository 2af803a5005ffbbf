"""The log in memory with faults, for tests of what writes to a log."""

import asyncio
from collections.abc import Callable, Sequence

from adapters.event_log.port import Append, Appended, Conflict, LogError, LogUnavailableError
from schema.envelope import NewEvent, RecordedEvent
from schema.ids import EventId
from schema.registry import REGISTRY
from tests.support.memory_log import MemoryLog


class FakeLog(MemoryLog):
    """Can be away, lose its answer after having stored, be held, and refuse an event for good."""

    def __init__(self) -> None:
        super().__init__()
        self.away = 0
        self.answers_lost = 0
        self.refuses: Callable[[NewEvent], bool] = lambda _: False
        self.open = asyncio.Event()
        self.open.set()
        self.held = asyncio.Event()
        self.asked: list[EventId] = []
        self.asked_from: list[int] = []
        self.batches: list[int] = []

    async def append(self, appends: Sequence[Append]) -> list[Appended | Conflict]:
        self.held.set()
        await self.open.wait()
        if self.away:
            self.away -= 1
            raise LogUnavailableError("the log is away")
        if any(self.refuses(event) for append in appends for event in append.events):
            raise LogError("an event is too large for the log")
        self.batches.append(sum(len(append.events) for append in appends))
        results = await super().append(appends)
        if self.answers_lost:
            self.answers_lost -= 1
            raise LogUnavailableError("the answer was lost")
        return results

    async def contains(self, stream: str, ids: Sequence[EventId], *, start: int = 0) -> set[EventId]:
        self.asked += ids
        self.asked_from.append(start)
        return await super().contains(stream, ids, start=start)

    def stream(self, name: str) -> list[RecordedEvent]:
        return list(self._streams.get(name, ()))

    def stored(self) -> list[RecordedEvent]:
        return list(self._events)

    def events(self, stream: str) -> list[object]:
        return [REGISTRY.unpack(recorded) for recorded in self.stream(stream)]
