"""The port of the history: raw readings written by a projection, read by range. Rows are keyed by event id and metric:
a row written twice is read once.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Protocol

import msgspec

from schema.envelope import Cursor, Position
from schema.events import Quality
from schema.ids import EventId


class HistoryError(Exception):
    """The history cannot do what was asked; the message says in plain words why, and what to do."""


class HistoryUnavailableError(HistoryError):
    """The history cannot be reached or written right now (disk full, locked): the same call may work later."""


class HistoryRow(msgspec.Struct, frozen=True, gc=False):
    """One value of one metric. Times are microseconds since the epoch; `value` is in the metric's canonical unit."""

    device: str
    sensor: str
    metric: str
    timestamp_us: int
    value: float
    unit: str | None
    quality: Quality
    event_id: EventId
    recorded_us: int
    revision: int
    position: Position


class SeriesKey(msgspec.Struct, frozen=True):
    """One line on a chart."""

    device: str
    sensor: str
    metric: str


class RangeQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Raw readings of one device in [start, end), ordered by (timestamp, event id, metric), after the key `after`."""

    device: str
    sensor: str | None = None
    metric: str | None = None
    start: datetime | None = None
    end: datetime | None = None
    after: tuple[int, EventId, str] | None = None
    limit: int = 100


class Bucket(msgspec.Struct, frozen=True, gc=False):
    """One window of one series: [start, end). Readings with a bad verdict count in `bad`, and nowhere else.

    Where all are bad, `count` is 0 and the figures are NaN.
    """

    start: datetime
    end: datetime
    count: int
    mean: float
    min: float
    max: float
    p50: float
    p95: float
    bad: int


class History(Protocol):
    """One history, of one event log. Safe for concurrent use by the tasks of one event loop."""

    async def checkpoint(self) -> Cursor | None:
        """Up to where this history has read its log; None while it is empty."""
        ...

    async def write(self, rows: Sequence[HistoryRow], checkpoint: Cursor) -> None:
        """Add rows and move the checkpoint, both or neither."""
        ...

    async def readings(self, query: RangeQuery) -> list[HistoryRow]:
        """At most `query.limit` rows, each event's metric once."""
        ...

    async def buckets(
        self, series: Sequence[SeriesKey], start: datetime, end: datetime, window: timedelta
    ) -> list[list[Bucket]]:
        """For each series its buckets that hold readings, in time order; windows are aligned to the epoch in UTC."""
        ...

    async def content_hash(self) -> str:
        """The same for the same set of readings, in whatever order and how often they were written."""
        ...

    async def count(self) -> int:
        """How many rows there are, each event's metric once."""
        ...

    async def reset(self) -> None:
        """Forget all rows and the checkpoint: what follows is a rebuild."""
        ...

    async def close(self) -> None:
        """Let go of the store."""
        ...
