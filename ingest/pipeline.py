"""The pipeline: decoded as it arrives, written in batches, and only then told to whoever sent it.

While one batch is being made durable the next gathers. What is queued is bounded in bytes, and sources are asked to stop
long before the bound.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from time import perf_counter
from typing import Final

import msgspec
import structlog

from adapters.event_log.port import EventLog
from ingest.facts import Code, Flaw
from ingest.foreign import ForeignDevices
from ingest.items import Entry, Item, dead_item, outcome, record_item
from ingest.limits import IngestLimits
from ingest.messages import Inbound, Outcome, PipelineClosedError, PipelineFullError, Result
from ingest.metrics import IngestMetrics
from ingest.tally import count_batch
from ingest.understanding import items_of
from ingest.writer import Writer
from schema.events import Event
from schema.ids import EventId

_OVERHEAD: Final = 1_500
"""About what an event takes in memory beyond its payload while it is queued, in bytes."""


def _nobody_listens(pressed: bool) -> None:
    """Sources that wait for each outcome need not be told to stop."""


class Pipeline:
    """One queue and one writer. `on_pressure` is called with True when sources should stop, False when they may go on.

    Once it is closed they are not told to go on any more: what they would send next could not be taken.
    """

    def __init__(
        self,
        log: EventLog,
        *,
        limits: IngestLimits,
        metrics: IngestMetrics,
        foreign: ForeignDevices | None = None,
        on_pressure: Callable[[bool], None] = _nobody_listens,
    ) -> None:
        self.foreign = foreign or ForeignDevices()
        self._limits = limits
        self._metrics = metrics
        self._on_pressure = on_pressure
        self._writer = Writer(log, limits, metrics)
        self._queue: deque[Entry] = deque()
        self._in_flight: list[Entry] = []
        self._bytes = 0
        self._pressed = False
        self._closed = False
        self._wake = asyncio.Event()
        metrics.watch_queue(lambda: self._bytes)

    def submit(self, message: Inbound) -> asyncio.Future[Outcome]:
        """Take a message; the future resolves once all that it says is durable. Order is kept, of futures too.

        PipelineFullError, PipelineClosedError: it was not taken.
        """
        items = self._decode(message)
        return self._enqueue(message, items) if items else self._pass_over()

    def bury(self, message: Inbound, flaw: Flaw) -> asyncio.Future[Outcome]:
        """Take a message of which its source can already tell that it cannot be understood; else as `submit`."""
        return self._enqueue(message, [dead_item(message, flaw, self._limits)])

    def record(self, message: Inbound, stream: str, event: Event, event_id: EventId) -> asyncio.Future[Outcome]:
        """Add an event of ours about a message to a stream that this pipeline writes; else as `submit`."""
        return self._enqueue(message, [record_item(message, stream, event, event_id)])

    @property
    def is_pressed(self) -> bool:
        """Whether so much waits for the log that sources should stop."""
        return self._pressed

    async def run(self) -> None:
        """Write until closed, then drain. However it ends, nobody is left waiting."""
        try:
            while batch := await self._next_batch():
                started = perf_counter()
                await self._store([item for entry in batch for item in entry.items])
                self._resolve(batch, perf_counter() - started)
        finally:
            self._abandon()

    def close(self) -> None:
        """Take no more; `run` ends once all that was taken is durable."""
        self._closed = True
        self._wake.set()

    async def _store(self, items: Sequence[Item]) -> None:
        await self._writer.store(items)

    def _decode(self, message: Inbound) -> list[Item]:
        size = len(message.payload)
        if size > self._limits.payload_bytes:
            flaw = Flaw(Code.TOO_LARGE, f"{size} bytes, more than {self._limits.payload_bytes}: send it in parts")
            item = dead_item(message, flaw, self._limits)
            item.message = msgspec.structs.replace(message, payload=b"")
            return [item]
        try:
            return items_of(message, self.foreign, self._limits)
        except Exception as error:  # noqa: BLE001 whatever a device finds to break a decoder with costs a dead letter, no more
            structlog.get_logger().exception("decoder_failed", topic=message.topic)
            return [dead_item(message, Flaw(Code.DECODER_FAILED, f"the decoder failed: {error!r}"), self._limits)]

    def _enqueue(self, message: Inbound, items: list[Item]) -> asyncio.Future[Outcome]:
        if self._closed:
            raise PipelineClosedError("ingest is closed and takes no more messages")
        size = len(items[0].message.payload) + len(message.topic) + _OVERHEAD * len(items)
        if self._bytes + size > self._limits.hard_bytes:
            raise PipelineFullError(f"{self._bytes} bytes are waiting for the log, and no more than that are held")
        entry = Entry(asyncio.get_running_loop().create_future(), items, size)
        self._queue.append(entry)
        self._bytes += size
        if self._bytes > self._limits.high_water and not self._pressed:
            self._pressed = True
            self._on_pressure(True)
        if not self._wake.is_set():
            self._wake.set()
        return entry.future

    def _pass_over(self) -> asyncio.Future[Outcome]:
        """There is nothing in a message that is kept."""
        self._metrics.ignored.inc()
        nothing: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        nothing.set_result(Outcome(Result.IGNORED, []))
        return nothing

    async def _next_batch(self) -> list[Entry]:
        """What is queued, up to the bounds of a batch; empty once closed and drained."""
        while not self._queue:
            if self._closed:
                return []
            self._wake.clear()
            await self._wake.wait()
        batch = self._in_flight
        events = size = 0
        while self._queue and events < self._limits.batch_events and size < self._limits.batch_bytes:
            entry = self._queue.popleft()
            batch.append(entry)
            events += len(entry.items)
            size += entry.size
        return batch

    def _resolve(self, batch: list[Entry], seconds: float) -> None:
        for entry in batch:
            self._bytes -= entry.size
            if not entry.future.done():
                entry.future.set_result(outcome(entry.items))
        count_batch(self._metrics, batch, seconds, datetime.now(UTC))
        self._in_flight = []
        if self._pressed and self._bytes <= self._limits.low_water and not self._closed:
            self._pressed = False
            self._on_pressure(False)

    def _abandon(self) -> None:
        """The writer ended: what is not durable is not acknowledged."""
        self._closed = True
        for entry in (*self._in_flight, *self._queue):
            if not entry.future.done():
                entry.future.set_exception(PipelineClosedError("ingest ended before this was durable"))
        self._in_flight = []
        self._queue.clear()
        self._bytes = 0
