"""The columns of the archive's files, and how they become those of the house and back.

Times are timestamps in UTC and event ids are text, which every reader of Parquet knows and the API gives out alike.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from duckdb import DuckDBPyConnection

from adapters.history.duckdb_columns import ids_of
from domain.digest import Digest, digest, word

FILED: Final = (
    "device, sensor, metric, make_timestamptz(timestamp_us) AS timestamp, value, unit, quality, event_id::VARCHAR AS event_id, "
    "make_timestamptz(recorded_us) AS recorded, revision, position"
)
"""Of rows in the house's columns, those of a file."""
READ: Final = (
    "SELECT device, sensor, metric, epoch_us(timestamp) AS timestamp_us, value, unit, quality, event_id::UUID AS event_id, "
    "epoch_us(recorded) AS recorded_us, revision, position FROM read_parquet($files, hive_partitioning = false)"
)
"""The rows of files in the house's columns."""
KEY: Final = "device, sensor, metric, timestamp_us, event_id"
"""What is the same in two rows is one row: an event's metric."""
NOTE: Final = b"glasshouse"
ROWS_AT_ONCE: Final = 100_000
_TEXTS: Final = ("device", "sensor", "metric", "unit", "quality")
_NUMBERS: Final = ("timestamp_us", "recorded_us", "revision", "position")


class Note(msgspec.Struct, frozen=True):
    """What a file says of itself, among its metadata under the key `glasshouse`, as JSON."""

    site: str | None
    day: str
    rows: int
    digest: str
    log_id: str
    devices: tuple[str, ...]
    format: int = 1


def names(files: Sequence[Path]) -> dict[str, Any]:
    """The files as the parameter of `READ`."""
    return {"files": [str(file) for file in files]}


def digest_of(cursor: DuckDBPyConnection, select: str, values: Mapping[str, Any] | None = None) -> Digest:
    """The digest of rows in the house's columns, all columns of them."""
    reader = cursor.sql(select, params=dict(values) if values else None).to_arrow_reader(ROWS_AT_ONCE)
    return sum((_digest(pa.Table.from_batches([batch])) for batch in reader), Digest())


def note_of(path: Path) -> Note | None:
    """What a file says of itself; None where it is no file of an archive, or cannot be read."""
    try:
        said = (pq.read_metadata(path).metadata or {}).get(NOTE)
        return None if said is None else msgspec.json.decode(said, type=Note)
    except (OSError, pa.ArrowException, msgspec.DecodeError):
        return None


def _digest(table: pa.Table) -> Digest:
    texts = [_words(table[name]) for name in _TEXTS]
    numbers = [table[name].to_numpy() for name in (*_NUMBERS, "value")]
    ids = ids_of(table["event_id"])
    return digest([*texts, *numbers, ids[:, 0], ids[:, 1]])


def _words(column: pa.ChunkedArray) -> "np.ndarray[Any, np.dtype[np.uint64]]":
    encoded = column.combine_chunks().fill_null("").dictionary_encode()
    known = np.array([word(text) for text in encoded.dictionary.to_pylist()], np.uint64)
    words: np.ndarray[Any, np.dtype[np.uint64]] = known[encoded.indices.to_numpy()]
    return words
