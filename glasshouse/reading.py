"""Read models at work: one feed of the log, the engine that runs them, and the tasks of both."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from adapters.event_log.port import EventLog
from adapters.snapshot import SnapshotFile
from projections import accounts, addresses, alerts, decisions, latest
from projections.accounts import Accounts
from projections.addresses import Addresses
from projections.alerts import Alerts
from projections.decisions import Decisions
from projections.engine import Engine
from projections.feed import Feed
from projections.latest import LatestState, SnapshotPolicy
from projections.metrics import ProjectionMetrics
from projections.read_model import ReadModel


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


def accounts_at(path: Path | None) -> Accounts:
    """The accounts, kept in that file; None: nowhere."""
    return Accounts(_file(path, accounts.SNAPSHOT_KIND, accounts.SNAPSHOT_VERSION))


def addresses_at(path: Path | None) -> Addresses:
    """The addresses of foreign devices, kept in that file; None: nowhere."""
    return Addresses(_file(path, addresses.SNAPSHOT_KIND, addresses.SNAPSHOT_VERSION))


def alerts_at(path: Path | None) -> Alerts:
    """Alert rules, kept in that file; None: nowhere."""
    return Alerts(_file(path, alerts.SNAPSHOT_KIND, alerts.SNAPSHOT_VERSION))


def decisions_at(path: Path | None) -> Decisions:
    """What people decided, kept in that file; None: nowhere."""
    return Decisions(_file(path, decisions.SNAPSHOT_KIND, decisions.SNAPSHOT_VERSION))


def latest_at(path: Path | None, policy: SnapshotPolicy | None = None) -> LatestState:
    """The latest state, kept in that file; None: nowhere."""
    return LatestState(_file(path, latest.SNAPSHOT_KIND, latest.SNAPSHOT_VERSION), policy=policy)


def open_accounts(
    log: EventLog, feed: Feed, metrics: ProjectionMetrics, *, path: Path, beside: Sequence[ReadModel] = ()
) -> Reading:
    """The accounts, for processes that answer little but should know whom, and the read models that they need `beside`."""
    known = accounts_at(path)
    return Reading(feed, Engine(log, feed, [known, *beside], metrics=metrics), known)


def _file(path: Path | None, kind: str, version: int) -> SnapshotFile | None:
    return None if path is None else SnapshotFile(path, kind=kind, version=version)


@asynccontextmanager
async def projecting(side: Reading) -> AsyncIterator[None]:
    """The feed and the engine at work for as long as the block runs."""
    async with asyncio.TaskGroup() as tasks:
        running = side.start(tasks)
        yield
        for task in running:
            task.cancel()
