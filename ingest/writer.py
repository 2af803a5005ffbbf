"""Batches to the log: each event once, many streams an append, again and again until all of it is durable."""

import asyncio
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Final

import structlog

from adapters.event_log.limits import portions
from adapters.event_log.port import Append, Appended, Conflict, EventLog, LogError, LogUnavailableError
from ingest.facts import Code
from ingest.identity import chained_event_id
from ingest.items import Item
from ingest.limits import IngestLimits
from ingest.looking_back import earliest_place
from ingest.memories import Memories, all_of
from ingest.messages import Result
from ingest.metrics import IngestMetrics
from ingest.screening import Screen
from ingest.stream_memory import StreamMemory
from schema.envelope import NewEvent
from schema.ids import EventId

FIRST_DELAY: Final = 0.05
LONGEST_DELAY: Final = 2.0
_Planned = tuple[Append, list[Item]]


class Writer:
    """The one writer of its streams."""

    def __init__(self, log: EventLog, limits: IngestLimits, metrics: IngestMetrics) -> None:
        self._log = log
        self._limits = limits
        self._metrics = metrics
        self._memories = Memories(log, limits)
        self._screen = Screen(log, self._memories, limits, metrics)
        self._tried: set[EventId] = set()

    async def store(self, items: Sequence[Item]) -> None:
        """Return once each item is durable, found to be there, or kept as a dead letter.

        Waits for a log that is away. LogError: not even a dead letter can be written.
        """
        self._tried.clear()
        await self._store(items)
        self._memories.shrink()

    async def _store(self, items: Sequence[Item]) -> None:
        delay = FIRST_DELAY
        while items:
            try:
                items = await self._round(items)
            except LogUnavailableError as error:
                self._memories.forget({item.stream for item in items})
                self._metrics.log_unavailable.inc()
                structlog.get_logger().warning("log_unavailable", reason=str(error), retry_in_seconds=delay, events=len(items))
                await asyncio.sleep(delay)
                delay = min(delay * 2, LONGEST_DELAY)
            except LogError as error:
                self._memories.forget({item.stream for item in items})
                items = await self._isolate(items, error)

    async def _isolate(self, items: Sequence[Item], error: LogError) -> Sequence[Item]:
        """Find the item that the log refuses, store the others, and hand that one back as a dead letter."""
        if len(items) > 1:
            middle = len(items) // 2
            await self._store(items[:middle])
            await self._store(items[middle:])
            return ()
        (item,) = items
        if item.code is not None:
            raise error
        structlog.get_logger().error("event_refused_by_log", reason=str(error), stream=item.stream, type=item.type)
        item.become_dead_letter(Code.REFUSED_BY_LOG, f"the log refused it: {error}", self._limits)
        return items

    async def _round(self, items: Sequence[Item]) -> Sequence[Item]:
        """One attempt; hands back what has to be tried again because somebody else wrote to its stream."""
        groups = _by_stream(items)
        await self._memories.recall(groups)
        if await self._screen.check(groups):
            groups = _by_stream(items)
            await self._memories.recall(groups)
        held = await self._look_up(groups)
        planned = [part for stream, group in groups.items() for part in self._plan(stream, group, held.get(stream, ()))]
        if not planned:
            return ()
        try:
            results = await self._log.append([append for append, _ in planned])
        except LogError:
            self._tried.update(event.id for append, _ in planned for event in append.events)
            raise
        return self._settle(planned, results)

    async def _look_up(self, groups: dict[str, list[Item]]) -> dict[str, set[EventId]]:
        """Ask the log for the ids of which memory cannot say whether they are there."""
        doubtful: dict[str, dict[EventId, int | None]] = {}
        for stream, items in groups.items():
            memory = self._memories[stream]
            if memory.whole:
                continue
            times = {item.id: _time_of(item) for item in items if item.id is not None and not _is_recent(item)}
            if found := {event_id: time for event_id, time in times.items() if memory.is_in_doubt(event_id, time)}:
                doubtful[stream] = found
        if not doubtful:
            return {}
        self._metrics.lookups.inc(sum(map(len, doubtful.values())))
        held = await all_of([self._look_up_in(stream, times) for stream, times in doubtful.items()])
        return dict(zip(doubtful, held, strict=True))

    async def _look_up_in(self, stream: str, times: Mapping[EventId, int | None]) -> set[EventId]:
        known = [time for time in times.values() if time is not None]
        start = 0
        if not self._log.has_id_index and len(known) == len(times):
            start = await earliest_place(self._log, stream, self._memories[stream].revision, min(known))
        return await self._log.contains(stream, list(times), start=start)

    def _plan(self, stream: str, items: Sequence[Item], held: Collection[EventId]) -> Iterator[_Planned]:
        """The appends of what is new to the stream; memory runs ahead, and is forgotten where an append fails."""
        memory = self._memories[stream]
        expected = memory.revision
        events: list[NewEvent] = []
        fresh: list[Item] = []
        for item in items:
            event_id, is_repeat = self._identify(memory, item)
            if is_repeat or event_id in memory.ids or event_id in held:
                self._found(item, event_id)
                continue
            events.append(NewEvent(event_id, item.type, item.data, item.metadata + memory.summary() + b"}"))
            fresh.append(item)
            memory.add(event_id, _time_of(item), memory.revision + 1)
            if item.subject is not None and item.digest is not None:
                memory.add_subject(item.subject, event_id, item.digest, memory.revision)
        memory.trim()
        for part in portions(events):
            yield Append(stream, expected + part.start, events[part]), fresh[part]

    def _identify(self, memory: StreamMemory, item: Item) -> tuple[EventId, bool]:
        """The item's id, and whether it only repeats the event before it."""
        if item.id is not None and (item.fact is None or item.fact.id is not None):
            return item.id, False
        repeated = memory.repeated(item)
        if repeated is not None:
            item.id = repeated
            return repeated, True
        subject = memory.subjects.get(item.subject or "")
        previous = memory.last_id if subject is None or subject.id is None else subject.id
        item.id = chained_event_id(item.device or "", item.subject or "", previous, item.digest or b"")
        return item.id, False

    def _found(self, item: Item, event_id: EventId) -> None:
        """The log holds it: from before, or from an attempt of ours whose answer was lost."""
        item.result = Result.STORED if event_id in self._tried else Result.DUPLICATE
        self._tried.discard(event_id)

    def _settle(self, planned: Sequence[_Planned], results: Sequence[Appended | Conflict]) -> list[Item]:
        again: list[Item] = []
        for (append, fresh), result in zip(planned, results, strict=True):
            if isinstance(result, Conflict):
                self._metrics.conflicts.inc()
                self._memories.forget((append.stream,))
                again += fresh
                continue
            for item in fresh:
                item.result = Result.STORED
                item.position = result.position
        return again


def _by_stream(items: Sequence[Item]) -> dict[str, list[Item]]:
    """The items still to be settled, in order, dead letters last since other streams add to them."""
    groups: dict[str, list[Item]] = {}
    for item in items:
        if item.result is None:
            groups.setdefault(item.stream, []).append(item)
    return groups


def _is_recent(item: Item) -> bool:
    return item.fact is not None and item.fact.recent


def _time_of(item: Item) -> int | None:
    return None if item.fact is None else item.fact.time_us
