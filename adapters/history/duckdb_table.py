"""The table of raw readings in DuckDB: its statements, and how rows go in and come out.

There is no primary key, since its index would have to fit memory: what was written twice is told by (event id, metric) on
reading. Ids are DuckDB's UUIDs, which are fixed in size and ordered as their bytes are.
"""

from collections.abc import Sequence
from typing import Any, Final

import pyarrow as pa
from duckdb import DuckDBPyConnection

from adapters.history.port import HistoryRow
from domain.columns import Int8, Int64
from domain.raw_rows import RawRows
from domain.rows import QUALITIES, Ids, join_ids
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
COLUMNS: Final = "device, sensor, metric, timestamp_us, value, unit, quality, event_id, recorded_us, revision, position"


def insert(cursor: DuckDBPyConnection, rows: RawRows) -> None:
    """Add these rows."""
    cursor.register("batch", batch(rows))
    cursor.execute("INSERT INTO reading SELECT * FROM batch")


def forget_after(cursor: DuckDBPyConnection, position: Position) -> None:
    """Drop the rows that were recorded after that position."""
    cursor.execute("DELETE FROM reading WHERE position > ?", [position])


def batch(rows: RawRows) -> pa.Table:
    """The rows as Arrow columns, in the order of the table's."""
    device, sensor, metric = (_named([key[part] for key in rows.keys], rows.series) for part in range(3))
    return pa.table(
        {
            "device": device,
            "sensor": sensor,
            "metric": metric,
            "timestamp_us": rows.times,
            "value": rows.values,
            "unit": _named(rows.units, rows.unit),
            "quality": _named(QUALITIES, rows.quality),
            "event_id": _uuids(rows.ids),
            "recorded_us": rows.recorded,
            "revision": rows.revisions,
            "position": rows.positions,
        }
    )


def _named(names: Sequence[str | None], numbers: Int64 | Int8) -> pa.Array:
    return pa.DictionaryArray.from_arrays(pa.array(numbers), pa.array(names, pa.string())).dictionary_decode()


def _uuids(ids: Ids) -> pa.Array:
    storage = pa.FixedSizeBinaryArray.from_buffers(pa.binary(16), len(ids), [None, pa.py_buffer(join_ids(ids))])
    return pa.ExtensionArray.from_storage(pa.uuid(), storage)


def to_row(columns: tuple[Any, ...]) -> HistoryRow:
    """A row of `COLUMNS`."""
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
