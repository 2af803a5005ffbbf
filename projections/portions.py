"""Portions of a long time: as much of it at once as fits in memory, told by the windows of its days."""

from collections.abc import Iterator, Sequence

import numpy as np

from adapters.history.port import SeriesKey, SeriesRange
from domain.columns import Int64
from domain.windows import Span
from projections.spans import WindowSource
from schema.times import DAY_US


async def rows_by_day(windows: WindowSource, keys: Sequence[SeriesKey], start_us: int, end_us: int) -> tuple[Int64, Int64]:
    """Where the days of UTC start that have rows of these series, and how many they have together."""
    ranges = [SeriesRange(key, start_us // DAY_US * DAY_US, end_us) for key in keys]
    kept = (await windows.windows(Span.DAY, ranges)).windows
    days, which = np.unique(kept.start, return_inverse=True)
    rows = np.zeros(len(days), np.int64)
    np.add.at(rows, which, kept.count + kept.bad)
    return days, rows


def grouped(days: Int64, weight: Int64, most: int) -> Iterator[tuple[int, int]]:
    """Stretches from the first of some days to the last, none with more than `most` in it, but for a day that has more."""
    part: list[int] = []
    held = 0
    for day, more in zip(days.tolist(), weight.tolist(), strict=True):
        if part and held + more > most:
            yield part[0], part[-1] + DAY_US
            part, held = [], 0
        part.append(day)
        held += more
    if part:
        yield part[0], part[-1] + DAY_US
