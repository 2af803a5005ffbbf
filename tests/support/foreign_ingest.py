"""An ingest that follows registrations, over a real broker and a log in memory."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from prometheus_client import CollectorRegistry

from glasshouse.foreign import ForeignSide
from glasshouse.ingest_side import IngestSide
from glasshouse.owned import Owned
from projections.feed import Feed
from schema.events import ActuatorEvent, DeviceMetadata
from tests.support.brokers import StandaloneBroker
from tests.support.fake_log import FakeLog
from tests.support.house_events import pack, tell


@asynccontextmanager
async def ingesting(
    broker: StandaloneBroker, log: FakeLog, folder: Path, sites: Sequence[str] = ()
) -> AsyncIterator[IngestSide]:
    """What an ingest that owns these sites does, all of them if none is named."""
    side = IngestSide(log, broker.address, Owned.parse(sites).filters, registry=CollectorRegistry())
    feed = Feed(log, retry_seconds=0.0)
    async with asyncio.TaskGroup() as tasks:
        reading: list[asyncio.Task[None]] = [tasks.create_task(feed.run(), name="feed")]
        reading += await ForeignSide(log, feed, path=folder / "addresses.json").start(tasks, side)
        side.start(tasks)
        await side.first_attempt()
        yield side
        await side.stop()
        for task in reading:
            task.cancel()


async def register(log: FakeLog, *devices: DeviceMetadata) -> None:
    await tell(log, [pack(f"control-{device.device_id}", device) for device in devices])


def states(log: FakeLog, device: str = "box-1") -> list[object]:
    """What its actuators said they are in, in the order of the log."""
    return [event.state for event in log.events(f"device-{device}") if isinstance(event, ActuatorEvent)]
