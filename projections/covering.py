"""Covering a stretch of time with kept windows: as long ones as fit, so that few are read, and minutes at its ends."""

from collections.abc import Iterator, Sequence
from typing import Final

import msgspec
import numpy as np

from adapters.history.port import SeriesKey, SeriesRange
from domain.windows import NO_WINDOWS, Span, Windows, joined
from projections.spans import WindowSource
from schema.times import DAY_US, HOUR_US, MINUTE_US, QUARTER_US

_LENGTHS: Final = {Span.DAY: DAY_US, Span.HOUR: HOUR_US, Span.QUARTER: QUARTER_US, Span.MINUTE: MINUTE_US}
_SHORTER: Final = {Span.DAY: Span.HOUR, Span.HOUR: Span.QUARTER, Span.QUARTER: Span.MINUTE}


class Part(msgspec.Struct, frozen=True):
    """Windows of a span, to be read as those of the series `number`."""

    number: int
    span: Span
    range: SeriesRange


def span_within(width_us: int) -> Span:
    """The longest kept windows that windows of that length are made up of; ValueError where they are not whole minutes."""
    for span, length in _LENGTHS.items():
        if width_us % length == 0:
            return span
    raise ValueError(f"windows of {width_us} us are not whole minutes")


def cover(number: int, key: SeriesKey, start_us: int, end_us: int, longest: Span = Span.DAY) -> Iterator[Part]:
    """Parts that make up the whole minutes of [start, end), each moment in one, in no order."""
    start, end = -(-start_us // MINUTE_US) * MINUTE_US, -(-end_us // MINUTE_US) * MINUTE_US
    for span, first, last in _cover(start, end, longest):
        yield Part(number, span, SeriesRange(key, first, last))


def _cover(start: int, end: int, span: Span) -> Iterator[tuple[Span, int, int]]:
    if start >= end:
        return
    length = _LENGTHS[span]
    first, last = -(-start // length) * length, end // length * length
    if first < last:
        yield span, first, last
    else:
        first = last = end
    if span in _SHORTER:
        yield from _cover(start, first, _SHORTER[span])
        yield from _cover(last, end, _SHORTER[span])


async def read(history: WindowSource, parts: Sequence[Part]) -> Windows:
    """The windows of all these parts, by (number, start). Parts of one series may overlap: each window is read once."""
    found = [NO_WINDOWS]
    for span in dict.fromkeys(part.span for part in parts):
        wanted = [part for part in parts if part.span is span]
        ranges, places = _apart([part.range for part in wanted])
        kept = (await history.windows(span, ranges)).windows
        found.append(_dealt(kept, wanted, places))
    return joined(found)


def _apart(wanted: Sequence[SeriesRange]) -> tuple[list[SeriesRange], list[int]]:
    """Ranges that hold the wanted ones and do not overlap, and for each wanted one the place of that which holds it."""
    ranges: list[SeriesRange] = []
    places = [0] * len(wanted)
    last: dict[SeriesKey, int] = {}
    for number in sorted(range(len(wanted)), key=lambda number: wanted[number].start_us):
        one = wanted[number]
        place = last.get(one.series)
        if place is None or ranges[place].end_us <= one.start_us:
            place = last[one.series] = len(ranges)
            ranges.append(one)
        elif ranges[place].end_us < one.end_us:
            ranges[place] = SeriesRange(one.series, ranges[place].start_us, one.end_us)
        places[number] = place
    return ranges, places


def _dealt(kept: Windows, wanted: Sequence[Part], places: Sequence[int]) -> Windows:
    """To each wanted part the windows that start in it, with its number; `places` are those of the ranges that were read."""
    bounds = np.searchsorted(kept.series, np.arange(max(places) + 2)).tolist()
    begins = np.empty(len(wanted), np.int64)
    lengths = np.empty(len(wanted), np.int64)
    for number, (part, place) in enumerate(zip(wanted, places, strict=True)):
        starts = kept.start[bounds[place] : bounds[place + 1]]
        first, last = np.searchsorted(starts, (part.range.start_us, part.range.end_us)).tolist()
        begins[number], lengths[number] = bounds[place] + first, last - first
    before = np.cumsum(lengths) - lengths
    rows = np.arange(int(lengths.sum())) + np.repeat(begins - before, lengths)
    numbers = np.repeat(np.array([part.number for part in wanted], np.int64), lengths)
    return msgspec.structs.replace(kept.take(rows), series=numbers)
