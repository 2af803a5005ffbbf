"""What a history holds, as digests that every store comes to alike."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from adapters.history.horizon import Horizon, unmade
from adapters.history.port import RAW, Anomaly, KeptWindows, SeriesKey
from domain.columns import Float64, Int8, Int64
from domain.day_digests import DayDigests, day_digests
from domain.digest import word
from domain.rows import Ids
from domain.sketch import Sketches
from domain.windows import Span
from schema.times import DAY_US


def raw_days(keys: Sequence[SeriesKey], series: Int64, *, times: Int64, values: Float64, quality: Int8, ids: Ids) -> DayDigests:
    """Of raw rows, each once, by device and day; `series` are places in `keys`."""
    columns: list[NDArray[Any]] = [_words(keys)[series], times, values, quality, ids[:, 0], ids[:, 1]]
    return day_digests([key.device for key in keys], series, times, columns)


def windows_days(kept: KeptWindows) -> DayDigests:
    """Of windows by device and the day that they begin in, but for what is history of the process: revisions, positions."""
    return day_digests([key.device for key in kept.keys], kept.windows.series, kept.windows.start, _windows(kept))


def anomalies_days(anomalies: Sequence[Anomaly]) -> DayDigests:
    """Of anomalies, none that is gone, by device and the day that they begin in."""
    figures = [(one.value, one.expected, one.deviation, one.score) for one in anomalies]
    hours = np.array([(one.start_us, one.severity) for one in anomalies], np.int64).reshape(-1, 2)
    keys = [one.series for one in anomalies]
    columns: list[NDArray[Any]] = [_words(keys), *hours.T.copy(), *np.array(figures, np.float64).reshape(-1, 4).T.copy()]
    return day_digests([key.device for key in keys], np.arange(len(keys)), hours[:, 0], columns)


def gone_of(horizon: Horizon, part: str) -> Mapping[str, Collection[int]]:
    """Of each device the days, numbers since 1970, of which that part cannot be made anew, since raw rows are gone."""
    if part == RAW:
        return {device: [day // DAY_US for day in days] for device, days in horizon.gone().items()}
    return unmade(horizon, Span.SITE_DAY if part == Span.SITE_DAY else Span.DAY)


def hashes(digests: Mapping[str, DayDigests]) -> dict[str, str]:
    """Each part's digest as text."""
    return {part: str(days.total()) for part, days in digests.items()}


def _windows(kept: KeptWindows) -> list[NDArray[Any]]:
    windows = kept.windows
    figures = (windows.total, windows.low, windows.high, windows.first, windows.last)
    counts = (windows.count, windows.suspected, windows.bad, _of_sketches(windows.sketches))
    return [_words(kept.keys)[windows.series], windows.start, *counts, *(_no_nan(column) for column in figures)]


def _words(keys: Sequence[SeriesKey]) -> "np.ndarray[tuple[int], np.dtype[np.uint64]]":
    return np.array([word(key.device, key.sensor, key.metric) for key in keys], np.uint64)


def _of_sketches(sketches: Sketches) -> Int64:
    """Each sketch as one number: the sum of its buckets, each times an odd number of its own."""
    terms = (sketches.buckets.astype(np.int64) * 2 + 1) * 0x5851F42D4C957F2D * sketches.counts
    sums = np.concatenate(([0], np.cumsum(terms)))
    numbers: Int64 = sums[sketches.offsets[1:]] - sums[sketches.offsets[:-1]]
    return numbers


def _no_nan(figures: Float64) -> Float64:
    return np.nan_to_num(figures, nan=-1.5e308)
