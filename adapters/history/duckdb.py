"""The history in a DuckDB file: one process writes and reads it, in threads, with bounded memory."""

import math
import os
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import Any

from duckdb import DuckDBPyConnection

from adapters.history import duckdb_table as table
from adapters.history.duckdb_file import DuckDbFile
from adapters.history.port import Bucket, HistoryRow, RangeQuery, SeriesKey
from schema.envelope import Cursor
from schema.ids import format_event_id
from schema.times import from_micros, to_micros

_SPARE_ROWS = 8
"""Asked for beyond the limit, so that a few rows that stand twice do not cost a second question."""


class DuckDbHistory:
    """The port `History` over one file."""

    def __init__(self, file: DuckDbFile) -> None:
        self._file = file

    @classmethod
    async def open(cls, path: Path, *, memory: str = "256MB", threads: int | None = None) -> "DuckDbHistory":
        """The history in this file, made if missing. HistoryError where it cannot be opened, in plain words."""
        return cls(await DuckDbFile.open(path, memory=memory, threads=threads or min(4, os.cpu_count() or 1)))

    async def checkpoint(self) -> Cursor | None:
        def ask(cursor: DuckDBPyConnection) -> Cursor | None:
            found = cursor.execute("SELECT log_id, position FROM checkpoint").fetchone()
            return None if found is None else Cursor(found[0], found[1])

        return await self._file.read(ask)

    async def write(self, rows: Sequence[HistoryRow], checkpoint: Cursor) -> None:
        def change(cursor: DuckDBPyConnection) -> None:
            if rows:
                cursor.register("batch", table.batch(rows))
                cursor.execute(table.INSERT)
            cursor.execute("DELETE FROM checkpoint")
            cursor.execute("INSERT INTO checkpoint VALUES (?, ?)", [checkpoint.log_id, checkpoint.position])

        await self._file.write(change)

    async def readings(self, query: RangeQuery) -> list[HistoryRow]:
        conditions, values = _conditions(query)
        return await self._file.read(lambda cursor: _page(cursor, conditions, values, query))

    async def buckets(
        self, series: Sequence[SeriesKey], start: datetime, end: datetime, window: timedelta
    ) -> list[list[Bucket]]:
        if not series:
            return []
        width = window // timedelta(microseconds=1)
        values: dict[str, Any] = {"width": width, "start": to_micros(start), "end": to_micros(end)}
        for number, key in enumerate(series):
            values |= {f"device{number}": key.device, f"sensor{number}": key.sensor, f"metric{number}": key.metric}
        found = await self._file.read(lambda cursor: cursor.execute(table.buckets(len(series)), values).fetchall())
        by_number = {number: [_bucket(row, width) for row in rows] for number, rows in groupby(found, lambda row: row[0])}
        return [by_number.get(number, []) for number in range(len(series))]

    async def content_hash(self) -> str:
        count, digest = await self._file.read(lambda cursor: cursor.execute(table.CONTENT).fetchall()[0])
        return f"{count}:{digest or 0}"

    async def count(self) -> int:
        return int(await self._file.read(lambda cursor: cursor.execute(table.COUNT).fetchall()[0][0]))

    async def reset(self) -> None:
        def change(cursor: DuckDBPyConnection) -> None:
            cursor.execute("DELETE FROM checkpoint")
            cursor.execute("TRUNCATE reading")

        await self._file.write(change)

    async def close(self) -> None:
        await self._file.close()


def _conditions(query: RangeQuery) -> tuple[list[str], dict[str, Any]]:
    """What the query asks for, but for the place where it goes on."""
    asked = [
        ("device = $device", "device", query.device),
        ("sensor = $sensor", "sensor", query.sensor),
        ("metric = $metric", "metric", query.metric),
        ("timestamp_us >= $start", "start", None if query.start is None else to_micros(query.start)),
        ("timestamp_us < $end", "end", None if query.end is None else to_micros(query.end)),
    ]
    return (
        [condition for condition, _, value in asked if value is not None],
        {name: value for _, name, value in asked if value is not None},
    )


def _page(cursor: DuckDBPyConnection, conditions: list[str], values: dict[str, Any], query: RangeQuery) -> list[HistoryRow]:
    """The first rows after `query.after`, each (event id, metric) once."""
    rows: list[HistoryRow] = []
    after, limit = query.after, query.limit + _SPARE_ROWS
    while True:
        found = _after(cursor, conditions, values, after, limit)
        for row in found:
            if (key := _key(row)) != after:
                rows.append(row)
                after = key
        if len(rows) >= query.limit or len(found) < limit:
            return rows[: query.limit]


def _after(
    cursor: DuckDBPyConnection,
    conditions: list[str],
    values: dict[str, Any],
    after: tuple[int, bytes, str] | None,
    limit: int,
) -> list[HistoryRow]:
    if after is not None:
        timestamp_us, event_id, metric = after
        conditions = [*conditions, "(timestamp_us, event_id, metric) > ($after_us, $after_id::UUID, $after_metric)"]
        conditions.append("timestamp_us >= $after_us")
        values = values | {"after_us": timestamp_us, "after_id": format_event_id(event_id), "after_metric": metric}
    found = cursor.execute(table.select(conditions), values | {"limit": limit}).fetchall()
    return [table.to_row(columns) for columns in found]


def _key(row: HistoryRow) -> tuple[int, bytes, str]:
    return row.timestamp_us, row.event_id, row.metric


def _bucket(row: tuple[Any, ...], width: int) -> Bucket:
    _, bucket_us, count, mean, low, high, quantiles, bad = row
    start, end = from_micros(bucket_us), from_micros(bucket_us + width)
    if not count:
        return Bucket(start, end, 0, math.nan, math.nan, math.nan, math.nan, math.nan, bad)
    return Bucket(start, end, count, mean, low, high, quantiles[0], quantiles[1], bad)
