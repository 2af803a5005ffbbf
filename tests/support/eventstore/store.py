"""The log in memory: streams, positions, what an append becomes, and who is told that it grew."""

import asyncio
import time
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from operator import attrgetter
from uuid import uuid4

from tests.support.eventstore.expected import STREAM_EXISTS, RecentIds, decide
from tests.support.eventstore.journal import Journal, Write
from tests.support.eventstore.records import Proposed, Record, Recorder
from tests.support.eventstore.retention import DELETED, Retention, parse_retention, restored

TOMBSTONE = "$streamDeleted"
METADATA = "$metadata"
JSON = "application/json"

_position = attrgetter("position")


@dataclass(frozen=True, slots=True)
class Appended:
    """`revision` of the last event; `position` is -1 where a repeated event is hidden by the stream's metadata."""

    revision: int
    position: int


@dataclass(frozen=True, slots=True)
class Conflict:
    """`current` is -1 where there is no stream."""

    current: int


class Deleted:
    """The stream has a tombstone."""


Outcome = Appended | Conflict | Deleted


def ticks() -> int:
    """Now, as the server writes it: 100 ns each since 1970."""
    return time.time_ns() // 100


class Store:
    """One log. With a journal it outlives the process; the recent ids never do."""

    def __init__(self, journal: Journal | None = None, recent_ids: int = 100_000) -> None:
        self.log: list[Record] = []
        self.recent = RecentIds(recent_ids)
        self._streams: defaultdict[str, list[Record]] = defaultdict(list)
        self._retention: dict[str, Retention] = {}
        self._metadata: dict[str, bytes] = {}
        self._tombstones: set[str] = set()
        self._end = 0
        self._created = 0
        self._waiting: list[asyncio.Future[None]] = []
        self._journal = journal
        self.follow()

    def empty(self) -> None:
        """As on the first day. Only for a store without a journal: what is in it would come back."""
        assert self._journal is None
        for held in (self.log, self._streams, self._retention, self._metadata, self._tombstones):
            held.clear()
        self.recent.forget()
        self._end = self._created = 0

    def follow(self) -> None:
        """Take over what another node, or this one before a restart, has written."""
        before = len(self.log)
        for write in self._journal.read() if self._journal else ():
            self._store(write)
        if len(self.log) > before:
            self.wake()

    def lead(self) -> None:
        """Be the one that writes from now on: with everything that was acknowledged, and no memory of ids."""
        self.follow()
        if self._journal is not None:
            self._journal.drop_torn_tail()
        self.recent.forget()

    # reads

    def stream(self, name: str) -> Sequence[Record]:
        """All of its events, also those that its metadata hides."""
        return self._streams.get(name, ())

    def retention(self, stream: str) -> Retention:
        return self._retention.get(stream, Retention())

    def tombstoned(self, stream: str) -> bool:
        return stream in self._tombstones

    def index(self, position: int) -> int:
        """Of the first event at or after this position."""
        return bisect_left(self.log, position, key=_position)

    async def growth(self) -> None:
        """Return after the next write."""
        grown = asyncio.get_running_loop().create_future()
        self._waiting.append(grown)
        await grown

    def wake(self) -> None:
        """As if the log had grown: whoever waits for that looks around."""
        waiting, self._waiting = self._waiting, []
        for grown in waiting:
            if not grown.done():
                grown.set_result(None)

    # writes

    def append(self, stream: str, expected: int, events: Sequence[Proposed]) -> Outcome:
        """Append all or nothing."""
        records, retention = self.stream(stream), self.retention(stream)
        if stream in self._tombstones or (expected == STREAM_EXISTS and retention.soft_deleted):
            return Deleted()
        ids = [event.id for event in events]
        decision = decide(stream, records, expected, ids, self.recent, soft_deleted=retention.soft_deleted)
        if decision.verdict == "conflict":
            return Conflict(len(records) - 1)
        if decision.verdict == "idempotent":
            hidden = decision.last < retention.first_visible(records, ticks())
            return Appended(decision.last, -1 if hidden else records[decision.last].position)
        first = len(records)
        last = self.write(stream, events)
        if retention.soft_deleted:
            self.write_metadata(stream, restored(self._metadata[stream], first))
        return last

    def delete(self, stream: str, expected: int, *, tombstone: bool) -> Outcome:
        """Hide the stream, or end it for good."""
        if stream in self._tombstones:
            return Deleted()
        event = Proposed(str(uuid4()), TOMBSTONE, "application/octet-stream", b"", b"")
        records, retention = self.stream(stream), self.retention(stream)
        decision = decide(stream, records, expected, [event.id], self.recent, soft_deleted=retention.soft_deleted)
        if decision.verdict != "append":
            return Conflict(len(records) - 1)
        if tombstone:
            return self.write(stream, [event])
        return self.write_metadata(stream, b'{"$tb": %d}' % DELETED)

    def write_metadata(self, stream: str, data: bytes) -> Appended:
        """As the server itself does it."""
        return self.write(f"$${stream}", [Proposed(str(uuid4()), METADATA, JSON, data, b"")])

    def write(self, stream: str, events: Sequence[Proposed]) -> Appended:
        """Store and tell; durable before it returns, where there is a journal."""
        if not events:
            return Appended(len(self.stream(stream)) - 1, self._end)
        self._created = max(self._created, ticks())
        write = Write(stream, self._created, list(events))
        if self._journal is not None:
            self._journal.add(write)
        self._store(write)
        self.wake()
        records = self._streams[stream]
        return Appended(len(records) - 1, records[-1].position)

    def _store(self, write: Write) -> None:
        records = self._streams[write.stream]
        recorder = Recorder(write.stream, write.created)
        for event in write.events:
            entry = recorder.record(self._end, len(records), event)
            self._end += entry.size
            records.append(entry)
            self.log.append(entry)
            self.recent.add(entry)
        self._note(write)
        self._created = max(self._created, write.created)

    def _note(self, write: Write) -> None:
        """What a write says about streams."""
        if write.stream.startswith("$$") and write.events:
            named = write.stream[2:]
            self._metadata[named] = write.events[-1].data
            self._retention[named] = parse_retention(write.events[-1].data)
        if any(event.type == TOMBSTONE for event in write.events):
            self._tombstones.add(write.stream)
