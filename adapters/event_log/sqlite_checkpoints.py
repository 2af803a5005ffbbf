"""Folds the write-ahead log into the file beside the commits, so that no commit has to wait for it.

SQLite's own way is to let the commit that finds the WAL long do it: that one, and all that queue behind it, then wait for as
long as it takes. Here a thread of its own folds in all but the newest, and only a small rest is left to the writer's thread,
between two commits: with nobody writing it gets to the end, and the WAL begins anew instead of growing for ever.
"""

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

import structlog

from adapters.event_log.port import LogError
from adapters.event_log.sqlite_file import connect, plain_words

EVERY_SECONDS: Final = 1.0
_SMALL_REST: Final = 64
"""Pages that the writer's thread folds in without anybody noticing."""
_ROUNDS: Final = 5
"""How often to run after a writer that is faster."""


class Checkpoints:
    """At work from `run` on; `committed` says that there is something to fold in."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._connection = connect(path, read_only=False)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="event-log-checkpoint")
        self._due = asyncio.Event()

    def committed(self) -> None:
        self._due.set()

    async def run(self, in_writers_thread: Callable[[Callable[[sqlite3.Connection], int]], Awaitable[int]]) -> None:
        """Until cancelled. A disk that is full or away is tried again; what is not folded in stays safe in the WAL."""
        while True:
            await self._due.wait()
            self._due.clear()
            await asyncio.sleep(EVERY_SECONDS)
            try:
                await self._fold_in(in_writers_thread)
            except LogError as error:
                structlog.get_logger().warning("event_log_not_folded", reason=str(error))
                self._due.set()

    async def _fold_in(self, in_writers_thread: Callable[[Callable[[sqlite3.Connection], int]], Awaitable[int]]) -> None:
        loop = asyncio.get_running_loop()
        for _ in range(_ROUNDS):
            if await loop.run_in_executor(self._thread, self._fold_in_most) <= _SMALL_REST:
                break
        await in_writers_thread(fold_in)

    def _fold_in_most(self) -> int:
        with plain_words(self._path):
            return fold_in(self._connection)

    def close(self) -> None:
        """Let go of the file; blocks."""
        self._thread.shutdown()
        self._connection.close()


def fold_in(connection: sqlite3.Connection) -> int:
    """Fold in what no reader and no writer keeps from it; how many pages came in meanwhile and wait for the next time."""
    found = connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
    if found is None or found[1] < 0:
        raise LogError("the event log is not in WAL mode")
    _, in_wal, folded = found
    return int(in_wal - folded)
