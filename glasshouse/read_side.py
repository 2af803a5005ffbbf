"""The read side of one process: the read models that it runs, over the stores that they fill."""

import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from prometheus_client import CollectorRegistry

from adapters.event_log.port import EventLog
from adapters.history.port import History
from glasshouse.oracle.probe import HashPair
from glasshouse.reading import Reading, accounts_in, decisions_in, projecting
from glasshouse.settings import Settings
from glasshouse.stores import open_history
from projections.decisions import Decisions
from projections.engine import Engine
from projections.feed import Feed
from projections.historical import history_models
from projections.latest import SNAPSHOT_KIND, SNAPSHOT_VERSION, LatestState, SnapshotPolicy
from projections.lineage import Lineage
from projections.metrics import ProjectionMetrics
from projections.queries import ProjectionHaltedError
from projections.read_model import ReadModel
from projections.snapshot import SnapshotFile


@dataclass(frozen=True)
class QuerySide(Reading):
    """What the API of one process answers from by itself."""

    latest: LatestState
    decisions: Decisions
    lineage: Lineage

    async def answers(self, log: EventLog) -> None:
        """Return once it knows its keys and what people decided, and its latest state is caught up."""
        await self.caught_up(log, "accounts")
        for name in ("decisions", "latest"):
            with suppress(ProjectionHaltedError):  # which /readyz shows: it stands still alone, and all else goes on
                await self.caught_up(log, name)


@dataclass(frozen=True)
class ReadSide(QuerySide):
    """All read models of a house in one process."""

    history: History


async def open_query_side(
    log: EventLog, *, lineage: Path, snapshots: Path, policy: SnapshotPolicy, registry: CollectorRegistry
) -> QuerySide:
    """What a process answers from that fills no history: read models of its own alone."""
    feed, accounts, latest = Feed(log), accounts_in(snapshots), _latest(snapshots, policy)
    decisions, index = decisions_in(snapshots), await Lineage.open(log, lineage)
    engine = Engine(log, feed, [accounts, decisions, latest, index], metrics=ProjectionMetrics(registry))
    return QuerySide(feed, engine, accounts, latest, decisions, index)


async def open_read_side(
    log: EventLog, history: History, *, lineage: Path, snapshots: Path | None, registry: CollectorRegistry
) -> ReadSide:
    """Build the read models over their stores. The engine closes them when it ends."""
    feed, accounts, latest = Feed(log), accounts_in(snapshots), _latest(snapshots)
    decisions, index = decisions_in(snapshots), await Lineage.open(log, lineage)
    raw, windows = history_models(history, decisions, lambda position: engine.reached(decisions.name, position))
    models: list[ReadModel] = [accounts, decisions, latest, raw, index]
    engine = Engine(log, feed, models, metrics=ProjectionMetrics(registry), derived=[windows])
    return ReadSide(feed, engine, accounts, latest, decisions, index, history)


def _latest(snapshots: Path | None, policy: SnapshotPolicy | None = None) -> LatestState:
    if snapshots is None:
        return LatestState()
    file = SnapshotFile(snapshots / "latest.json", kind=SNAPSHOT_KIND, version=SNAPSHOT_VERSION)
    return LatestState(file, policy=policy)


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
async def rebuilt_queries(log: EventLog) -> AsyncIterator[QuerySide]:
    """The same without the history."""
    with tempfile.TemporaryDirectory(prefix="glasshouse-rebuild-") as name:
        folder = Path(name)
        side = await open_query_side(
            log,
            lineage=folder / "lineage.db",
            snapshots=folder / "snapshots",
            policy=SnapshotPolicy(),
            registry=CollectorRegistry(),
        )
        async with projecting(side):
            await side.caught_up(log)
            yield side


async def hashes(serving: ReadSide, log: EventLog) -> Mapping[str, HashPair]:
    """The content hashes of the serving fact models beside those of a rebuild from the start of the log."""
    async with rebuilt(log) as side:
        return {
            "latest": HashPair(serving.latest.content_hash(), side.latest.content_hash()),
            "decisions": HashPair(serving.decisions.content_hash(), side.decisions.content_hash()),
            "lineage": HashPair(await serving.lineage.content_hash(), await side.lineage.content_hash()),
            "history": await history_hashes(serving.history, side.history),
        }


async def history_hashes(serving: History, other: History) -> HashPair:
    """What two histories hold, raw rows and windows."""
    served, made = await serving.content_hashes(), await other.content_hashes()
    return HashPair(str(sorted(served.items())), str(sorted(made.items())))
