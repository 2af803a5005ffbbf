"""Tables as they are written: record batches in, bytes of CSV, Parquet or Arrow out, with no more in memory than a batch."""

from collections.abc import Callable
from typing import Any, Final, Literal

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pcsv
import pyarrow.parquet as pq

Format = Literal["csv", "parquet", "arrow"]


class _Sink:
    """A file that keeps what is written until it is taken."""

    def __init__(self) -> None:
        self.closed = False
        self._parts: list[bytes] = []
        self._size = 0

    def write(self, data: Any) -> int:
        part = bytes(data)
        self._parts.append(part)
        self._size += len(part)
        return len(part)

    def tell(self) -> int:
        return self._size

    def flush(self) -> None:
        """There is nowhere to flush to."""

    def close(self) -> None:
        self.closed = True

    def readable(self) -> bool:
        return False

    def writable(self) -> bool:
        return True

    def take(self) -> bytes:
        parts, self._parts = self._parts, []
        return b"".join(parts)


class TableStream:
    """One table in one format. Its methods take their time: call them in a thread."""

    def __init__(self, kind: Format, schema: pa.Schema) -> None:
        self._sink = _Sink()
        self._schema = schema
        self._text = kind == "csv"
        self._writer = _OPEN[kind](self._sink, _as_text(schema) if self._text else schema)

    def write(self, batch: pa.RecordBatch) -> bytes:
        """The bytes that follow from a batch: none, or those of several."""
        if self._text:
            batch = pa.RecordBatch.from_arrays([_text(column) for column in batch.columns], schema=_as_text(self._schema))
        self._writer.write_batch(batch)
        return self._sink.take()

    def finish(self) -> bytes:
        """The last bytes."""
        self._writer.close()
        return self._sink.take()


def _parquet(sink: _Sink, schema: pa.Schema) -> pq.ParquetWriter:
    return pq.ParquetWriter(sink, schema, compression="zstd")


_OPEN: Final[dict[str, Callable[[_Sink, pa.Schema], Any]]] = {
    "csv": pcsv.CSVWriter,
    "parquet": _parquet,
    "arrow": pa.ipc.new_stream,
}


def _as_text(schema: pa.Schema) -> pa.Schema:
    return pa.schema(
        [pa.field(field.name, pa.string() if pa.types.is_timestamp(field.type) else field.type) for field in schema]
    )


def _text(column: pa.Array) -> pa.Array:
    """Times as RFC 3339; the rest as it is."""
    return pc.strftime(column, format="%Y-%m-%dT%H:%M:%SZ") if pa.types.is_timestamp(column.type) else column
