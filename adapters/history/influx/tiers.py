"""Whole days of raw readings in InfluxDB: which there are, what is in them, and how they are told to a delete.

What it cannot tell the time of, before 1678 and after 2261, it keeps for ever.
"""

from collections.abc import Callable
from typing import Final

import pyarrow as pa

from adapters.history.content import raw_days
from adapters.history.duckdb_table import batch
from adapters.history.influx import columns, pages, questions
from adapters.history.influx.lines import MEASUREMENT
from adapters.history.influx.points import FIRST_MS, SLOTS, point_ms
from adapters.history.influx.questions import Ask
from adapters.history.port import SeriesKey, SeriesRange
from adapters.history.raw_rows import raw_rows
from domain.digest import Digest
from schema.times import DAY_US

_FIRST_DAY: Final = (FIRST_MS * 1000 // DAY_US + 1) * DAY_US
_SERIES_AT_ONCE: Final = 50


def days(ask: Ask, before_us: int) -> list[int]:
    """Where the days start that have readings and end by then."""
    end_us = before_us // DAY_US * DAY_US
    if end_us <= _FIRST_DAY:
        return []
    start, end = (point_ms(moment) * SLOTS for moment in (_FIRST_DAY, end_us))
    [found] = ask(
        f"SELECT count(id) FROM {MEASUREMENT} WHERE time >= {start} AND time < {end} GROUP BY time(1d) fill(none)"  # noqa: S608  # numbers
    )
    return [time_ns // 1000 for time_ns, _ in questions.values_of(found)]


def visit(ask: Ask, start_us: int, end_us: int, take: Callable[[pa.RecordBatch], None]) -> None:
    """Give all readings of [start, end) to `take`."""
    for page in pages.pages(ask, "", start_us, end_us):
        for part in batch(raw_rows(page)).to_batches():
            take(part)


def digest(ask: Ask, start_us: int, end_us: int) -> Digest:
    """The digest of the readings of [start, end), series by series."""
    [found] = ask(questions.last_of_each(MEASUREMENT, "position"))
    total = Digest()
    keys = [SeriesKey(*questions.key_of(each)) for each in found]
    for first in range(0, len(keys), _SERIES_AT_ONCE):
        some = keys[first : first + _SERIES_AT_ONCE]
        rows = columns.columns(ask, [SeriesRange(key, start_us, end_us) for key in some])
        total += raw_days(some, rows.series, times=rows.times, values=rows.values, quality=rows.quality, ids=rows.ids).total()
    return total
