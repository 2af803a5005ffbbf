"""Readings in the order of time, page by page.

InfluxDB orders them by their points, which within a millisecond is no order that anybody asks for: pages end between two.
"""

from collections.abc import Iterator
from typing import Final

from adapters.history.influx import questions
from adapters.history.influx.points import SLOTS, span_ns
from adapters.history.influx.questions import Ask
from adapters.history.port import HistoryRow, RangeQuery
from schema.times import to_micros

_PAGE: Final = 20_000
_SPARE: Final = 8


def pages(
    ask: Ask, condition: str = "", start_us: int | None = None, end_us: int | None = None, *, size: int = _PAGE
) -> Iterator[list[HistoryRow]]:
    """All readings in [start, end) in key order, some `size` at a time."""
    first_ns, end_ns = span_ns(start_us, end_us)
    limit = size
    while True:
        [found] = ask(questions.rows(condition, first_ns, end_ns, limit))
        values = questions.values_of(found)
        last = len(values) < limit
        whole = values if last else [each for each in values if each[0] // SLOTS < values[-1][0] // SLOTS]
        rows = [row for row in map(questions.to_row, whole) if _within(row, start_us, end_us)]
        yield sorted(rows, key=_key)
        if last:
            return
        # One millisecond that fills a page is asked for again in a larger one.
        limit = size if whole else limit * 4
        first_ns = values[-1][0] // SLOTS * SLOTS


def after(ask: Ask, query: RangeQuery) -> list[HistoryRow]:
    """The first readings behind the place where a query goes on."""
    start = None if query.start is None else to_micros(query.start)
    end = None if query.end is None else to_micros(query.end)
    first = start if query.after is None else max(query.after[0], query.after[0] if start is None else start)
    condition = questions.tags(query.device, query.sensor, query.metric)
    rows: list[HistoryRow] = []
    for page in pages(ask, condition, first, end, size=query.limit + _SPARE):
        rows += [row for row in page if query.after is None or _key(row) > query.after]
        if len(rows) >= query.limit:
            break
    return rows[: query.limit]


def _within(row: HistoryRow, start_us: int | None, end_us: int | None) -> bool:
    return (start_us is None or row.timestamp_us >= start_us) and (end_us is None or row.timestamp_us < end_us)


def _key(row: HistoryRow) -> tuple[int, bytes, str]:
    return row.timestamp_us, row.event_id, row.metric
