"""The streams that ingest remembers: as many as it may, the least recently written forgotten first."""

import asyncio
from collections import OrderedDict
from collections.abc import Coroutine, Iterable, Sequence
from typing import Any, Final, TypeVar

from adapters.event_log.port import EventLog
from ingest.limits import IngestLimits
from ingest.recall import remember
from ingest.stream_memory import StreamMemory

READS_AT_ONCE: Final = 64
_T = TypeVar("_T")


class Memories:
    """What is remembered of each stream, read from the log at first contact."""

    def __init__(self, log: EventLog, limits: IngestLimits) -> None:
        self._log = log
        self._limits = limits
        self._by_stream: OrderedDict[str, StreamMemory] = OrderedDict()

    def __getitem__(self, stream: str) -> StreamMemory:
        return self._by_stream[stream]

    async def recall(self, streams: Iterable[str]) -> None:
        """Have all of these at hand."""
        cold = []
        for stream in streams:
            if stream in self._by_stream:
                self._by_stream.move_to_end(stream)
            else:
                cold.append(stream)
        for start in range(0, len(cold), READS_AT_ONCE):
            await self._recall(cold[start : start + READS_AT_ONCE])

    async def _recall(self, streams: Sequence[str]) -> None:
        # First all reads, then all thinking: a busy event loop would keep the log's threads from the interpreter.
        tails = await all_of([self._log.read_stream(stream, backwards=True, limit=self._limits.tail) for stream in streams])
        for stream, tail in zip(streams, tails, strict=True):
            self._by_stream[stream] = remember(tail, self._limits)

    def forget(self, streams: Iterable[str]) -> None:
        """What is remembered of these may be wrong."""
        for stream in streams:
            self._by_stream.pop(stream, None)

    def shrink(self) -> None:
        """Forget the streams beyond the limit."""
        while len(self._by_stream) > self._limits.devices:
            self._by_stream.popitem(last=False)


async def all_of(reads: Sequence[Coroutine[Any, Any, _T]]) -> list[_T]:
    """Their results in order, a bounded number at once; all have ended before the first error is raised."""
    gate = asyncio.Semaphore(READS_AT_ONCE)

    async def guarded(read: Coroutine[Any, Any, _T]) -> _T:
        async with gate:
            return await read

    results = await asyncio.gather(*(guarded(read) for read in reads), return_exceptions=True)
    for result in results:
        if isinstance(result, BaseException):
            raise result
    return [result for result in results if not isinstance(result, BaseException)]
