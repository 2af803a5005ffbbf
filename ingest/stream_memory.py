"""What ingest remembers of a stream that it alone writes: enough to tell what is new from what is not.

Every 64th event carries a summary of all events before it in its metadata, so that the tail of a stream is all that must
be read to remember it after a restart.
"""

from collections import deque
from itertools import islice
from typing import Final

import msgspec

from adapters.event_log.port import NO_STREAM
from ingest.items import Item
from schema.ids import EventId

SUMMARY_EVERY: Final = 64
SUBJECTS: Final = 64
RECENT: Final = 8
OLDEST: Final = -(1 << 62)
UNKNOWN: Final = 1 << 62


class Summary(msgspec.Struct, frozen=True, omit_defaults=True):
    """All events before one: the newest device time, the last event of each subject without one, odd metric names."""

    newest: int = OLDEST
    subjects: dict[str, int] = {}
    metrics: list[str] = []


class Subject(msgspec.Struct):
    """The last event of something whose events have no time of their own: its revision, id and what it says.

    `digest` is None where only the revision is known. `recent` are those before it, for what is known to be redelivered.
    """

    revision: int
    id: EventId | None = None
    digest: bytes | None = None
    recent: deque[tuple[bytes, EventId]] = msgspec.field(default_factory=lambda: deque(maxlen=RECENT))


class StreamMemory:
    """The recent ids of a stream, and up to which device time those before them reach (`settled`).

    An event with a time after `settled` is in the window or not in the stream. For any other the stream is asked,
    unless the window still holds the whole of it.
    """

    def __init__(self, window: int) -> None:
        self._window = window
        self.revision = NO_STREAM
        self.whole = True
        self.settled = OLDEST
        self.newest = OLDEST
        self.site: str | None = None
        self.last_id: EventId | None = None
        self.ids: dict[EventId, int | None] = {}
        self.subjects: dict[str, Subject] = {}
        self.metrics: set[str] = set()

    def start_from(self, summary: Summary | None) -> None:
        """Begin in the middle of a stream, with what the summary says of the events before. None: nothing is known."""
        self.whole = False
        self.settled = self.newest = UNKNOWN if summary is None else summary.newest
        if summary is not None:
            self.subjects = {name: Subject(revision) for name, revision in summary.subjects.items()}
            self.metrics = set(summary.metrics)

    def forget_times(self) -> None:
        """The stream holds an event that cannot be read: of no time can it be said that it is newer."""
        self.settled = self.newest = UNKNOWN

    def is_in_doubt(self, event_id: EventId, time_us: int | None) -> bool:
        """Whether the stream may hold the event although the window does not."""
        return not (self.whole or (time_us is not None and time_us > self.settled) or event_id in self.ids)

    def add(self, event_id: EventId, time_us: int | None, revision: int) -> None:
        """The stream's next event."""
        self.revision = revision
        self.last_id = event_id
        self.ids[event_id] = time_us
        if time_us is not None and time_us > self.newest:
            self.newest = time_us

    def add_subject(self, name: str, event_id: EventId, digest: bytes, revision: int) -> None:
        """The newest event of a subject without a time of its own."""
        subject = self.subjects.pop(name, None) or Subject(revision)
        subject.revision, subject.id, subject.digest = revision, event_id, digest
        subject.recent.append((digest, event_id))
        self.subjects[name] = subject
        if len(self.subjects) > SUBJECTS:
            del self.subjects[next(iter(self.subjects))]

    def repeated(self, item: Item) -> EventId | None:
        """The id of the event that an item without anything of its own repeats."""
        subject = self.subjects.get(item.subject) if item.subject else None
        if subject is None:
            return None
        if subject.digest == item.digest:
            return subject.id
        if item.message.redelivered:
            return next((known for digest, known in subject.recent if digest == item.digest), None)
        return None

    def summary(self) -> bytes:
        """What the next event carries, if it is one that does."""
        if self.revision < 0 or (self.revision + 1) % SUMMARY_EVERY:
            return b""
        subjects = {name: subject.revision for name, subject in self.subjects.items()}
        return b',"ingest":' + msgspec.json.encode(Summary(self.newest, subjects, sorted(self.metrics)))

    def trim(self) -> None:
        """Forget the oldest ids beyond the window. Between batches only: a batch is looked up before it is added."""
        surplus = len(self.ids) - self._window
        if surplus <= 0:
            return
        for event_id in list(islice(self.ids, surplus + self._window // 4)):
            time_us = self.ids.pop(event_id)
            if time_us is not None and time_us > self.settled:
                self.settled = time_us
        self.whole = False
