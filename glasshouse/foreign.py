"""The devices of other dialects, followed in the log and told to the ingest side."""

import asyncio
from contextlib import suppress
from pathlib import Path

from prometheus_client import CollectorRegistry

from adapters.event_log.port import EventLog
from glasshouse.ingest_side import IngestSide
from glasshouse.reading import addresses_at
from projections.addresses import Addresses
from projections.engine import Engine
from projections.feed import Feed
from projections.metrics import ProjectionMetrics
from projections.running_queries import ProjectionHaltedError


class ForeignSide:
    """Their addresses, beside the read models that a process is asked about: these serve its own ingest alone."""

    def __init__(self, log: EventLog, feed: Feed, *, path: Path) -> None:
        self._log = log
        self._addresses = addresses_at(path)
        self.engine = Engine(log, feed, [self._addresses], metrics=ProjectionMetrics(CollectorRegistry()))

    async def start(self, tasks: asyncio.TaskGroup, ingest: IngestSide) -> list[asyncio.Task[None]]:
        """Return once ingest knows them: what it took before, it would take for a stranger's. The feed must be running."""
        running = tasks.create_task(self.engine.run(), name="foreign-addresses")
        head = await self._log.head()
        if head is not None:
            with suppress(ProjectionHaltedError):
                await self.engine.reached(self._addresses.name, head)
        ingest.know(self._addresses.devices())
        return [running, tasks.create_task(follow_addresses(self._addresses, ingest), name="foreign-devices")]


async def follow_addresses(addresses: Addresses, ingest: IngestSide) -> None:
    """Tell ingest of each change, until cancelled."""
    while True:
        await addresses.changed()
        ingest.know(addresses.devices())
