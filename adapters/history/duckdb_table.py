"""The table of raw readings in DuckDB: its statements, and how rows go in and come out.

There is no primary key, since its index would have to fit memory: what was written twice is told by (event id, metric) on
reading. Ids are DuckDB's UUIDs, which are fixed in size and ordered as their bytes are.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Final

import pyarrow as pa

from adapters.history.port import HistoryRow
from schema.envelope import Position
from schema.events import Quality

FORMAT: Final = 1

CREATE: Final = """
CREATE TABLE reading (
    device VARCHAR NOT NULL, sensor VARCHAR NOT NULL, metric VARCHAR NOT NULL, timestamp_us BIGINT NOT NULL,
    value DOUBLE NOT NULL, unit VARCHAR, quality VARCHAR NOT NULL, event_id UUID NOT NULL,
    recorded_us BIGINT NOT NULL, revision BIGINT NOT NULL, position BIGINT NOT NULL
);
CREATE TABLE checkpoint (log_id VARCHAR NOT NULL, position BIGINT);
CREATE TABLE format (version INTEGER NOT NULL);
"""
INSERT: Final = "INSERT INTO reading SELECT * FROM batch"
COUNT: Final = "SELECT count(*) FROM (SELECT DISTINCT event_id, metric FROM reading)"
CONTENT: Final = """
SELECT count(*), sum(hash(device, sensor, metric, timestamp_us, value, unit, quality, event_id)::HUGEINT) FROM
(SELECT DISTINCT device, sensor, metric, timestamp_us, value, unit, quality, event_id FROM reading)
"""
_COLUMNS: Final = "device, sensor, metric, timestamp_us, value, unit, quality, event_id, recorded_us, revision, position"


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


def buckets(series: int) -> str:
    """The windows of so many series at once. Takes $width, $start, $end, and $device0, $sensor0, $metric0 and so on."""
    wanted = ", ".join(f"({number}, $device{number}, $sensor{number}, $metric{number})" for number in range(series))
    return f"""
        WITH wanted(number, device, sensor, metric) AS (VALUES {wanted}),
        once AS (
            SELECT number, event_id, any_value(timestamp_us - ((timestamp_us % $width) + $width) % $width) AS bucket_us,
                any_value(value) AS value, any_value(quality) = 'bad' AS bad
            FROM reading JOIN wanted USING (device, sensor, metric)
            WHERE timestamp_us >= $start AND timestamp_us < $end GROUP BY number, event_id
        )
        SELECT number, bucket_us, count(*) FILTER (NOT bad), favg(value) FILTER (NOT bad),
            min(value) FILTER (NOT bad), max(value) FILTER (NOT bad),
            quantile_cont(value, [0.5, 0.95]) FILTER (NOT bad), count(*) FILTER (bad)
        FROM once GROUP BY number, bucket_us ORDER BY number, bucket_us
    """  # noqa: S608  # only names of parameters are put in
