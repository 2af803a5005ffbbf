"""Group commit: all appends that were asked for while one transaction ran go into the next."""

import asyncio
import sqlite3
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final, TypeVar

import msgspec

from adapters.event_log.port import Append, Appended, Conflict, LogError
from adapters.event_log.sqlite_checkpoints import Checkpoints
from adapters.event_log.sqlite_file import plain_words
from adapters.event_log.sqlite_transaction import commit, truncate

_BYTES_QUEUED: Final = 32 << 20
_BYTES_AT_ONCE: Final = 4 << 20
"""How much goes into one transaction, so that none makes the others wait for long."""
_T = TypeVar("_T")
Result = Appended | Conflict


class _Request(msgspec.Struct, eq=False):
    appends: Sequence[Append]
    size: int
    answer: "asyncio.Future[list[Result]]"


class Writer:
    """The one writer of this process: a queue with a bound, and a thread that owns the connection.

    `committed` is told the position that the log has reached, after each transaction.
    """

    def __init__(self, connection: sqlite3.Connection, path: Path, committed: Callable[[int], None]) -> None:
        self._connection = connection
        self._path = path
        self._committed = committed
        self._checkpoints = Checkpoints(path)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="event-log-writer")
        self._door = asyncio.Lock()
        self._room = asyncio.Event()
        self._room.set()
        self._queue: deque[_Request] = deque()
        self._queued_bytes = 0
        self._filled = asyncio.Event()
        self._closed = False

    async def append(self, appends: Sequence[Append], size: int) -> list[Result]:
        """Wait for room in the queue, in the order of the calls, and then for the disk."""
        request = _Request(appends, size, asyncio.get_running_loop().create_future())
        async with self._door:
            await self._room.wait()
            if self._closed:
                raise LogError("the event log is closed")
            self._enqueue(request)
        return await request.answer

    async def truncate(self, stream: str, before: int) -> None:
        """Delete step by step, so that appends get their turn in between."""
        more = True
        while more:
            if self._closed:
                raise LogError("the event log was closed before the stream was truncated")
            more = await self._in_thread(lambda: truncate(self._connection, stream, before))

    async def run(self) -> None:
        """Commit what is queued, until the writer is closed and the queue is empty."""
        folding = asyncio.create_task(self._checkpoints.run(self._with_connection), name="event-log-checkpoints")
        try:
            while self._queue or not self._closed:
                await self._filled.wait()
                if batch := self._take():
                    await self._commit(batch)
        finally:
            folding.cancel()
            await asyncio.wait([folding])

    def stop(self) -> None:
        """Take no more; `run` ends once what was taken is durable."""
        self._closed = True
        self._filled.set()
        self._room.set()

    def close(self) -> None:
        """Let go of the file; blocks."""
        self._checkpoints.close()
        self._thread.shutdown()
        self._connection.close()

    def _enqueue(self, request: _Request) -> None:
        self._queue.append(request)
        self._queued_bytes += request.size
        self._filled.set()
        if self._queued_bytes > _BYTES_QUEUED:
            self._room.clear()

    def _take(self) -> list[_Request]:
        batch: list[_Request] = []
        room = _BYTES_AT_ONCE
        while self._queue and (not batch or self._queue[0].size <= room):
            batch.append(self._queue.popleft())
            room -= batch[-1].size
        self._queued_bytes -= sum(request.size for request in batch)
        if self._queued_bytes <= _BYTES_QUEUED:
            self._room.set()
        if not self._queue and not self._closed:
            self._filled.clear()
        return batch

    async def _commit(self, batch: Sequence[_Request]) -> None:
        appends = [append for request in batch for append in request.appends]
        try:
            results = await self._in_thread(lambda: commit(self._connection, appends, time.time_ns() // 1000))
        except Exception as error:  # noqa: BLE001 - handed to each caller, whose exception it is
            for request in batch:
                if not request.answer.done():
                    request.answer.set_exception(error)
            return
        self._checkpoints.committed()
        self._answer(batch, results)
        self._committed(max((result.position for result in results if isinstance(result, Appended)), default=0))

    @staticmethod
    def _answer(batch: Sequence[_Request], results: Sequence[Result]) -> None:
        start = 0
        for request in batch:
            end = start + len(request.appends)
            if not request.answer.done():
                request.answer.set_result(list(results[start:end]))
            start = end

    async def _with_connection(self, work: Callable[[sqlite3.Connection], _T]) -> _T:
        return await self._in_thread(lambda: work(self._connection))

    async def _in_thread(self, work: Callable[[], _T]) -> _T:
        def run() -> _T:
            with plain_words(self._path):
                return work()

        return await asyncio.get_running_loop().run_in_executor(self._thread, run)
