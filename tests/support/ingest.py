"""Ingest over a log of the tests: messages in, outcomes out."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import msgspec
from prometheus_client import CollectorRegistry

from adapters.event_log.port import EventLog
from domain.foreign import ForeignDevice
from ingest.limits import IngestLimits
from ingest.messages import Inbound, Outcome
from ingest.metrics import IngestMetrics
from ingest.pipeline import Pipeline

NOW = datetime(2024, 6, 1, 12, 0, tzinfo=UTC)
NOON_MS = 1_717_243_200_000


class Ingest:
    """A running pipeline, and what it counts."""

    def __init__(self, pipeline: Pipeline, registry: CollectorRegistry) -> None:
        self.pipeline = pipeline
        self.registry = registry

    def submit(self, message: Inbound) -> asyncio.Future[Outcome]:
        return self.pipeline.submit(message)

    async def send(self, *messages: Inbound) -> list[Outcome]:
        return await asyncio.gather(*(self.pipeline.submit(message) for message in messages))

    def count(self, name: str, **labels: str) -> float:
        return self.registry.get_sample_value(f"glasshouse_ingest_{name}_total", labels) or 0.0


@asynccontextmanager
async def ingesting(
    log: EventLog,
    *,
    limits: IngestLimits | None = None,
    foreign: Iterable[ForeignDevice] = (),
    on_pressure: Callable[[bool], None] = lambda _: None,
) -> AsyncIterator[Ingest]:
    """A pipeline that runs as long as the block, and is drained at its end."""
    registry = CollectorRegistry()
    pipeline = Pipeline(log, limits=limits or IngestLimits(), metrics=IngestMetrics(registry), on_pressure=on_pressure)
    pipeline.foreign.know(foreign)
    running = asyncio.create_task(pipeline.run(), name="pipeline")
    try:
        yield Ingest(pipeline, registry)
    finally:
        pipeline.close()
        await asyncio.gather(running, return_exceptions=True)


def message(
    payload: object, topic: str = "glasshouse/home/tomato-1/reading", *, at: datetime = NOW, redelivered: bool = False
) -> Inbound:
    """A message with that payload: bytes as they are, anything else as JSON."""
    raw = payload if isinstance(payload, bytes) else msgspec.json.encode(payload)
    return Inbound("mqtt", topic, raw, at, redelivered)


def reading(minute: int = 0, value: float | None = 21.5, **more: Any) -> dict[str, Any]:
    """A reading as a device sends it, so many minutes after noon."""
    return {"timestamp": NOON_MS + minute * 60_000, "reading": {"temperature": value}, **more}


def results(outcomes: Iterable[Outcome]) -> list[str]:
    return [str(outcome.result) for outcome in outcomes]
