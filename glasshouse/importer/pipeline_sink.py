"""An import that opens the event log itself: its messages go through the ingest pipeline, in this process."""

import asyncio
from asyncio import Future
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from prometheus_client import CollectorRegistry

from adapters.event_log.port import EventLog
from glasshouse.importer.sink import Sink
from ingest.limits import IngestLimits
from ingest.messages import Inbound, Outcome
from ingest.metrics import IngestMetrics
from ingest.pipeline import Pipeline

SOURCE = "import"


class PipelineSink:
    """Hands messages to a pipeline as if a transport had brought them."""

    def __init__(self, pipeline: Pipeline) -> None:
        self._pipeline = pipeline

    def submit(self, topic: str, payload: bytes) -> Future[Outcome]:
        return self._pipeline.submit(Inbound(SOURCE, topic, payload, datetime.now(UTC)))


@asynccontextmanager
async def pipeline_sink(log: EventLog) -> AsyncIterator[Sink]:
    """A sink into a log that no other ingest writes to. What ends the pipeline's writer is raised here."""
    pipeline = Pipeline(log, limits=IngestLimits(), metrics=IngestMetrics(CollectorRegistry()))
    writer = asyncio.create_task(pipeline.run(), name="import writer")
    try:
        yield PipelineSink(pipeline)
    except BaseException:
        await _end(writer)
        raise
    pipeline.close()
    await writer


async def _end(writer: asyncio.Task[None]) -> None:
    """Stop the writer; where it had failed of itself, that is the error to tell."""
    writer.cancel()
    await asyncio.wait([writer])
    if not writer.cancelled() and (error := writer.exception()) is not None:
        raise error
