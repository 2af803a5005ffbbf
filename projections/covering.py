"""Covering a stretch of time with kept windows: as long ones as fit, so that few are read, and minutes at its ends."""

from collections.abc import Iterator, Sequence
from typing import Final

import msgspec

from adapters.history.port import SeriesKey, SeriesRange
from domain.windows import DAY_US, HOUR_US, MINUTE_US, NO_WINDOWS, QUARTER_US, Span, Windows, joined
from projections.spans import WindowSource, renumbered

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
    """The windows of all these parts, by (number, start)."""
    found = [NO_WINDOWS]
    for span in dict.fromkeys(part.span for part in parts):
        wanted = [part for part in parts if part.span is span]
        kept = await history.windows(span, [part.range for part in wanted])
        found.append(renumbered(kept, [part.number for part in wanted]))
    return joined(found)
