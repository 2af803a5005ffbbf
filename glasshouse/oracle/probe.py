"""How the oracle looks into read models: by row, by sum, and by hash."""

from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import Final, Protocol

import msgspec
import numpy as np

from adapters.event_log.port import EventLog
from adapters.history.port import History, HistoryRow, RangeQuery, SeriesKey, SeriesRange
from domain.windows import Span
from schema.ids import EventId
from schema.times import DAY_US, to_micros

_PAGE: Final = 5_000


class Shown(msgspec.Struct, frozen=True, gc=False):
    """A reading as a read model shows it."""

    series: SeriesKey
    event_id: EventId


class HashPair(msgspec.Struct, frozen=True):
    """The content hash of the read model that serves, and that of one rebuilt from the start of the log."""

    serving: str
    rebuilt: str


Hashes = Callable[[], Awaitable[Mapping[str, HashPair]]]
"""By the name of the read model. They must have caught up with the log."""

_LOOKS: Final = 10


async def at_rest(log: EventLog, compare: Hashes) -> Mapping[str, HashPair]:
    """What `compare` finds while nothing is recorded, since a house that runs goes on to tell what became of its commands.

    Pairs that differ are looked at again where the log grew meanwhile, ten times at most.
    """
    for _ in range(_LOOKS):
        head = await log.head()
        found = await compare()
        if all(pair.serving == pair.rebuilt for pair in found.values()) or head == await log.head():
            break
    return found


class ReadModelProbe(Protocol):
    """A history, as its readers see it. It must have caught up with the log."""

    def readings(self, device: str) -> AsyncIterator[Sequence[Shown]]:
        """All readings of a device, in pages, each as often as it is shown."""
        ...

    async def counts(self, series: Sequence[SeriesKey], start: datetime, end: datetime) -> Sequence[int]:
        """How many readings the days of each series from `start` to `end` add up, bad ones among them."""
        ...


class HistoryProbe:
    """Looks at the raw history through its port."""

    def __init__(self, history: History) -> None:
        self._history = history

    async def readings(self, device: str) -> AsyncIterator[Sequence[Shown]]:
        after: tuple[int, EventId, str] | None = None
        while rows := await self._history.readings(RangeQuery(device=device, after=after, limit=_PAGE)):
            yield [_shown(row) for row in rows]
            after = (rows[-1].timestamp_us, rows[-1].event_id, rows[-1].metric)

    async def counts(self, series: Sequence[SeriesKey], start: datetime, end: datetime) -> Sequence[int]:
        kept = await self._history.windows(Span.DAY, [SeriesRange(key, _day(start), _day(end) + DAY_US) for key in series])
        counts = np.zeros(len(series), np.int64)
        np.add.at(counts, kept.windows.series, kept.windows.count + kept.windows.bad)
        return [int(count) for count in counts]


def _day(moment: datetime) -> int:
    return to_micros(moment) // DAY_US * DAY_US


def _shown(row: HistoryRow) -> Shown:
    return Shown(SeriesKey(row.device, row.sensor, row.metric), row.event_id)


class Comparison(msgspec.Struct):
    """Read models against the log: readings more than once, only there, and not there."""

    double_counted: int = 0
    invented: int = 0
    missing: int = 0


async def compare(expected: Counter[SeriesKey], start: datetime, end: datetime, probe: ReadModelProbe) -> Comparison:
    """Compare series by series; `expected` counts the log's readings, each event once."""
    result = Comparison()
    by_device: dict[str, list[SeriesKey]] = {}
    for key in sorted(expected, key=msgspec.structs.astuple):
        by_device.setdefault(key.device, []).append(key)
    for device, series in by_device.items():
        rows, distinct = await _shown_counts(probe, device)
        added = dict(zip(series, await probe.counts(series, start, end), strict=True))
        for key in rows.keys() | added.keys():
            there, summed = expected[key], added.get(key, 0)
            result.double_counted += max(rows[key] - distinct[key], summed - max(there, distinct[key]), 0)
            result.invented += max(distinct[key] - there, 0)
            result.missing += max(there - distinct[key], there - summed, 0)
    return result


async def _shown_counts(probe: ReadModelProbe, device: str) -> tuple[Counter[SeriesKey], Counter[SeriesKey]]:
    """Per series: how many rows are shown, and of how many events."""
    rows: Counter[SeriesKey] = Counter()
    seen: set[Shown] = set()
    async for page in probe.readings(device):
        rows.update(shown.series for shown in page)
        seen.update(page)
    return rows, Counter(shown.series for shown in seen)
