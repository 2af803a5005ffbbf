"""Read models at work: one feed of the log, the engine that runs them, and the tasks of both."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from adapters.event_log.port import EventLog
from projections import decisions
from projections.accounts import SNAPSHOT_KIND, SNAPSHOT_VERSION, Accounts
from projections.decisions import Decisions
from projections.engine import Engine
from projections.feed import Feed
from projections.metrics import ProjectionMetrics
from projections.snapshot import SnapshotFile


@dataclass(frozen=True)
class Reading:
    """Some read models of a process, and what runs them. Who has accounts knows whom to answer."""

    feed: Feed
    engine: Engine
    accounts: Accounts

    def start(self, tasks: asyncio.TaskGroup) -> list[asyncio.Task[None]]:
        """The feed and the engine, each in a task; to be cancelled in order that read models keep what they have."""
        return [
            tasks.create_task(self.feed.run(), name="feed"),
            tasks.create_task(self.engine.run(), name="projections"),
        ]

    async def caught_up(self, log: EventLog, *names: str) -> None:
        """Return once these read models (none named: all) hold what the log holds now."""
        head = await log.head()
        if head is None:
            return
        for status in self.engine.status():
            if not names or status.name in names:
                await self.engine.reached(status.name, head)


def accounts_in(snapshots: Path | None) -> Accounts:
    """The accounts, kept in that folder; None: nowhere."""
    if snapshots is None:
        return Accounts()
    return Accounts(SnapshotFile(snapshots / "accounts.json", kind=SNAPSHOT_KIND, version=SNAPSHOT_VERSION))


def decisions_in(snapshots: Path | None) -> Decisions:
    """What people decided, kept in that folder; None: nowhere."""
    if snapshots is None:
        return Decisions()
    return Decisions(
        SnapshotFile(snapshots / "decisions.json", kind=decisions.SNAPSHOT_KIND, version=decisions.SNAPSHOT_VERSION)
    )


def open_accounts(log: EventLog, feed: Feed, metrics: ProjectionMetrics, *, snapshots: Path) -> Reading:
    """The accounts alone, for processes that answer little but should know whom."""
    accounts = accounts_in(snapshots)
    return Reading(feed, Engine(log, feed, [accounts], metrics=metrics), accounts)


@asynccontextmanager
async def projecting(side: Reading) -> AsyncIterator[None]:
    """The feed and the engine at work for as long as the block runs."""
    async with asyncio.TaskGroup() as tasks:
        running = side.start(tasks)
        yield
        for task in running:
            task.cancel()
