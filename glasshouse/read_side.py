"""The read side of one process: the feed, the engine, and the read models that it runs."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from prometheus_client import CollectorRegistry

from adapters.event_log.port import EventLog
from adapters.history.port import History
from glasshouse.oracle.probe import HashPair
from glasshouse.settings import Settings
from glasshouse.stores import open_history
from projections.accounts import Accounts
from projections.engine import Engine
from projections.feed import Feed
from projections.history import RawHistory
from projections.latest import SNAPSHOT_KIND, SNAPSHOT_VERSION, LatestState
from projections.lineage import Lineage
from projections.metrics import ProjectionMetrics
from projections.read_model import ReadModel
from projections.snapshot import SnapshotFile


@dataclass(frozen=True)
class ReadSide:
    """The read models, and what runs them. `run` the feed and the engine in tasks of their own."""

    feed: Feed
    engine: Engine
    latest: LatestState
    accounts: Accounts
    lineage: Lineage
    history: History

    async def caught_up(self, log: EventLog, *names: str) -> None:
        """Return once these read models (none named: all) hold what the log holds now."""
        head = await log.head()
        if head is None:
            return
        for status in self.engine.status():
            if not names or status.name in names:
                await self.engine.reached(status.name, head)


async def open_read_side(
    log: EventLog, history: History, *, lineage: Path, snapshots: Path | None, registry: CollectorRegistry
) -> ReadSide:
    """Build the read models over their stores. The engine closes them when it ends."""
    snapshot = (
        None if snapshots is None else SnapshotFile(snapshots / "latest.json", kind=SNAPSHOT_KIND, version=SNAPSHOT_VERSION)
    )
    feed, latest, accounts = Feed(log), LatestState(snapshot), Accounts()
    index = await Lineage.open(log, lineage)
    models: list[ReadModel] = [accounts, latest, RawHistory(history), index]
    engine = Engine(log, feed, models, metrics=ProjectionMetrics(registry))
    return ReadSide(feed, engine, latest, accounts, index, history)


@asynccontextmanager
async def rebuilt(log: EventLog) -> AsyncIterator[ReadSide]:
    """Read models rebuilt from the start of the log, in a temporary folder, caught up with its head."""
    with tempfile.TemporaryDirectory(prefix="glasshouse-rebuild-") as folder:
        history = await open_history(Settings(data=folder))
        try:
            side = await open_read_side(
                log, history, lineage=Path(folder) / "lineage.db", snapshots=None, registry=CollectorRegistry()
            )
            async with projecting(side):
                await side.caught_up(log)
                yield side
        finally:
            await history.close()


@asynccontextmanager
async def projecting(side: ReadSide) -> AsyncIterator[None]:
    """The feed and the engine at work for as long as the block runs."""
    async with asyncio.TaskGroup() as tasks:
        running = [
            tasks.create_task(side.feed.run(), name="feed"),
            tasks.create_task(side.engine.run(), name="projections"),
        ]
        yield
        for task in running:
            task.cancel()


async def hashes(serving: ReadSide, log: EventLog) -> Mapping[str, HashPair]:
    """The content hashes of the serving fact models beside those of a rebuild from the start of the log."""
    async with rebuilt(log) as side:
        return {
            "latest": HashPair(serving.latest.content_hash(), side.latest.content_hash()),
            "history": HashPair(await serving.history.content_hash(), await side.history.content_hash()),
        }
