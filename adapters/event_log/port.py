"""The port of the event log. Works in pages, not single events; what it promises, every store behind it can keep.

Ids: appending the same events again at the same expected revision is a success and adds nothing. Nothing more is promised
of ids, since no store remembers them for ever.
"""

from collections.abc import AsyncIterator, Sequence
from typing import Final, Protocol

import msgspec

from schema.envelope import EVERYTHING, Filter, NewEvent, Position, RecordedEvent
from schema.ids import EventId

NO_STREAM: Final = -1
"""Expected revision: the stream holds nothing yet."""
ANY: Final = -2
"""Expected revision: whatever is there."""
MAX_APPEND_BYTES: Final = 1_000_000
"""What the data, metadata and types of one append's events may take together; EventStoreDB takes 1 MiB with all around them."""


class LogError(Exception):
    """The log cannot do what was asked; the message says in plain words why, and what to do."""


class LogAddressError(LogError):
    """The address of a log cannot be understood, or asks for what is not to be had."""


class LogUnavailableError(LogError):
    """The log cannot be reached or written right now (away, locked, disk full): the same call may work later."""


class Append(msgspec.Struct, frozen=True, gc=False):
    """Events for one stream, all or none. `expected` is the revision of its last event, NO_STREAM or ANY.

    They may take MAX_APPEND_BYTES together.
    """

    stream: str
    expected: int
    events: Sequence[NewEvent]


class Appended(msgspec.Struct, frozen=True, gc=False):
    """Durable. `revision` and `position` are those of the append's last event."""

    revision: int
    position: Position


class Conflict(msgspec.Struct, frozen=True, gc=False):
    """Nothing was appended: the stream's last event has revision `current` (NO_STREAM: there is none)."""

    current: int


class Page(msgspec.Struct, frozen=True, gc=False):
    """Events in log order. All that matched at or before `position` has now been handed over: it is a checkpoint.

    `events` may be empty: a page then reports progress over what did not match, or that the reader has caught up.
    """

    events: Sequence[RecordedEvent]
    position: Position | None
    caught_up: bool


class EventLog(Protocol):
    """One log. Safe for concurrent use by the tasks of one event loop; several processes may hold the same log open."""

    @property
    def log_id(self) -> str:
        """Names this log for ever; a copy of it has another."""
        ...

    async def append(self, appends: Sequence[Append]) -> list[Appended | Conflict]:
        """Append to many streams at once, a result for each, in order; returns once durable.

        Appends to one stream take effect in the order given; so do all of them, over all streams, where none fails.
        LogUnavailableError: some may have been stored, ask again.
        """
        ...

    async def read_stream(
        self, stream: str, *, start: int | None = None, until: Position | None = None, backwards: bool = False, limit: int = 500
    ) -> list[RecordedEvent]:
        """At most `limit` events from revision `start` on (inclusive; None: the end one comes from), none after `until`."""
        ...

    @property
    def has_id_index(self) -> bool:
        """Whether `contains` is answered from an index; else it reads the stream, and is told from where on."""
        ...

    async def contains(self, stream: str, ids: Sequence[EventId], *, start: int = 0) -> set[EventId]:
        """Those of `ids` that the stream holds at revision `start` or later; an earlier one may be told, too."""
        ...

    def read_all(
        self, after: Position | None, *, until: Position | None = None, only: Filter = EVERYTHING, page_size: int = 1000
    ) -> AsyncIterator[Page]:
        """Pages after `after`, up to `until` (default: the head at the time of the call), then ends."""
        ...

    def subscribe(self, after: Position | None, *, only: Filter = EVERYTHING, page_size: int = 1000) -> AsyncIterator[Page]:
        """A catch-up subscription: pages after `after`, for ever. Ends only when its task is cancelled or the log closed."""
        ...

    async def head(self) -> Position | None:
        """The position of the last event; None while the log is empty."""
        ...

    async def truncate(self, stream: str, before: int) -> None:
        """Let go of the stream's events with a revision below `before`. Revisions and positions of the others stay."""
        ...

    async def close(self) -> None:
        """Finish what was begun, and let go of the store."""
        ...
