"""The port of the history: raw readings and their windows, written by projections, read by range.

Raw rows are keyed by event id and metric: a row written twice is read once. They are written as they come; what was made of
them, up to a place in the log, is kept with that place as the one checkpoint. After a crash all that came after it is
written again.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Final, Protocol, TypeAlias

import msgspec

from adapters.history.horizon import Horizon
from domain.anomalies import Severity
from domain.columns import Int64
from domain.day_digests import DayDigests
from domain.raw_rows import RawRows
from domain.rows import Columns
from domain.windows import Span, Windows
from schema.envelope import Cursor, Position
from schema.events import Quality
from schema.ids import EventId

RAW: Final = "raw"
"""What the digest of raw rows is called; those of windows are called as their spans."""
ANOMALIES: Final = "anomalies"


class HistoryError(Exception):
    """The history cannot do what was asked; the message says in plain words why, and what to do."""


class HistoryUnavailableError(HistoryError):
    """The history cannot be reached or written right now (disk full, locked, away): the same call may work later."""


class HistoryAddressError(HistoryError):
    """The URL of a history cannot be used, whatever is at the other end."""


class BeyondRetentionError(HistoryError):
    """What was asked for was there once, and is past all that is kept."""


class RowsLostError(HistoryError):
    """Raw rows were just found to be lost. From now on the history answers without them, and says which days are gone."""


class HistoryRow(msgspec.Struct, frozen=True, gc=False):
    """One value of one metric. Times are microseconds since the epoch; `value` is in the metric's canonical unit.

    `quality` is the device's own word: what the rules make of a value is worked out when it is asked for.
    """

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


RowKey: TypeAlias = tuple[int, EventId, str]
"""Timestamp, event id and metric."""


def key_of(row: HistoryRow) -> RowKey:
    """Where a row stands among those of its device."""
    return row.timestamp_us, row.event_id, row.metric


class SeriesKey(msgspec.Struct, frozen=True):
    """One line on a chart."""

    device: str
    sensor: str
    metric: str


class RangeQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Raw readings of one device in [start, end), between the keys `after` and `before`.

    The first, or with `backwards` the last; with `upto` only those that were recorded up to that position.
    """

    device: str
    sensor: str | None = None
    metric: str | None = None
    start: datetime | None = None
    end: datetime | None = None
    after: RowKey | None = None
    before: RowKey | None = None
    backwards: bool = False
    upto: Position | None = None
    limit: int = 100


class SeriesRange(msgspec.Struct, frozen=True):
    """A stretch of one series: [start, end) in microseconds since the epoch."""

    series: SeriesKey
    start_us: int
    end_us: int


class KeptWindows(msgspec.Struct, frozen=True):
    """Windows of one span as they are kept: `windows.series` are places in `keys`.

    `position` is up to where each holds.
    """

    span: Span
    keys: Sequence[SeriesKey]
    windows: Windows
    position: Int64


class Watermark(msgspec.Struct, frozen=True):
    """How far a device's time has come, when the log last heard of it, and up to which position that holds.

    `site` is where it speaks from, `zone` the time zone that its site's days are made in.
    """

    time_us: int
    recorded_us: int
    position: Position
    site: str | None = None
    zone: str = "UTC"


class Anomaly(msgspec.Struct, frozen=True):
    """An hour of a series that is unlike the same hour of recent days; with NONE one that was so, as it was then.

    `value` is its mean, the other figures are those of `domain.anomalies`. It is so since `position`.
    """

    series: SeriesKey
    start_us: int
    value: float
    expected: float
    deviation: float
    score: float
    severity: Severity
    position: Position


class AnomalyQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Anomalies of hours that start in [start, end), newest first and then by series, between the keys `after` and `before`.

    The first of that order, or with `backwards` the last.
    """

    device: str | None = None
    metric: str | None = None
    severity: Severity = Severity.MINOR
    """The least."""
    start_us: int | None = None
    end_us: int | None = None
    after: tuple[int, SeriesKey] | None = None
    before: tuple[int, SeriesKey] | None = None
    backwards: bool = False
    limit: int = 100


class AnomalyChanges(msgspec.Struct, frozen=True, kw_only=True):
    """Anomalies by (position, series, start), those that are gone among them: after a position and up to one.

    With `seen` those after the anomaly of that series and hour at the position `after` are asked for.
    """

    after: Position
    seen: tuple[SeriesKey, int] | None = None
    upto: Position
    limit: int = 100


class HistoryQueries(Protocol):
    """What may be asked of a history."""

    @property
    def horizon(self) -> Horizon:
        """How far back it goes."""
        ...

    async def checkpoint(self) -> Cursor | None:
        """Up to where the windows hold; None while the history is empty."""
        ...

    async def readings(self, query: RangeQuery) -> list[HistoryRow]:
        """At most `query.limit` rows by (timestamp, event id, metric), also where they are the last; each event's metric once.

        BeyondRetentionError where some are gone (see `horizon`) at or after the beginning that the query names.
        """
        ...

    async def columns(self, ranges: Sequence[SeriesRange]) -> Columns:
        """The raw rows of these ranges; the number of a series is the place of its range. Ranges may overlap.

        What is gone is not there.
        """
        ...

    async def windows(self, span: Span, ranges: Sequence[SeriesRange]) -> KeptWindows:
        """The windows that start in these ranges, numbered as in `columns`; `keys` are those of the ranges."""
        ...

    async def series(self, devices: Sequence[str] | None = None) -> Mapping[SeriesKey, int]:
        """The series that have windows, of these devices or of all, in order; each with the start of its last day in UTC."""
        ...

    async def anomalies(self, query: AnomalyQuery) -> list[Anomaly]:
        """At most `query.limit`, newest first also where they are the last; none that is gone."""
        ...

    async def anomalies_in(self, ranges: Sequence[SeriesRange]) -> list[Anomaly]:
        """Those of hours that start in these ranges, in no order; those that are gone among them."""
        ...

    async def anomaly_changes(self, query: AnomalyChanges) -> list[Anomaly]:
        """At most `query.limit`."""
        ...

    async def watermarks(self, devices: Sequence[str] | None = None) -> Mapping[str, Watermark]:
        """Those of these devices, or of all."""
        ...


class History(HistoryQueries, Protocol):
    """One history, of one event log. Safe for concurrent use by the tasks of one event loop."""

    async def write(self, rows: RawRows) -> None:
        """Add raw rows, all or none where the store can."""
        ...

    async def keep(
        self,
        windows: Sequence[KeptWindows],
        watermarks: Mapping[str, Watermark],
        checkpoint: Cursor,
        anomalies: Sequence[Anomaly] = (),
    ) -> None:
        """Replace these anomalies, these windows, and the watermarks of these devices; then move the checkpoint.

        A store that cannot do all at once does it in this order.
        """
        ...

    async def forget(self, span: Span, devices: Sequence[str]) -> None:
        """Drop the windows of that span of these devices: they will be made anew."""
        ...

    async def content_hashes(self) -> Mapping[str, str]:
        """Of "raw", of each span's windows and of "anomalies".

        The same for the same set of readings, in whatever order and however often.
        """
        ...

    async def digests(self, taken: Callable[[], None]) -> Mapping[str, DayDigests]:
        """Those parts by device and day, as they are when `taken` is called: at the end where the store cannot look back."""
        ...

    async def count(self) -> int:
        """How many raw rows there are, each event's metric once."""
        ...

    async def rewind(self, position: Position) -> None:
        """Rows recorded after that position will be written again: forget them where that saves something."""
        ...

    async def reset(self) -> None:
        """Forget everything: what follows is a rebuild."""
        ...

    async def close(self) -> None:
        """Let go of the store."""
        ...
