"""The table of raw readings in DuckDB: its statements, and how rows go in and come out.

There is no primary key, since its index would have to fit memory: what was written twice is told by (event id, metric) on
reading. Ids are DuckDB's UUIDs, which are fixed in size and ordered as their bytes are.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Final

import pyarrow as pa
from duckdb import DuckDBPyConnection

from adapters.history.port import HistoryRow
from schema.envelope import Position
from schema.events import Quality

CREATE: Final = """
CREATE TABLE reading (
    device VARCHAR NOT NULL, sensor VARCHAR NOT NULL, metric VARCHAR NOT NULL, timestamp_us BIGINT NOT NULL,
    value DOUBLE NOT NULL, unit VARCHAR, quality VARCHAR NOT NULL, event_id UUID NOT NULL,
    recorded_us BIGINT NOT NULL, revision BIGINT NOT NULL, position BIGINT NOT NULL
);
"""
COUNT: Final = "SELECT count(*) FROM (SELECT DISTINCT event_id, metric FROM reading)"
_COLUMNS: Final = "device, sensor, metric, timestamp_us, value, unit, quality, event_id, recorded_us, revision, position"


def insert(cursor: DuckDBPyConnection, rows: Sequence[HistoryRow]) -> None:
    """Add these rows."""
    cursor.register("batch", batch(rows))
    cursor.execute("INSERT INTO reading SELECT * FROM batch")


def forget_after(cursor: DuckDBPyConnection, position: Position) -> None:
    """Drop the rows that were recorded after that position."""
    cursor.execute("DELETE FROM reading WHERE position > ?", [position])


def batch(rows: Sequence[HistoryRow]) -> pa.Table:
    """The rows as Arrow columns, in the order of the table's."""
    return pa.table(
        {
            "device": pa.array([row.device for row in rows], pa.string()),
            "sensor": pa.array([row.sensor for row in rows], pa.string()),
            "metric": pa.array([row.metric for row in rows], pa.string()),
            "timestamp_us": pa.array([row.timestamp_us for row in rows], pa.int64()),
            "value": pa.array([row.value for row in rows], pa.float64()),
            "unit": pa.array([row.unit for row in rows], pa.string()),
            "quality": pa.array([row.quality for row in rows], pa.string()),
            "event_id": _uuids([row.event_id for row in rows]),
            "recorded_us": pa.array([row.recorded_us for row in rows], pa.int64()),
            "revision": pa.array([row.revision for row in rows], pa.int64()),
            "position": pa.array([row.position for row in rows], pa.int64()),
        }
    )


def _uuids(ids: Sequence[bytes]) -> pa.Array:
    storage = pa.FixedSizeBinaryArray.from_buffers(pa.binary(16), len(ids), [None, pa.py_buffer(b"".join(ids))])
    return pa.ExtensionArray.from_storage(pa.uuid(), storage)


def select(conditions: Iterable[str]) -> str:
    """Rows under these conditions in key order; of an event that is there twice, the copy recorded first comes first."""
    where = " AND ".join(conditions)
    order = "timestamp_us, event_id, metric, position"
    return f"SELECT {_COLUMNS} FROM reading WHERE {where} ORDER BY {order} LIMIT $limit"  # noqa: S608  # conditions are ours


def to_row(columns: tuple[Any, ...]) -> HistoryRow:
    """A row as `select` gives it."""
    device, sensor, metric, timestamp_us, value, unit, quality, event_id, recorded_us, revision, position = columns
    return HistoryRow(
        device,
        sensor,
        metric,
        timestamp_us,
        value,
        unit,
        Quality(quality),
        event_id.bytes,
        recorded_us,
        revision,
        Position(position),
    )
