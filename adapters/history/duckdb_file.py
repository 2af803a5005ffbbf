"""A DuckDB file: opened with bounded memory, used from threads, its errors told in plain words."""

import asyncio
import os
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final, TypeVar

import duckdb
import structlog
from duckdb import DuckDBPyConnection

from adapters.history.duckdb_schema import FORMAT, create, tables_of
from adapters.history.port import HistoryError, HistoryUnavailableError

T = TypeVar("T")
_INTERRUPT_SECONDS: Final = 0.005
_NICER: Final = 10
_READERS: Final = 2
"""More only wait for one another: one query already uses several cores."""


class DuckDbFile:
    """One open file: writes in the order in which they were asked, a few reads beside them, each on a cursor of its own.

    Where the processor is short, writes and what looks through all of it come after whatever else the process does: what is
    live must not wait for history.
    """

    def __init__(self, path: Path, connection: DuckDBPyConnection, writer: ThreadPoolExecutor) -> None:
        self._path = path
        self._connection = connection
        self._writer = writer
        self._readers = ThreadPoolExecutor(_READERS, thread_name_prefix="history-read")
        self._looker = ThreadPoolExecutor(1, thread_name_prefix="history-look", initializer=_step_back)
        self._closed = False

    @classmethod
    async def open(cls, path: Path, *, memory: str, threads: int) -> "DuckDbFile":
        """HistoryError where it is locked, damaged, newer than this version, or cannot be written."""
        writer = ThreadPoolExecutor(1, thread_name_prefix="history-write", initializer=_step_back)
        connecting = writer.submit(_connect, path, memory, threads)  # DuckDB's own threads are as nice as who starts them
        try:
            return cls(path, await asyncio.wrap_future(connecting), writer)
        except BaseException:
            writer.shutdown(wait=False)
            raise

    async def write(self, change: Callable[[DuckDBPyConnection], None]) -> None:
        """Run `change` in a transaction: all of it, or nothing where it raises."""

        def work(cursor: DuckDBPyConnection) -> None:
            cursor.begin()
            try:
                change(cursor)
                cursor.commit()
            except BaseException:
                _roll_back(cursor)
                raise

        await self._run(self._writer, work, interruptible=False)

    async def read(self, ask: Callable[[DuckDBPyConnection], T]) -> T:
        """The answer of `ask`. A cancelled question is interrupted rather than left running."""
        return await self._run(self._readers, ask, interruptible=True)

    async def look_through(self, ask: Callable[[DuckDBPyConnection], T]) -> T:
        """The answer of an `ask` that takes long: no other question waits for it. It sees all as at its first statement."""

        def work(cursor: DuckDBPyConnection) -> T:
            cursor.begin()
            try:
                return ask(cursor)
            finally:
                _roll_back(cursor)

        return await self._run(self._looker, work, interruptible=True)

    async def close(self) -> None:
        """After what was begun."""
        self._closed = True
        await asyncio.to_thread(self._close)

    def _close(self) -> None:
        self._writer.shutdown()
        for pool in (self._readers, self._looker):
            pool.shutdown()
        self._connection.close()

    async def _run(self, pool: ThreadPoolExecutor, work: Callable[[DuckDBPyConnection], T], *, interruptible: bool) -> T:
        if self._closed:
            raise HistoryUnavailableError(
                f"the history {self._path} is closed; ask again if another version of it serves by now"
            )
        with plain_errors(self._path):
            cursor = self._connection.cursor()

        def run() -> T:
            with cursor, plain_errors(self._path):
                return work(cursor)

        running = pool.submit(run)
        try:
            return await asyncio.wrap_future(running)
        except asyncio.CancelledError:
            while interruptible and not running.done():
                # An interrupt that comes before the statement begins is lost.
                cursor.interrupt()
                await asyncio.sleep(_INTERRUPT_SECONDS)
            raise


def _step_back() -> None:
    """Let other threads go first, where the system knows priorities of threads and lets them be changed."""
    if sys.platform != "linux":
        return
    with suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), os.getpriority(os.PRIO_PROCESS, 0) + _NICER)


def _connect(path: Path, memory: str, threads: int) -> DuckDBPyConnection:
    settings: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": memory,
        "threads": threads,
        "temp_directory": f"{path}.tmp",
        "preserve_insertion_order": False,
        "arrow_lossless_conversion": True,
        "autoinstall_known_extensions": False,
    }
    with plain_errors(path):
        connection = duckdb.connect(path, config=settings)
    try:
        with plain_errors(path):
            _prepare(connection, path)
    except BaseException:
        connection.close()
        raise
    return connection


def _prepare(connection: DuckDBPyConnection, path: Path) -> None:
    tables = tables_of(connection)
    if not tables:
        _make(connection)
        return
    if "format" not in tables:
        raise HistoryError(f"{path} is a DuckDB file, but no history of Glasshouse; give the history another path")
    version = connection.execute("SELECT max(version) FROM format").fetchall()[0][0]
    if version > FORMAT:
        raise HistoryError(f"{path} has history format {version}, this version knows {FORMAT}: use the newer glasshouse")
    if version < FORMAT:
        structlog.get_logger().warning("history_made_anew", path=str(path), format=version, reason="its format is an older one")
        _make(connection)


def _make(connection: DuckDBPyConnection) -> None:
    connection.begin()
    create(connection)
    connection.commit()


def _roll_back(cursor: DuckDBPyConnection) -> None:
    """As far as there still is something to roll back: a failed commit has done so itself."""
    try:
        cursor.rollback()
    except duckdb.TransactionException:
        return


@contextmanager
def plain_errors(path: Path) -> Iterator[None]:
    """DuckDB's errors as the port's, in plain words."""
    try:
        yield
    except duckdb.Error as error:
        raise _plain(path, error) from error


def _plain(path: Path, error: duckdb.Error) -> HistoryError:
    text = str(error)
    first = text.partition("\n")[0]
    if "Could not set lock" in text or "Conflicting lock" in text:
        return HistoryUnavailableError(f"the history {path} is in use by another process; stop that one, or use its API")
    if isinstance(error, duckdb.OutOfMemoryException):
        return HistoryError(f"a question to the history {path} needs more memory than it may use: ask for less ({first})")
    if "No space left" in text or "Could not write" in text:
        return HistoryUnavailableError(f"the history {path} cannot be written, the disk may be full: {first}")
    if isinstance(error, duckdb.FatalException):
        return HistoryError(f"the history {path} cannot go on and must be opened again: restart ({first})")
    if isinstance(error, duckdb.IOException | duckdb.SerializationException):
        return HistoryError(
            f"the history {path} cannot be read, it may be damaged or of a newer version. Move it away and start again: "
            f"it is built anew from the event log ({first})"
        )
    return HistoryError(f"the history {path} failed: {first}")
