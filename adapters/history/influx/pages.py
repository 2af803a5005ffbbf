"""Readings in the order of time, page by page.

InfluxDB orders them by their points, which within a millisecond is no order that anybody asks for: pages end between two.
"""

from collections.abc import Iterator
from typing import Final

from adapters.history.influx import questions
from adapters.history.influx.points import SLOTS, span_ns
from adapters.history.influx.questions import Ask
from adapters.history.port import HistoryRow, RangeQuery, key_of
from schema.times import to_micros

_PAGE: Final = 20_000
_SPARE: Final = 8


def pages(
    ask: Ask,
    condition: str = "",
    start_us: int | None = None,
    end_us: int | None = None,
    *,
    size: int = _PAGE,
    backwards: bool = False,
) -> Iterator[list[HistoryRow]]:
    """All readings in [start, end) in key order, some `size` at a time; with `backwards` the last page first."""
    first_ns, end_ns = span_ns(start_us, end_us)
    limit = size
    while True:
        [found] = ask(questions.rows(condition, first_ns, end_ns, limit, backwards=backwards))
        values = questions.values_of(found)
        is_all = len(values) < limit
        edge = None if is_all else values[-1][0] // SLOTS
        whole = [each for each in values if each[0] // SLOTS != edge]
        made = map(questions.to_row, filter(questions.is_whole, whole))
        rows = [row for row in made if _within(row, start_us, end_us)]
        yield sorted(rows, key=key_of)
        if edge is None:
            return
        # One millisecond that fills a page is asked for again in a larger one.
        limit = size if whole else limit * 4
        if backwards:
            end_ns = (edge + 1) * SLOTS
        else:
            first_ns = edge * SLOTS


def page(ask: Ask, query: RangeQuery) -> list[HistoryRow]:
    """The readings that a query asks for."""
    start, end = (None if moment is None else to_micros(moment) for moment in (query.start, query.end))
    if query.after is not None:
        start = query.after[0] if start is None else max(start, query.after[0])
    if query.before is not None:
        end = query.before[0] + 1 if end is None else min(end, query.before[0] + 1)
    condition = questions.tags(query.device, query.sensor, query.metric) + questions.recorded_up_to(query.upto)
    rows: list[HistoryRow] = []
    for found in pages(ask, condition, start, end, size=query.limit + _SPARE, backwards=query.backwards):
        kept = [row for row in found if _is_between(row, query)]
        rows = kept + rows if query.backwards else rows + kept
        if len(rows) >= query.limit:
            break
    return rows[-query.limit :] if query.backwards else rows[: query.limit]


def _within(row: HistoryRow, start_us: int | None, end_us: int | None) -> bool:
    return (start_us is None or row.timestamp_us >= start_us) and (end_us is None or row.timestamp_us < end_us)


def _is_between(row: HistoryRow, query: RangeQuery) -> bool:
    key = key_of(row)
    return (query.after is None or key > query.after) and (query.before is None or key < query.before)
