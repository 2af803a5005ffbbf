"""The ingest side of one process: a pipeline to the log, a session with the broker for each topic filter, and HTTP."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from functools import partial
from typing import Final

from prometheus_client import CollectorRegistry

from adapters.event_log.port import EventLog
from adapters.mqtt.address import BrokerAddress
from adapters.mqtt.session import Session
from adapters.tracing.port import OFF, Tracer
from domain.foreign import ForeignDevice
from domain.leases import ALL
from glasshouse.http_ingest import HttpIngest
from ingest.limits import IngestLimits
from ingest.metrics import IngestMetrics
from ingest.mqtt_source import MqttSource
from ingest.pipeline import Pipeline
from ingest.traced_pipeline import TracedPipeline

_DRAIN_SECONDS: Final = 10


class IngestSide:
    """Messages to the log. `filters` are topic filters by the client id under which each is subscribed to.

    `sites` are those whose messages are taken over HTTP.
    """

    def __init__(
        self,
        log: EventLog,
        address: BrokerAddress,
        filters: Mapping[str, str],
        *,
        sites: Collection[str] = (ALL,),
        registry: CollectorRegistry,
        tracer: Tracer = OFF,
    ) -> None:
        metrics = IngestMetrics(registry)
        kind = partial(TracedPipeline, tracer=tracer) if tracer.on else Pipeline
        self._pipeline = kind(
            log, limits=IngestLimits(), metrics=metrics, on_pressure=lambda on: self._brake("pressure", on=on)
        )
        self.http = HttpIngest(self._pipeline, log.log_id, sites, self._why_not)
        self._sources = [
            MqttSource(address, self._pipeline, client_id=client_id, metrics=metrics, filters=(topics,))
            for client_id, topics in filters.items()
        ]
        self._brakes: set[str] = set()
        self._writing: asyncio.Task[None] | None = None
        self._listening: list[asyncio.Task[None]] = []

    @property
    def sessions(self) -> list[Session]:
        return [source.session for source in self._sources]

    def know(self, devices: Sequence[ForeignDevice]) -> None:
        """These are the devices of other dialects; each session hears those of the sites that it owns."""
        self._pipeline.foreign.know(devices)
        for source in self._sources:
            source.hear_foreign()

    def start(self, tasks: asyncio.TaskGroup) -> None:
        """The writer and the sessions, each in a task."""
        self._writing = tasks.create_task(self._pipeline.run(), name="ingest-writer")
        self._listening = [
            tasks.create_task(source.run(), name=f"mqtt-source-{number}") for number, source in enumerate(self._sources)
        ]

    async def first_attempt(self) -> None:
        """Return once all sessions are connected; raises what the first attempt of one met."""
        for session in self.sessions:
            await session.first_attempt()

    def allow(self, allowed: bool) -> None:
        """Whether this process owns its filters now: if not, it takes nothing, and what it took still finds its way."""
        self._brake("lease", on=not allowed)

    async def stop(self) -> None:
        """Take no more, make durable and acknowledge what was taken, then let go of the broker."""
        self._brake("stop", on=True)
        self._pipeline.close()
        if self._writing is None:
            return
        await asyncio.wait([self._writing], timeout=_DRAIN_SECONDS)
        self._writing.cancel()
        await asyncio.sleep(0)
        for task in self._listening:
            task.cancel()
        await asyncio.wait(self._listening)

    def _why_not(self) -> str | None:
        """What keeps this process from taking anything in; pressure passes by itself, and is none of that."""
        if "stop" in self._brakes:
            return "this process is about to end"
        if self._writing is None or "lease" in self._brakes:
            return "this process does not hold the role `ingest`, or not yet"
        return "ingest has ended" if self._writing.done() else None

    def _brake(self, reason: str, *, on: bool) -> None:
        """Messages are taken while there is no reason against it."""
        (self._brakes.add if on else self._brakes.discard)(reason)
        for source in self._sources:
            source.throttle(bool(self._brakes))
