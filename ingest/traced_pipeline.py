"""The pipeline of who wants spans: of each batch, and of some messages from their arrival to their acknowledgement.

It stands beside the plain one so that a message costs nothing more where nobody wants any.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

import msgspec

from adapters.event_log.port import EventLog
from adapters.tracing.port import Kind, Tracer
from ingest.items import Entry, Item
from ingest.limits import IngestLimits
from ingest.messages import Inbound, Outcome, Result
from ingest.metrics import IngestMetrics
from ingest.pipeline import Pipeline
from schema.ids import EventId
from schema.times import to_micros

_NS: Final = 1_000_000_000


class Steps(msgspec.Struct, gc=False):
    """When what was done with a message, in nanoseconds since the epoch."""

    received: int
    decoding: int
    decoded: int
    appending: int = 0
    appended: int = 0


class TracedPipeline(Pipeline):
    """The same, and the tracer is told."""

    def __init__(
        self,
        log: EventLog,
        *,
        limits: IngestLimits,
        metrics: IngestMetrics,
        on_pressure: Callable[[bool], None],
        tracer: Tracer,
    ) -> None:
        super().__init__(log, limits=limits, metrics=metrics, on_pressure=on_pressure)
        self._tracer = tracer
        self._decoded = (0, 0)
        self._followed: dict[asyncio.Future[Outcome], Steps] = {}

    def _decode(self, message: Inbound) -> list[Item]:
        decoding = time.time_ns()
        items = super()._decode(message)
        self._decoded = (decoding, time.time_ns())
        return items

    def _enqueue(self, message: Inbound, items: list[Item]) -> asyncio.Future[Outcome]:
        future = super()._enqueue(message, items)
        for item in items:
            if self._may_follow(item):
                self._followed[future] = Steps(to_micros(message.received_at) * 1_000, *self._decoded)
                break
        return future

    async def _store(self, items: Sequence[Item]) -> None:
        with self._tracer.span("ingest batch", items=len(items)):
            await super()._store(items)

    def _resolve(self, batch: list[Entry], seconds: float) -> None:
        super()._resolve(batch, seconds)
        if not self._followed:
            return
        appended = time.time_ns()
        for entry in batch:
            if (steps := self._followed.pop(entry.future, None)) is not None:
                steps.appending, steps.appended = max(steps.decoded, appended - int(seconds * _NS)), appended
                # The callbacks of who acknowledges were added before, so that they are called before.
                entry.future.add_done_callback(partial(self._acknowledged, entry.items, steps))

    def _abandon(self) -> None:
        super()._abandon()
        self._followed.clear()

    def _may_follow(self, item: Item) -> bool:
        """Some ids follow only from what the stream holds."""
        return item.id is None or self._tracer.wants(item.id, item.type)

    def _acknowledged(self, items: Sequence[Item], steps: Steps, _: asyncio.Future[Outcome]) -> None:
        over = time.time_ns()
        for item in items:
            if item.id is not None and self._tracer.wants(item.id, item.type):
                self._tell(item, item.id, steps, over)

    def _tell(self, item: Item, event_id: EventId, steps: Steps, over: int) -> None:
        """Of a message that the log held already another span tells by the event's own id."""
        is_new = item.position is not None
        tell = self._tracer.record
        tell(
            "ingest message",
            steps.received,
            over,
            of=event_id if is_new else None,
            cause=None if is_new else event_id,
            kind=Kind.CONSUMER,
            stream=item.stream,
            type=item.type,
            source=item.message.source,
            result=Result.DEAD_LETTER if item.code is not None else item.result or Result.STORED,
        )
        tell("decode", steps.decoding, steps.decoded, cause=event_id)
        tell("queue", steps.decoded, steps.appending, cause=event_id)
        tell("append", steps.appending, steps.appended, cause=event_id)
        tell("acknowledge", steps.appended, over, cause=event_id)
