"""Covering a stretch of time with kept windows, and reading parts that overlap."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from adapters.history.port import KeptWindows, SeriesKey, SeriesRange
from domain.windows import Span, windows_of
from projections.covering import Part, cover, read
from schema.times import DAY_US, MINUTE_US

KEYS = (SeriesKey("a", "air", "temperature"), SeriesKey("b", "air", "temperature"))


class Minutes:
    """A history that has a window for every minute of every series. It refuses ranges that overlap, as the port may."""

    async def windows(self, span: Span, ranges: Sequence[SeriesRange]) -> KeptWindows:
        for number, one in enumerate(ranges):
            for other in ranges[:number]:
                assert one.series != other.series or one.end_us <= other.start_us or other.end_us <= one.start_us
        starts = [np.arange(one.start_us, one.end_us, MINUTE_US) for one in ranges]
        series = np.repeat(np.arange(len(ranges)), [len(each) for each in starts])
        start = np.concatenate(starts)
        made = windows_of(series, start, np.ones(len(start)), np.zeros(len(start), np.int8))
        return KeptWindows(span, [one.series for one in ranges], made, np.zeros(len(start), np.int64))


def part(number: int, key: int, first: int, length: int) -> Part:
    return Part(number, Span.MINUTE, SeriesRange(KEYS[key], first * MINUTE_US, (first + length) * MINUTE_US))


@given(st.lists(st.tuples(st.integers(0, 1), st.integers(0, 12), st.integers(0, 6)), max_size=6))
async def test_parts_that_overlap_are_read_once_and_each_has_its_own(wanted: list[tuple[int, int, int]]) -> None:
    parts = [part(number, *each) for number, each in enumerate(wanted)]
    found = await read(Minutes(), parts)
    pairs: list[Any] = list(zip(found.series.tolist(), (found.start // MINUTE_US).tolist(), strict=True))
    assert pairs == [(number, first + minute) for number, (_, first, length) in enumerate(wanted) for minute in range(length)]


@given(
    st.integers(0, 3 * DAY_US), st.integers(0, 3 * DAY_US), st.sampled_from([Span.DAY, Span.HOUR, Span.QUARTER, Span.MINUTE])
)
def test_a_cover_holds_each_whole_minute_once_and_nothing_else(start: int, length: int, longest: Span) -> None:
    ranges = sorted((one.range.start_us, one.range.end_us) for one in cover(0, KEYS[0], start, start + length, longest))
    first, last = -(-start // MINUTE_US) * MINUTE_US, -(-(start + length) // MINUTE_US) * MINUTE_US
    assert [begin for begin, _ in ranges] == [first, *(end for _, end in ranges[:-1])][: len(ranges)]
    assert (ranges[-1][1] if ranges else first) == last
