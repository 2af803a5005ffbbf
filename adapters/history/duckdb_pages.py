"""Pages of raw rows of a device, out of anything that DuckDB reads and that has the columns of `HistoryRow`."""

from collections.abc import Mapping
from typing import Any, Final

from duckdb import DuckDBPyConnection
from msgspec.structs import replace

from adapters.history.duckdb_table import COLUMNS, to_row
from adapters.history.port import HistoryRow, RangeQuery, RowKey, key_of
from schema.ids import format_event_id
from schema.times import HOUR_US, from_micros, to_micros

_SPARE_ROWS: Final = 8
"""Asked for beyond the limit, so that a few rows that stand twice do not cost a second question."""
_LOOK_BACK_US: Final = HOUR_US
_FURTHER: Final = 16
_FORWARDS: Final = "timestamp_us, event_id, metric, position"
_BACKWARDS: Final = "timestamp_us DESC, event_id DESC, metric DESC, position"


def page_of_table(cursor: DuckDBPyConnection, query: RangeQuery) -> list[HistoryRow]:
    """The rows of the table `reading` that are asked for, as `page` gives them.

    DuckDB goes over a table from the front: the last rows are looked for in a short time before the end, then in longer ones.
    """
    if not query.backwards:
        return page(cursor, "reading", query)
    oldest, newest = cursor.execute("SELECT min(timestamp_us), max(timestamp_us) FROM reading").fetchall()[0]
    if oldest is None:
        return []
    first = oldest if query.start is None else max(oldest, to_micros(query.start))
    last = newest if query.end is None else min(newest, to_micros(query.end))
    last = last if query.before is None else min(last, query.before[0])
    span = _LOOK_BACK_US
    while True:
        since = max(first, last - span)
        rows = page(cursor, "reading", replace(query, start=from_micros(since)))
        if len(rows) == query.limit or since == first:
            return rows
        span *= _FURTHER


def page(
    cursor: DuckDBPyConnection, source: str, query: RangeQuery, given: Mapping[str, Any] | None = None
) -> list[HistoryRow]:
    """The rows of `source`, which takes `given`, that are asked for: each (event id, metric) once, as it was recorded first."""
    rows: list[HistoryRow] = []
    wanted, limit = query, query.limit + _SPARE_ROWS
    while True:
        found = _rows(cursor, source, replace(wanted, limit=limit), given or {})
        for row in found:
            if not rows or key_of(row) != key_of(rows[-1]):
                rows.append(row)
        if len(rows) >= query.limit or len(found) < limit:
            kept = rows[: query.limit]
            return kept[::-1] if query.backwards else kept
        last = key_of(rows[-1])
        wanted = replace(query, before=last) if query.backwards else replace(query, after=last)


def _rows(cursor: DuckDBPyConnection, source: str, query: RangeQuery, given: Mapping[str, Any]) -> list[HistoryRow]:
    """In the order in which they are looked through, some perhaps twice."""
    conditions, values = _conditions(query)
    order = _BACKWARDS if query.backwards else _FORWARDS
    select = f"SELECT {COLUMNS} FROM {source} WHERE {' AND '.join(conditions)} ORDER BY {order} LIMIT $limit"  # noqa: S608  # ours
    return [to_row(row) for row in cursor.execute(select, values | {"limit": query.limit, **given}).fetchall()]


def _conditions(query: RangeQuery) -> tuple[list[str], dict[str, Any]]:
    asked: list[tuple[str, dict[str, Any]]] = [
        ("device = $device", {"device": query.device}),
        ("sensor = $sensor", {"sensor": query.sensor}),
        ("metric = $metric", {"metric": query.metric}),
        ("timestamp_us >= $start", {"start": None if query.start is None else to_micros(query.start)}),
        ("timestamp_us < $end", {"end": None if query.end is None else to_micros(query.end)}),
        ("position <= $upto", {"upto": query.upto}),
        (_beyond(">", "after"), _place("after", query.after)),
        (_beyond("<", "before"), _place("before", query.before)),
    ]
    there = [(condition, values) for condition, values in asked if None not in values.values()]
    return [condition for condition, _ in there], {name: value for _, values in there for name, value in values.items()}


def _beyond(sign: str, name: str) -> str:
    """The times stand alone as well: by them DuckDB passes over what lies elsewhere. Whole keys it cannot take between two."""
    same = f"timestamp_us = ${name}_us AND (event_id, metric) {sign} (${name}_id::UUID, ${name}_metric)"
    return f"timestamp_us {sign}= ${name}_us AND (timestamp_us {sign} ${name}_us OR ({same}))"


def _place(name: str, key: RowKey | None) -> dict[str, Any]:
    if key is None:
        return {name: None}
    timestamp_us, event_id, metric = key
    return {f"{name}_us": timestamp_us, f"{name}_id": format_event_id(event_id), f"{name}_metric": metric}
