"""Raw rows out of DuckDB as columns."""

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
import pyarrow as pa
from duckdb import DuckDBPyConnection

from adapters.history import duckdb_ranges as ranges
from adapters.history.content import raw_days
from adapters.history.port import SeriesKey, SeriesRange
from domain.columns import Int64
from domain.day_digests import DayDigests, total
from domain.rows import QUALITIES, Columns, Ids, arranged

QUALITY_CODE: Final = f"list_position({[quality.value for quality in QUALITIES]}, r.quality)::TINYINT - 1::TINYINT AS quality"
"""The quality of the row `r` as its code."""
_SELECT: Final = f"SELECT w.number, r.timestamp_us, r.value, {QUALITY_CODE}, r.event_id FROM reading r {ranges.JOIN}".format(  # noqa: S608  # ours
    time="timestamp_us"
)
_ALL: Final = f"SELECT DISTINCT r.device, r.sensor, r.metric, r.timestamp_us, r.value, {QUALITY_CODE}, r.event_id FROM "  # noqa: S608  # ours
_ROWS_AT_ONCE: Final = 200_000


def read(cursor: DuckDBPyConnection, wanted: Sequence[SeriesRange]) -> Columns:
    """The raw rows of these ranges."""
    found = [_group(cursor, group) for group in ranges.clusters(wanted)] or [_EMPTY]
    table = pa.concat_tables(found)
    return arranged(
        len(wanted),
        table["number"].to_numpy(),
        times=table["timestamp_us"].to_numpy(),
        values=table["value"].to_numpy(),
        quality=table["quality"].to_numpy(),
        ids=ids_of(table["event_id"]),
    )


def _group(cursor: DuckDBPyConnection, group: Sequence[ranges.Numbered]) -> pa.Table:
    cursor.register("wanted", ranges.table(group))
    return cursor.sql(_SELECT, params=ranges.limits(group)).to_arrow_table()


def content(cursor: DuckDBPyConnection) -> DayDigests:
    """The digests of all raw rows."""
    return raw_days_of(cursor, "reading")


def raw_days_of(cursor: DuckDBPyConnection, source: str) -> DayDigests:
    """The digests of the raw rows of a table or a query in parentheses, each once."""
    reader = cursor.sql(f"{_ALL} {source} r").to_arrow_reader(_ROWS_AT_ONCE)
    return total(_digests(pa.Table.from_batches([batch])) for batch in reader)


def _digests(table: pa.Table) -> DayDigests:
    keys, series = keys_of(table)
    return raw_days(
        keys,
        series,
        times=table["timestamp_us"].to_numpy(),
        values=table["value"].to_numpy(),
        quality=table["quality"].to_numpy(),
        ids=ids_of(table["event_id"]),
    )


def keys_of(table: pa.Table) -> tuple[list[SeriesKey], Int64]:
    """The series of a table's rows, and of each row which it is."""
    names, codes = zip(*(_encoded(table[column]) for column in ("device", "sensor", "metric")), strict=True)
    mixed = (codes[0] * len(names[1]) + codes[1]) * len(names[2]) + codes[2]
    distinct, series = np.unique(mixed, return_inverse=True)
    return [_key(names, int(one)) for one in distinct], series.astype(np.int64)


def _key(names: Sequence[Sequence[str]], mixed: int) -> SeriesKey:
    rest, metric = divmod(mixed, len(names[2]))
    device, sensor = divmod(rest, len(names[1]))
    return SeriesKey(names[0][device], names[1][sensor], names[2][metric])


def _encoded(column: pa.ChunkedArray) -> tuple[list[str], Int64]:
    encoded = column.combine_chunks().dictionary_encode()
    return encoded.dictionary.to_pylist(), encoded.indices.to_numpy().astype(np.int64)


def ids_of(column: pa.ChunkedArray) -> Ids:
    """UUIDs as two numbers each."""
    return np.concatenate([_ids(chunk) for chunk in column.chunks] or [np.zeros((0, 2), np.uint64)])


def _ids(chunk: pa.ExtensionArray) -> Ids:
    storage = chunk.storage
    words = np.frombuffer(storage.buffers()[1], dtype=">u8").reshape(-1, 2)
    return words[storage.offset : storage.offset + len(storage)].astype(np.uint64)


def _empty() -> Iterator[tuple[str, pa.Array]]:
    yield "number", pa.array([], pa.int64())
    yield "timestamp_us", pa.array([], pa.int64())
    yield "value", pa.array([], pa.float64())
    yield "quality", pa.array([], pa.int8())
    yield "event_id", pa.ExtensionArray.from_storage(pa.uuid(), pa.array([], pa.binary(16)))


_EMPTY: Final = pa.table(dict(_empty()))
