"""Whole days of raw rows in DuckDB: which there are, what is in them, and letting go of them."""

from collections.abc import Callable
from typing import Final

import pyarrow as pa
from duckdb import DuckDBPyConnection

from adapters.history.duckdb_columns import raw_days_of
from domain.digest import Digest
from schema.times import DAY_US

_DAYS: Final = """
SELECT DISTINCT timestamp_us - (timestamp_us % $day + $day) % $day FROM reading WHERE timestamp_us < $before ORDER BY 1
"""
_ROWS_AT_ONCE: Final = 100_000


def days(cursor: DuckDBPyConnection, before_us: int) -> list[int]:
    """Where the days start that have rows and end by then."""
    whole = before_us // DAY_US * DAY_US
    return [start for (start,) in cursor.execute(_DAYS, {"day": DAY_US, "before": whole}).fetchall()]


def visit(cursor: DuckDBPyConnection, start_us: int, end_us: int, take: Callable[[pa.RecordBatch], None]) -> None:
    """Give all rows of [start, end) to `take`."""
    select = "SELECT * FROM reading WHERE timestamp_us >= $start AND timestamp_us < $end"
    for batch in cursor.sql(select, params={"start": start_us, "end": end_us}).to_arrow_reader(_ROWS_AT_ONCE):
        take(batch)


def digest(cursor: DuckDBPyConnection, start_us: int, end_us: int) -> Digest:
    """The digest of the rows of [start, end)."""
    where = f"timestamp_us >= {int(start_us)} AND timestamp_us < {int(end_us)}"
    return raw_days_of(cursor, f"(SELECT * FROM reading WHERE {where})").total()  # noqa: S608  # numbers


def forget_rows(cursor: DuckDBPyConnection, start_us: int, end_us: int) -> None:
    """Drop the rows of [start, end)."""
    cursor.execute("DELETE FROM reading WHERE timestamp_us >= ? AND timestamp_us < ?", [start_us, end_us])
