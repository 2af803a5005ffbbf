"""Raw readings of several series as columns, as they count: no object is made for a row."""

import asyncio
from collections.abc import Sequence
from typing import Final

import msgspec
import numpy as np

from adapters.history.port import HistoryQueries, SeriesKey, SeriesRange
from domain.columns import Float64, Int8, Int64
from domain.corrections import UNTOUCHED
from domain.indices import INDICES
from domain.rows import Ids
from domain.windows import Span
from projections.gathering import Gathered, fetch
from projections.judged import Counted, Judged
from projections.judging import Corrections, Judge, with_indices
from projections.spans import WindowSource
from projections.stretches import Catalog
from schema.times import DAY_US, MINUTE_US


class ReadingColumns(msgspec.Struct, frozen=True):
    """Readings of one series by (time, event id), a row in each column.

    `values` and `quality` are as they count, `originals` and `own_quality` as the device sent them: NaN and good where it
    sent none, since an index was calculated. `verdicts` are places in `VERDICTS`, `touched` places in `corrections`, or
    UNTOUCHED. `next_us` is from when on there is more of what was asked for; None where this is all.
    """

    times: Int64
    values: Float64
    quality: Int8
    originals: Float64
    own_quality: Int8
    verdicts: Int8
    touched: Int64
    ids: Ids
    corrections: tuple[str, ...]
    next_us: int | None

    def first(self, most: int) -> "ReadingColumns":
        """At most so many, and none of an instant of which not all fit; where that is the first instant, all of it."""
        if len(self.times) <= most:
            return self
        over = self.times[most]
        cut = int(np.searchsorted(self.times, over)) or int(np.searchsorted(self.times, over, side="right"))
        next_us = int(self.times[cut]) if cut < len(self.times) else self.next_us
        kept = {name: getattr(self, name)[:cut] for name in _COLUMNS}
        return ReadingColumns(**kept, corrections=self.corrections, next_us=next_us)


_COLUMNS: Final = ("times", "values", "quality", "originals", "own_quality", "verdicts", "touched", "ids")


class ColumnReader:
    """Answers from one history, in a few questions however many series there are. `windows` tell how many rows lie where."""

    def __init__(self, history: HistoryQueries, judge: Judge, windows: WindowSource) -> None:
        self._history = history
        self._judge = judge
        self._windows = windows

    async def read(self, keys: Sequence[SeriesKey], start_us: int, end_us: int, most: int) -> list[ReadingColumns]:
        """Of each series the first rows in [start, end) that are not gone, about `most`: see `ReadingColumns.first`."""
        ends = await self._ends(keys, start_us, end_us, most)
        catalog = Catalog(self._judge.book)
        stretches = [
            catalog.stretch((key.device, key.sensor), _with_inputs(key.metric), start_us, end - 1)
            for key, end in zip(keys, ends, strict=True)
        ]
        gathered = await fetch(self._history, stretches)
        corrections = self._judge.corrections(gathered.keys)
        bounds = [(start_us, end, None if end == end_us else end) for end in ends]
        found = await asyncio.to_thread(_read, self._judge, gathered, corrections, keys, bounds)
        return [columns.first(most) for columns in found]

    async def _ends(self, keys: Sequence[SeriesKey], start_us: int, end_us: int, most: int) -> list[int]:
        """Up to where to read of each series, so that neither far more than `most` rows come nor fewer than there are."""
        days = await self._windows.windows(Span.DAY, [SeriesRange(key, start_us // DAY_US * DAY_US, end_us) for key in keys])
        ends, rest = [end_us] * len(keys), [0] * len(keys)
        for number in range(len(keys)):
            mine = days.windows.series == number
            before = np.cumsum((days.windows.count + days.windows.bad)[mine])
            if len(before) and before[-1] > most:
                day = int(np.argmax(before > most))
                start = int(days.windows.start[mine][day])
                ends[number], rest[number] = min(end_us, start + DAY_US), most - (int(before[day - 1]) if day else 0)
        long = [number for number, left in enumerate(rest) if left]
        first = [max(start_us, (ends[number] - 1) // DAY_US * DAY_US) // MINUTE_US * MINUTE_US for number in long]
        asked = [SeriesRange(keys[number], begin, ends[number]) for number, begin in zip(long, first, strict=True)]
        minutes = await self._windows.windows(Span.MINUTE, asked)
        for place, number in enumerate(long):
            mine = minutes.windows.series == place
            before = np.cumsum((minutes.windows.count + minutes.windows.bad)[mine])
            if len(before) and before[-1] > rest[number]:
                over = int(minutes.windows.start[mine][int(np.argmax(before > rest[number]))])
                ends[number] = min(ends[number], over + MINUTE_US)
        return ends


def _with_inputs(metric: str) -> set[str]:
    return {metric, *INDICES[metric].inputs} if metric in INDICES else {metric}


def _read(
    judge: Judge,
    gathered: Gathered,
    corrections: Corrections,
    keys: Sequence[SeriesKey],
    bounds: Sequence[tuple[int, int, int | None]],
) -> list[ReadingColumns]:
    judged = judge.judge(gathered, corrections)
    counted = with_indices(judged)
    return [
        _columns(judged, counted, corrections, (number, key.metric), bound)
        for number, (key, bound) in enumerate(zip(keys, bounds, strict=True))
    ]


def _columns(
    judged: Judged,
    counted: Counted,
    corrections: Corrections,
    of: tuple[int, str],
    bound: tuple[int, int, int | None],
) -> ReadingColumns:
    """The rows of a metric of one stretch."""
    start_us, end_us, next_us = bound
    series = [number for number, key in enumerate(counted.keys) if (int(counted.groups[number]), key.metric) == of]
    chosen = np.flatnonzero(np.isin(counted.series, series) & (counted.times >= start_us) & (counted.times < end_us))
    ids = judged.raw.ids[counted.rows[chosen]]
    chosen = chosen[np.lexsort((ids[:, 1], ids[:, 0], counted.times[chosen]))]
    rows, sent = counted.rows[chosen], chosen < len(judged.values)
    return ReadingColumns(
        times=counted.times[chosen],
        values=counted.values[chosen],
        quality=counted.quality[chosen],
        originals=np.where(sent, judged.raw.values[rows], np.nan),
        own_quality=np.where(sent, judged.raw.quality[rows], 0).astype(np.int8),
        verdicts=np.where(sent, judged.verdicts(rows), 0).astype(np.int8),
        touched=np.where(sent, judged.last[rows], UNTOUCHED),
        ids=judged.raw.ids[rows],
        corrections=tuple(one.id for one in corrections.get(series[0], ())) if series else (),
        next_us=next_us,
    )
