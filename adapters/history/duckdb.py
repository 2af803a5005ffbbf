"""The history in a DuckDB file: one process writes and reads it, in threads, with bounded memory."""

import asyncio
import os
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from threading import Lock
from typing import Final, Self

import pyarrow as pa
from duckdb import DuckDBPyConnection

from adapters.history import duckdb_anomalies, duckdb_columns, duckdb_marks, duckdb_pages, duckdb_tiers, duckdb_windows
from adapters.history import duckdb_table as table
from adapters.history.content import hashes
from adapters.history.duckdb_file import DuckDbFile
from adapters.history.duckdb_schema import create
from adapters.history.horizon import ENDLESS
from adapters.history.port import (
    ANOMALIES,
    RAW,
    Anomaly,
    AnomalyChanges,
    AnomalyQuery,
    HistoryRow,
    KeptWindows,
    RangeQuery,
    SeriesKey,
    SeriesRange,
    Watermark,
)
from domain.day_digests import DayDigests
from domain.digest import Digest
from domain.raw_rows import RawRows
from domain.rows import Columns
from domain.windows import Span
from schema.envelope import Cursor, Position

_ONE_AT_A_TIME: Final = Lock()
"""Two histories are looked through one after the other: people ask meanwhile, and the processor is theirs first."""


class DuckDbHistory:
    """The port `TieredHistory` over one file."""

    horizon = ENDLESS

    def __init__(self, file: DuckDbFile) -> None:
        self._file = file

    @classmethod
    async def open(cls, path: Path, *, memory: str = "256MB", threads: int | None = None) -> Self:
        """The history in this file, made if missing. HistoryError where it cannot be opened, in plain words."""
        return cls(await DuckDbFile.open(path, memory=memory, threads=threads or min(4, os.cpu_count() or 1)))

    async def checkpoint(self) -> Cursor | None:
        def ask(cursor: DuckDBPyConnection) -> Cursor | None:
            found = cursor.execute("SELECT log_id, position FROM checkpoint").fetchone()
            return None if found is None else Cursor(found[0], found[1])

        return await self._file.read(ask)

    async def write(self, rows: RawRows) -> None:
        if len(rows):
            await self._file.write(lambda cursor: table.insert(cursor, rows))

    async def keep(
        self,
        windows: Sequence[KeptWindows],
        watermarks: Mapping[str, Watermark],
        checkpoint: Cursor,
        anomalies: Sequence[Anomaly] = (),
    ) -> None:
        def change(cursor: DuckDBPyConnection) -> None:
            duckdb_anomalies.replace(cursor, anomalies)
            for kept in windows:
                duckdb_windows.replace(cursor, kept)
            duckdb_marks.replace(cursor, watermarks)
            cursor.execute("DELETE FROM checkpoint")
            cursor.execute("INSERT INTO checkpoint VALUES (?, ?)", [checkpoint.log_id, checkpoint.position])

        await self._file.write(change)

    async def readings(self, query: RangeQuery) -> list[HistoryRow]:
        return await self._file.read(lambda cursor: duckdb_pages.page_of_table(cursor, query))

    async def columns(self, ranges: Sequence[SeriesRange]) -> Columns:
        return await self._file.read(lambda cursor: duckdb_columns.read(cursor, ranges))

    async def windows(self, span: Span, ranges: Sequence[SeriesRange]) -> KeptWindows:
        return await self._file.read(lambda cursor: duckdb_windows.read(cursor, span, ranges))

    async def forget(self, span: Span, devices: Sequence[str]) -> None:
        await self._file.write(lambda cursor: duckdb_windows.forget(cursor, span, devices))

    async def series(self, devices: Sequence[str] | None = None) -> Mapping[SeriesKey, int]:
        return await self._file.read(lambda cursor: duckdb_windows.series(cursor, devices))

    async def anomalies(self, query: AnomalyQuery) -> list[Anomaly]:
        return await self._file.read(lambda cursor: duckdb_anomalies.page(cursor, query))

    async def anomalies_in(self, ranges: Sequence[SeriesRange]) -> list[Anomaly]:
        return await self._file.read(lambda cursor: duckdb_anomalies.within(cursor, ranges))

    async def anomaly_changes(self, query: AnomalyChanges) -> list[Anomaly]:
        return await self._file.read(lambda cursor: duckdb_anomalies.changes(cursor, query))

    async def watermarks(self, devices: Sequence[str] | None = None) -> Mapping[str, Watermark]:
        return await self._file.read(lambda cursor: duckdb_marks.read(cursor, devices))

    async def content_hashes(self) -> Mapping[str, str]:
        return hashes(await self._file.look_through(_content))

    async def digests(self, taken: Callable[[], None]) -> Mapping[str, DayDigests]:
        loop = asyncio.get_running_loop()

        def ask(cursor: DuckDBPyConnection) -> Mapping[str, DayDigests]:
            cursor.execute("SELECT count(*) FROM checkpoint").fetchall()
            loop.call_soon_threadsafe(taken)
            with _ONE_AT_A_TIME:
                return _content(cursor)

        return await self._file.look_through(ask)

    async def count(self) -> int:
        return int(await self._file.read(lambda cursor: cursor.execute(table.COUNT).fetchall()[0][0]))

    async def rewind(self, position: Position) -> None:
        await self._file.write(partial(table.forget_after, position=position))

    async def reset(self) -> None:
        await self._file.write(create)

    async def days(self, before_us: int) -> Sequence[int]:
        return await self._file.read(lambda cursor: duckdb_tiers.days(cursor, before_us))

    async def visit(self, start_us: int, end_us: int, take: Callable[[pa.RecordBatch], None]) -> None:
        await self._file.read(lambda cursor: duckdb_tiers.visit(cursor, start_us, end_us, take))

    async def digest(self, start_us: int, end_us: int) -> Digest:
        return await self._file.read(lambda cursor: duckdb_tiers.digest(cursor, start_us, end_us))

    async def forget_rows(self, start_us: int, end_us: int) -> None:
        await self._file.write(lambda cursor: duckdb_tiers.forget_rows(cursor, start_us, end_us))

    async def forget_windows(self, span: Span, before_us: int) -> None:
        await self._file.write(lambda cursor: duckdb_windows.forget_before(cursor, span, before_us))

    async def close(self) -> None:
        await self._file.close()


def _content(cursor: DuckDBPyConnection) -> Mapping[str, DayDigests]:
    spans = {span.value: duckdb_windows.content(cursor, span) for span in Span}
    return {RAW: duckdb_columns.content(cursor), **spans, ANOMALIES: duckdb_anomalies.content(cursor)}
