"""A small pool of read connections, each with a thread at a time: readers share it, however many they are."""

import asyncio
import sqlite3
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue
from typing import Concatenate, Final, ParamSpec, TypeVar

from adapters.event_log.port import LogError
from adapters.event_log.sqlite_file import connect, plain_words
from adapters.event_log.sqlite_queries import prepare_reader

READERS: Final = 3

_P = ParamSpec("_P")
_T = TypeVar("_T")
Query = Callable[Concatenate[sqlite3.Connection, _P], _T]


class Readers:
    """Runs queries away from the event loop. At most READERS run at once; the others wait their turn."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._idle: SimpleQueue[sqlite3.Connection] = SimpleQueue()
        self._threads = ThreadPoolExecutor(READERS, thread_name_prefix="event-log-reader")
        try:
            with plain_words(path):
                for _ in range(READERS):
                    connection = connect(path, read_only=True)
                    self._idle.put(connection)
                    prepare_reader(connection)
        except LogError:
            self.close()
            raise

    def submit(self, query: Query[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> "Future[_T]":
        return self._threads.submit(lambda: self._run(query, *args, **kwargs))

    async def run(self, query: Query[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
        return await asyncio.wrap_future(self.submit(query, *args, **kwargs))

    def close(self) -> None:
        """Wait for the queries that were asked; blocks."""
        self._threads.shutdown()
        while not self._idle.empty():
            self._idle.get().close()

    def _run(self, query: Query[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
        connection = self._idle.get()
        try:
            with plain_words(self._path):
                return query(connection, *args, **kwargs)
        finally:
            self._idle.put(connection)
