"""Rows out of the archive's files: of ranges of series as columns, and of a device page by page."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final, TypeAlias

import numpy as np
import pyarrow as pa
from duckdb import DuckDBPyConnection

from adapters.history import duckdb_pages
from adapters.history import duckdb_ranges as ranges
from adapters.history.archive.table import READ, names
from adapters.history.duckdb_columns import QUALITY_CODE, ids_of
from adapters.history.port import HistoryRow, RangeQuery
from domain.columns import Float64, Int8, Int64
from domain.rows import Ids

_COLUMNS: Final = f"""
SELECT w.number, epoch_us(r.timestamp) AS timestamp_us, r.value, {QUALITY_CODE}, r.event_id::UUID AS event_id
FROM read_parquet($files, hive_partitioning = false) r
JOIN wanted w ON r.device = w.device AND r.sensor = w.sensor AND r.metric = w.metric
    AND r.timestamp >= make_timestamptz(w.start_us) AND r.timestamp < make_timestamptz(w.end_us)
WHERE r.timestamp >= make_timestamptz($first) AND r.timestamp < make_timestamptz($last)
"""  # noqa: S608  # ours
Rows: TypeAlias = tuple[Int64, Int64, Float64, Int8, Ids]
"""Numbers of ranges, times, values, qualities, ids."""
_NOTHING: Final[Rows] = (
    np.zeros(0, np.int64),
    np.zeros(0, np.int64),
    np.zeros(0),
    np.zeros(0, np.int8),
    np.zeros((0, 2), np.uint64),
)


def columns(cursor: DuckDBPyConnection, files: Sequence[Path], wanted: Sequence[ranges.Numbered]) -> Rows:
    """The rows of these ranges, in any order."""
    if not files:
        return _NOTHING
    cursor.register("wanted", ranges.table(wanted))
    table: pa.Table = cursor.sql(_COLUMNS, params={**ranges.limits(wanted), **names(files)}).to_arrow_table()
    number, time, value, quality = (table[name].to_numpy() for name in ("number", "timestamp_us", "value", "quality"))
    return number, time, value, quality, ids_of(table["event_id"])


def page(cursor: DuckDBPyConnection, files: Sequence[Path], query: RangeQuery) -> list[HistoryRow]:
    """The rows of these files that are asked for, in order, each once."""
    if not files:
        return []
    return duckdb_pages.page(cursor, f"({READ})", query, names(files))
