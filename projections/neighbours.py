"""Rows of the history as they count among their neighbours in event time: with the verdicts that look at these."""

import asyncio
from collections.abc import Sequence

import numpy as np

from adapters.history.port import HistoryRow, SeriesKey, SeriesRange
from domain.corrections import UNTOUCHED
from domain.rows import QUALITIES, split_ids
from projections.gathering import RawSource, fetch
from projections.judged import Judged
from projections.judging import Judge
from projections.shown import VERDICTS, Shown
from projections.stretches import Stretch, reach_of

_Place = tuple[SeriesKey, int, int, int]
"""A row: its series, its time, and the two halves of its event id."""


async def shown_rows(history: RawSource, judge: Judge, rows: Sequence[HistoryRow]) -> list[Shown]:
    """The rows as they count, in the order given."""
    if not rows:
        return []
    places = [_place(row) for row in rows]
    near = await _judged(history, judge, _stretches(judge, places))
    found = _found(near, judge)
    longer = [_longer(judge, stretch) for number, stretch in enumerate(near.stretches) if _is_open(near, number)]
    if longer:
        found |= _found(await _judged(history, judge, longer), judge)
    return [found[place] for place in places]


def _place(row: HistoryRow) -> _Place:
    high, low = split_ids(row.event_id)[0].tolist()
    return SeriesKey(row.device, row.sensor, row.metric), row.timestamp_us, high, low


async def _judged(history: RawSource, judge: Judge, stretches: Sequence[Stretch]) -> Judged:
    rows = await fetch(history, stretches)
    return await asyncio.to_thread(judge.judge, rows, judge.corrections(rows.keys))


def _stretches(judge: Judge, places: Sequence[_Place]) -> list[Stretch]:
    """Of each series from its first to its last row, with what the rules look at on either side, but for flat lines."""
    bounds: dict[SeriesKey, tuple[int, int]] = {}
    for key, time, _, _ in places:
        first, last = bounds.get(key, (time, time))
        bounds[key] = min(first, time), max(last, time)
    return [_stretch(judge, key, first, last) for key, (first, last) in bounds.items()]


def _stretch(judge: Judge, key: SeriesKey, first: int, last: int) -> Stretch:
    near = reach_of(judge.book.of(key.metric)).near_us
    return Stretch(first, last + 1, (SeriesRange(key, first - near, last + near + 1),))


def _longer(judge: Judge, stretch: Stretch) -> Stretch:
    [part] = stretch.parts
    start = part.start_us - reach_of(judge.book.of(part.series.metric)).flat_us
    return Stretch(stretch.start_us, stretch.end_us, (SeriesRange(part.series, start, part.end_us),))


def _is_open(rows: Judged, number: int) -> bool:
    """Whether the value that a stretch begins with may have stood still since before what is at hand."""
    begin, end = rows.raw.starts[number : number + 2].tolist()
    there = np.flatnonzero(~rows.excluded[begin:end]) + begin
    changes = there[rows.values[there] != rows.values[there[:1]]]
    return len(changes) == 0 or int(rows.raw.times[changes[0]]) > rows.stretches[number].start_us


def _found(rows: Judged, judge: Judge) -> dict[_Place, Shown]:
    """Every row of the stretches, as it counts."""
    corrections = judge.corrections(rows.keys)
    series = rows.raw.series
    starts = np.array([stretch.start_us for stretch in rows.stretches], np.int64)[series]
    ends = np.array([stretch.end_us for stretch in rows.stretches], np.int64)[series]
    inside = np.flatnonzero((rows.raw.times >= starts) & (rows.raw.times < ends))
    columns = (series, rows.raw.times, rows.values, rows.quality, rows.verdicts(np.arange(len(series))), rows.last)
    found: dict[_Place, Shown] = {}
    for (number, time, value, quality, verdict, last), (high, low) in zip(
        zip(*(column[inside].tolist() for column in columns), strict=True), rows.raw.ids[inside].tolist(), strict=True
    ):
        correction = None if last == UNTOUCHED else corrections[number][last].id
        found[rows.keys[number], time, high, low] = Shown(value, QUALITIES[quality], VERDICTS[verdict], correction)
    return found
