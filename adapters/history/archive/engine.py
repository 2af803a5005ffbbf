"""DuckDB without a file of its own, over the files of the archive: bounded memory, threads, errors in plain words."""

import asyncio
import errno
import os
import shutil
import socket
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Final, TypeVar

import duckdb
from duckdb import DuckDBPyConnection

from adapters.history.archive.layout import WORK, is_as_named
from adapters.history.archive.table import READ, digest_of, names
from adapters.history.port import HistoryError, HistoryUnavailableError

T = TypeVar("T")
_INTERRUPT_SECONDS: Final = 0.005
_THREADS: Final = 3
"""Two for those who ask, and one that takes a day in."""
_FULL: Final = ("No space left", "Could not write", "File too large", "max_temp_directory_size")


class DamagedFileError(HistoryError):
    """A file of the archive that cannot be read, or does not hold what its name says."""

    def __init__(self, file: Path, reason: str) -> None:
        super().__init__(f"the archive's file {file} cannot be read, it may be damaged: restore it from a backup ({reason})")
        self.file = file


class Engine:
    """Opened at the first question: a house without an archive pays nothing. It spills to the archive's disk."""

    def __init__(self, root: Path, *, memory: str = "256MB", threads: int = 2) -> None:
        self._root = root
        self._config: dict[str, str | bool | int | float | list[str]] = {
            "memory_limit": memory,
            "threads": threads,
            "temp_directory": str(root / WORK / f"{socket.gethostname()}-{os.getpid()}-{id(self):x}"),
            "preserve_insertion_order": False,
            "arrow_lossless_conversion": True,
            "autoinstall_known_extensions": False,
        }
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="archive")
        self._connection: DuckDBPyConnection | None = None
        self._closed = False

    def cursor(self) -> DuckDBPyConnection:
        """A cursor with temporary tables of its own, for one thread at a time."""
        self._require_open()
        if self._connection is None:
            self._connection = duckdb.connect(":memory:", config=self._config)
        return self._connection.cursor()

    async def ask(self, question: Callable[[DuckDBPyConnection], T], files: Sequence[Path] = ()) -> T:
        """The answer of `question`, which reads these files."""
        cursor = self.cursor()

        def run() -> T:
            with cursor, plain_errors(self._root, files):
                return question(cursor)

        return await self.at_work(cursor, run)

    async def at_work(self, cursor: DuckDBPyConnection, work: Callable[[], T]) -> T:
        """What comes of `work`, in a thread. What is cancelled is interrupted and over, rather than left running."""
        self._require_open()
        running = self._threads.submit(work)
        try:
            return await asyncio.wrap_future(running)
        except asyncio.CancelledError:
            while not running.done():
                # An interrupt that comes before the statement begins is lost.
                cursor.interrupt()
                await asyncio.sleep(_INTERRUPT_SECONDS)
            raise

    async def close(self) -> None:
        self._closed = True
        await asyncio.to_thread(self._threads.shutdown)
        if self._connection is not None:
            self._connection.close()

    def _require_open(self) -> None:
        if self._closed:
            raise HistoryUnavailableError(
                f"the archive {self._root} is closed; ask again if another version of the history serves by now"
            )


def tidy(root: Path) -> None:
    """Remove what processes of this machine spilled that were killed."""
    for folder in (root / WORK).glob(f"{socket.gethostname()}-*"):
        pid = folder.name.removeprefix(f"{socket.gethostname()}-").partition("-")[0]
        if pid.isdecimal() and not Path(f"/proc/{pid}").exists() and Path("/proc/self").exists():
            shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def plain_errors(root: Path, files: Sequence[Path] = ()) -> Iterator[None]:
    """DuckDB's errors as the port's, in plain words; a damaged file is named."""
    try:
        yield
    except duckdb.Error as error:
        raise _plain(root, error, files) from error


def _plain(root: Path, error: duckdb.Error, files: Sequence[Path]) -> HistoryError:
    text = str(error)
    first = text.partition("\n")[0]
    if any(sign in text for sign in _FULL):
        return HistoryUnavailableError(f"the archive {root} cannot be written, the disk may be full: {first}")
    if isinstance(error, duckdb.OutOfMemoryException):
        return HistoryError(f"a question to the archive {root} needs more memory than it may use: ask for less ({first})")
    for file in files:
        if (reason := _unreadable(file)) is not None:
            return HistoryUnavailableError(f"the archive's file {file} cannot be read now: {reason}")
        if not _is_sound(file):
            return DamagedFileError(file, first)
    return HistoryError(f"the archive {root} failed: {first}")


def _unreadable(file: Path) -> str | None:
    """Why a file that is there cannot be opened; the disk's own errors are damage."""
    try:
        with file.open("rb"):
            return None
    except FileNotFoundError:
        return None
    except OSError as error:
        return None if error.errno == errno.EIO else error.strerror


def _is_sound(file: Path) -> bool:
    """Whether all of a file can be read, and is what its name says."""
    try:
        with duckdb.connect(config={"arrow_lossless_conversion": True}) as connection:
            return is_as_named(file, digest_of(connection, READ, names([file])))
    except duckdb.Error:
        return False
