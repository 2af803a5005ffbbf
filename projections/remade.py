"""Windows that are no longer kept, made anew from raw rows where somebody needs them.

Retention may drop windows of days whose raw rows lie in the archive. A chart of these days, or the longer window that a late
reading falls into, is then worked out as at first: minutes from raw rows, longer ones merged from them, so that the figures
are the same to the last bit.
"""

import asyncio
from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
from msgspec.structs import replace

from adapters.history.port import HistoryQueries, KeptWindows, SeriesKey, SeriesRange
from domain.columns import Int64
from domain.indices import INDICES
from domain.windows import NO_WINDOWS, Span, Windows, joined, overlaid, windows_of
from projections.gathering import fetch
from projections.judged import Judged
from projections.judging import Judge, with_indices
from projections.spans import Longer, WindowSource, ZoneOf, fixed, local_days
from projections.stretches import Catalog
from projections.upward import Upward
from schema.times import DAY_US, MINUTE_US

_DAYS_AT_ONCE: Final = 8


class Remade:
    """Windows of one history, kept or made: what reads windows may ask it in the history's place.

    `kept` answers for those that are kept, where it knows better how than the history itself. Of what is gone nothing is
    made; unless `gaps_allowed` that is a BeyondRetentionError.
    """

    def __init__(
        self,
        history: HistoryQueries,
        judge: Judge,
        zone_of: ZoneOf,
        *,
        kept: WindowSource | None = None,
        gaps_allowed: bool = False,
    ) -> None:
        self._history = history
        self._kept = kept or history
        self._judge = judge
        self._zone_of = zone_of
        self._gaps_allowed = gaps_allowed

    async def windows(self, span: Span, ranges: Sequence[SeriesRange]) -> KeptWindows:
        """As the history's own, and made where the raw rows are not gone too."""
        kept = await self._kept.windows(span, ranges)
        floor = self._history.horizon.windows_from(span)
        if all(each.start_us >= floor for each in ranges):
            return kept
        made = [NO_WINDOWS]
        for number, each in enumerate(ranges):
            if each.start_us < floor:
                below = await self._make(span, replace(each, end_us=min(each.end_us, floor)))
                made.append(replace(below, series=np.full(len(below), number, np.int64)))
        return _filled(kept, joined(made))

    async def _make(self, span: Span, wanted: SeriesRange) -> Windows:
        """The windows of one series that start in a range."""
        key = wanted.series
        days_of = local_days(self._zone_of(key.device)) if span is Span.SITE_DAY else fixed(DAY_US)
        if not self._gaps_allowed:
            self._history.horizon.require(key.device, wanted.start_us, wanted.end_us)
        days = self._history.horizon.archived(key.device, wanted.start_us, wanted.end_us)
        found = [await self._piece(span, key, start, end) for start, end in _pieces(days, days_of)]
        windows = joined([NO_WINDOWS, *found])
        return windows.take((windows.start >= wanted.start_us) & (windows.start < wanted.end_us))

    async def _piece(self, span: Span, key: SeriesKey, start: int, end: int) -> Windows:
        metrics = {key.metric, *(INDICES[key.metric].inputs if key.metric in INDICES else ())}
        stretch = Catalog(self._judge.book).stretch((key.device, key.sensor), metrics, start, end)
        rows = await fetch(self._history, [stretch])
        judged = await asyncio.to_thread(self._judge.judge, rows, self._judge.corrections(rows.keys))
        minutes = await asyncio.to_thread(_minutes, judged, key, start, end)
        return (await Upward(_Nothing(), [key], self._zone_of).all_spans(minutes))[span]


class _Nothing:
    """Of what is made from nothing but minutes, no window is kept yet."""

    async def windows(self, span: Span, ranges: Sequence[SeriesRange]) -> KeptWindows:
        return KeptWindows(span, [each.series for each in ranges], NO_WINDOWS, np.zeros(0, np.int64))


def _pieces(days: Sequence[int], days_of: Longer) -> Iterator[tuple[int, int]]:
    """Stretches of whole days that hold these days of UTC, each of a few days."""
    there = np.array(days, np.int64)
    starts = np.unique(np.concatenate([days_of.start(there), days_of.start(there + DAY_US - 1)]))
    piece: tuple[int, int] | None = None
    for start, end in zip(starts.tolist(), days_of.end(starts).tolist(), strict=True):
        if piece is not None and (start != piece[1] or end - piece[0] > _DAYS_AT_ONCE * DAY_US):
            yield piece
            piece = None
        piece = (start, end) if piece is None else (piece[0], end)
    if piece is not None:
        yield piece


def _minutes(judged: Judged, key: SeriesKey, start: int, end: int) -> Windows:
    """The minutes of the one series, in [start, end)."""
    shown = with_indices(judged)
    asked = np.array([one == key for one in shown.keys], np.bool_)
    within = asked[shown.series] & (shown.times >= start) & (shown.times < end)
    rows: Int64 = np.flatnonzero(within)
    rows = rows[np.argsort(shown.times[rows], kind="stable")]
    starts = shown.times[rows] // MINUTE_US * MINUTE_US
    return windows_of(np.zeros(len(rows), np.int64), starts, shown.values[rows], shown.quality[rows])


def _filled(kept: KeptWindows, made: Windows) -> KeptWindows:
    """The kept ones, and made ones where none is kept: those were made anew since the drop, and are as good."""
    windows = overlaid(made, kept.windows)
    position = np.full(len(windows), -1, np.int64)
    place = {pair: number for number, pair in enumerate(_pairs(windows))}
    for pair, held in zip(_pairs(kept.windows), kept.position.tolist(), strict=True):
        position[place[pair]] = held
    return KeptWindows(kept.span, kept.keys, windows, position)


def _pairs(windows: Windows) -> Iterator[tuple[int, int]]:
    return zip(windows.series.tolist(), windows.start.tolist(), strict=True)
