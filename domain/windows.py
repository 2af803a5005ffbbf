"""Windows: the figures of stretches of time, worked out from rows, and merged upward from shorter windows.

Rows and windows are always taken in order of time before anything is summed, so the order in which they came cannot show.
Quantiles come from a sketch of the values, which merges without error that grows (see `domain.sketch`).
"""

from enum import StrEnum
from typing import Final

import msgspec
import numpy as np

from domain.columns import Bools, Float64, Int8, Int64
from domain.sketch import Sketches, concatenate, merge, quantiles, sketch, take


class Span(StrEnum):
    """The windows that are kept. A site's day begins and ends at midnight of its zone, so it may have 23 or 25 hours."""

    MINUTE = "minute"
    QUARTER = "quarter"
    HOUR = "hour"
    DAY = "day"
    SITE_DAY = "site_day"


class Windows(msgspec.Struct, frozen=True):
    """Windows of many series, by (series, start). `series` are numbers that the caller gives meaning to.

    `count` rows are in the figures, `suspected` of them are doubtful; `bad` rows are in no figure. Where all are bad the
    figures are NaN. `total` is the sum; `first` and `last` are by (time, event id). `revision` counts the events that touched
    a window after it was final: those of longer windows add up what the shorter ones count, until somebody knows better.
    """

    series: Int64
    start: Int64
    count: Int64
    suspected: Int64
    bad: Int64
    total: Float64
    low: Float64
    high: Float64
    first: Float64
    last: Float64
    sketches: Sketches
    revision: Int64

    def __len__(self) -> int:
        return len(self.start)

    @property
    def mean(self) -> Float64:
        means: Float64 = np.divide(self.total, self.count, out=np.full(len(self), np.nan), where=self.count > 0)
        return means

    def quantiles(self, *which: float) -> Float64:
        """[W, len(which)]: each within the window's own extremes."""
        within: Float64 = np.clip(quantiles(self.sketches, which), self.low[:, None], self.high[:, None])
        return within

    def take(self, chosen: Int64 | Bools) -> "Windows":
        """These windows, in this order; a mask or indices."""
        columns = {name: getattr(self, name)[chosen] for name in self.__struct_fields__ if name != "sketches"}
        indices: Int64 = np.arange(len(self))[chosen]
        return Windows(**columns, sketches=take(self.sketches, indices))


def windows_of(series: Int64, start: Int64, values: Float64, quality: Int8) -> Windows:
    """The windows of rows in order; `start` says of each row in which window it is, `quality` counts bad ones out."""
    places = begins(series, start)
    good, suspected = quality < 2, quality == 1  # noqa: PLR2004  # the codes of BAD and SUSPECTED
    count = _sums(good.astype(np.int64), places)
    kept = values[good]
    offsets = np.concatenate(([0], np.cumsum(count)))
    low, high, total = (_figure(how, kept, offsets) for how in (np.minimum, np.maximum, np.add))
    return Windows(
        series[places],
        start[places],
        count,
        _sums(suspected.astype(np.int64), places),
        _sums((~good).astype(np.int64), places),
        total,
        low,
        high,
        _picked(kept, offsets[:-1], count > 0),
        _picked(kept, offsets[1:] - 1, count > 0),
        sketch(kept, offsets),
        np.zeros(len(places), np.int64),
    )


def merged(windows: Windows, start: Int64) -> Windows:
    """Windows in order, merged into longer ones: `start` says of each in which."""
    places = begins(windows.series, start)
    full = windows.count > 0
    offsets = np.concatenate(([0], np.cumsum(_sums(full.astype(np.int64), places))))
    some = np.diff(offsets) > 0
    return Windows(
        windows.series[places],
        start[places],
        _sums(windows.count, places),
        _sums(windows.suspected, places),
        _sums(windows.bad, places),
        _figure(np.add, windows.total[full], offsets),
        _figure(np.minimum, windows.low[full], offsets),
        _figure(np.maximum, windows.high[full], offsets),
        _picked(windows.first[full], offsets[:-1], some),
        _picked(windows.last[full], offsets[1:] - 1, some),
        merge(windows.sketches, np.concatenate((places, [len(windows)]))),
        _sums(windows.revision, places),
    )


def joined(parts: "list[Windows]") -> Windows:
    """All of them, by (series, start); those of earlier parts first where these are the same."""
    columns = {
        name: np.concatenate([getattr(part, name) for part in parts])
        for name in Windows.__struct_fields__
        if name != "sketches"
    }
    whole = Windows(**columns, sketches=concatenate([part.sketches for part in parts]))
    order = np.lexsort((whole.start, whole.series))  # which is stable
    return whole if bool((order[1:] > order[:-1]).all()) else whole.take(order)


def overlaid(old: Windows, new: Windows) -> Windows:
    """Both, with the new one where both have a window."""
    both = joined([old, new])
    is_last = np.concatenate(((both.series[1:] != both.series[:-1]) | (both.start[1:] != both.start[:-1]), [True]))
    return both if bool(is_last.all()) else both.take(is_last[: len(both)])


def begins(series: Int64, start: Int64) -> Int64:
    """Where each (series, start) begins, of rows or windows in order."""
    if len(start) == 0:
        return np.zeros(0, np.int64)
    return np.concatenate(([0], np.flatnonzero((series[1:] != series[:-1]) | (start[1:] != start[:-1])) + 1))


def _sums(counts: Int64, places: Int64) -> Int64:
    return np.add.reduceat(counts, places) if len(places) else np.zeros(0, np.int64)


def _figure(how: np.ufunc, values: Float64, offsets: Int64) -> Float64:
    """`how` over values[offsets[w]:offsets[w + 1]] of each window w; NaN where there are none. Never beyond all numbers."""
    found = np.full(len(offsets) - 1, np.nan)
    some = np.diff(offsets) > 0
    if some.any():
        with np.errstate(over="ignore"):
            found[some] = np.clip(how.reduceat(values, offsets[:-1][some]), -_MOST, _MOST)
    return found


def _picked(values: Float64, places: Int64, some: Bools) -> Float64:
    found = np.full(len(places), np.nan)
    found[some] = values[places[some]]
    return found


_MOST: Final = np.finfo(np.float64).max
_NO_COUNTS: Final[Int64] = np.zeros(0, np.int64)
_NO_FIGURES: Final[Float64] = np.zeros(0)
NO_WINDOWS: Final = Windows(
    *(_NO_COUNTS,) * 5,
    *(_NO_FIGURES,) * 5,
    Sketches(np.zeros(1, np.int64), np.zeros(0, np.int32), np.zeros(0, np.int64)),
    _NO_COUNTS,
)
