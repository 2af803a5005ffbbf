"""Raw rows out of InfluxDB as columns."""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from adapters.history.content import raw_days
from adapters.history.influx import questions
from adapters.history.influx.lines import MEASUREMENT
from adapters.history.influx.points import span_ns
from adapters.history.influx.questions import Ask
from adapters.history.influx.ranges import Found, Kind, read
from adapters.history.port import SeriesKey, SeriesRange
from domain.columns import Int8
from domain.day_digests import DayDigests, total
from domain.rows import QUALITIES, Columns, arranged, split_ids
from schema.times import EARLIEST_US, LATEST_US

EVER: Final = (EARLIEST_US, LATEST_US)
"""Whatever the time is."""
_CLOSE_US: Final = 30 * 60 * 1_000_000
_KIND: Final = Kind(MEASUREMENT, ("value", "quality", "id", "timestamp_us"), "timestamp_us", span_ns, _CLOSE_US)
_CODES: Final = {quality.value: code for code, quality in enumerate(QUALITIES)}


def columns(ask: Ask, ranges: Sequence[SeriesRange]) -> Columns:
    """The raw rows of these ranges."""
    found = list(read(ask, _KIND, ranges))
    return arranged(
        len(ranges),
        np.concatenate([np.empty(0, np.int64), *(each.numbers for each in found)]),
        times=np.concatenate([np.empty(0, np.int64), *(each.exact for each in found)]),
        values=np.concatenate([np.empty(0), *(_values(each) for each in found)]),
        quality=np.concatenate([np.empty(0, np.int8), *(_qualities(each) for each in found)]),
        ids=split_ids(b"".join(_ids(each) for each in found)),
    )


def content(ask: Ask) -> DayDigests:
    """The digests of all raw rows, page by page."""
    [found] = ask(questions.last_of_each(MEASUREMENT, "position"))
    keys = [SeriesKey(*questions.key_of(each)) for each in found]
    pages = read(ask, _KIND, [SeriesRange(key, *EVER) for key in keys])
    return total(_digests(keys[page.numbers[0]], page) for page in pages)


def _digests(key: SeriesKey, page: Found) -> DayDigests:
    return raw_days(
        [key],
        np.zeros(len(page.exact), np.int64),
        times=page.exact,
        values=_values(page),
        quality=_qualities(page),
        ids=split_ids(_ids(page)),
    )


def _values(page: Found) -> Any:
    return np.array(page.columns["value"], np.float64)


def _qualities(page: Found) -> Int8:
    return np.array([_CODES[quality] for quality in page.columns["quality"]], np.int8)


def _ids(page: Found) -> bytes:
    return bytes.fromhex("".join(page.columns["id"]))
