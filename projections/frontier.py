"""How far the windows of each series go: of what lies beyond none can be kept, so nobody needs to look for it."""

from collections.abc import Mapping, Sequence

import numpy as np
from msgspec.structs import replace

from adapters.history.port import KeptWindows, SeriesKey, SeriesRange
from domain.columns import Bools
from domain.windows import NO_WINDOWS, Span, Windows
from projections.spans import WindowSource, renumbered
from schema.times import DAY_US, EARLIEST_US


class Frontier:
    """Implements `WindowSource`: the windows that a history keeps, asked only where some may be.

    `last_days` are the series that have windows when it begins, each with the start of its last day. Whoever keeps windows
    says so.
    """

    def __init__(self, kept: WindowSource, last_days: Mapping[SeriesKey, int]) -> None:
        self._kept = kept
        self._last = {key: start + DAY_US - 1 for key, start in last_days.items()}

    async def windows(self, span: Span, ranges: Sequence[SeriesRange]) -> KeptWindows:
        """As the history's own."""
        near = [number for number, each in enumerate(ranges) if each.start_us <= self._last.get(each.series, EARLIEST_US)]
        keys = [each.series for each in ranges]
        if not near:
            return KeptWindows(span, keys, NO_WINDOWS, np.zeros(0, np.int64))
        kept = await self._kept.windows(span, [ranges[number] for number in near])
        return replace(kept, keys=keys, windows=renumbered(kept, near))

    def within(self, keys: Sequence[SeriesKey], windows: Windows) -> Bools:
        """Which of these windows of the series `keys` may be kept already."""
        lasts = np.array([self._last.get(key, EARLIEST_US) for key in keys], np.int64)
        near: Bools = windows.start <= lasts[windows.series]
        return near

    def move(self, keys: Sequence[SeriesKey], minutes: Windows) -> None:
        """These minutes, which are in order, are kept, and every longer window that they lie in."""
        series, lasts = minutes.series, np.flatnonzero(np.diff(minutes.series, append=-1))
        for number, last in zip(series[lasts].tolist(), minutes.start[lasts].tolist(), strict=True):
            self._last[keys[number]] = max(last, self._last.get(keys[number], last))
