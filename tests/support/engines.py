"""A running engine for tests: the feed and the read models of one log, up to a position or until the block ends."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from prometheus_client import CollectorRegistry

from adapters.event_log.port import EventLog
from projections.engine import Derived, Engine
from projections.feed import Feed
from projections.metrics import ProjectionMetrics
from projections.read_model import ReadModel
from schema.envelope import Position


@asynccontextmanager
async def running(
    log: EventLog,
    models: Sequence[ReadModel],
    *,
    derived: Sequence[Derived] = (),
    registry: CollectorRegistry | None = None,
    page_size: int = 7,
) -> AsyncIterator[Engine]:
    """The engine at work; at the end it is stopped as a process is, and its read models closed."""
    feed = Feed(log, page_size=page_size, retry_seconds=0.0)
    metrics = ProjectionMetrics(registry or CollectorRegistry())
    engine = Engine(log, feed, models, metrics=metrics, derived=derived, retry_seconds=0.0)
    tasks = [asyncio.create_task(feed.run(), name="feed"), asyncio.create_task(engine.run(), name="engine")]
    try:
        yield engine
    finally:
        for task in reversed(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def read_all(log: EventLog, models: Sequence[ReadModel], *, derived: Sequence[Derived] = ()) -> None:
    """Run the read models until they have read the whole log, then close them."""
    async with running(log, models, derived=derived) as engine:
        head = await log.head()
        if head is not None:
            for status in engine.status():
                await engine.reached(status.name, head)


async def nothing_decided(position: Position) -> None:
    """For windows that no decision concerns."""
    del position
