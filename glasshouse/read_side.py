"""The read side of one process: the read models that it runs, over the stores that they fill."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from prometheus_client import CollectorRegistry

from adapters.event_log.port import EventLog
from adapters.history import content
from adapters.history.horizon import judged_from
from adapters.history.port import ANOMALIES
from adapters.history.serving import ServingHistory
from adapters.tracing.port import OFF, Tracer
from domain.versions import FIRST, Version, Versions
from domain.windows import Span
from glasshouse.oracle.probe import HashPair, at_rest
from glasshouse.reading import Reading, accounts_at, alerts_at, decisions_at, latest_at, projecting
from glasshouse.settings import Settings
from glasshouse.stores import open_history
from glasshouse.versions.made import Around, Made, MadeHistory, MadeInFile, MadeInMemory, rules_of
from glasshouse.versions.rebuilds import Rebuilds
from glasshouse.versions.shelf import COMMANDS, HISTORY, LINEAGE, Shelf
from glasshouse.versions.stage import Stage
from glasshouse.versions.standing import Standing
from projections.accounts import Accounts
from projections.alerts import Alerts
from projections.commands import Commands
from projections.decisions import Decisions
from projections.engine import Engine
from projections.feed import Feed
from projections.latest import LatestState, SnapshotPolicy
from projections.lineage import Lineage
from projections.metrics import ProjectionMetrics
from projections.read_model import ReadModel
from projections.running_queries import ProjectionHaltedError
from schema.times import DAY_US


@dataclass(frozen=True)
class QuerySide(Reading):
    """What the API of one process answers from by itself."""

    latest: LatestState
    decisions: Decisions
    lineage: Lineage
    commands: Commands
    alerts: Alerts
    rebuilds: Rebuilds

    def start(self, tasks: asyncio.TaskGroup) -> list[asyncio.Task[None]]:
        return [tasks.create_task(self.rebuilds.run(), name="rebuilds"), *super().start(tasks)]

    async def answers(self, log: EventLog) -> None:
        """Return once it knows its keys and what people decided, and its latest state is caught up."""
        await self.caught_up(log, "accounts")
        for name in ("decisions", "latest"):
            with suppress(ProjectionHaltedError):  # which /readyz shows: it stands still alone, and all else goes on
                await self.caught_up(log, name)


@dataclass(frozen=True)
class ReadSide(QuerySide):
    """All read models of a house in one process."""

    history: ServingHistory


async def open_query_side(
    log: EventLog,
    standing: Standing,
    *,
    registry: CollectorRegistry,
    policy: SnapshotPolicy | None = None,
    tracer: Tracer = OFF,
) -> QuerySide:
    """What a process answers from that fills no history: read models of its own alone."""
    accounts, decisions, latest, alerts, commands, lineage = parts = await _parts(log, standing, policy)
    engine = Engine(log, feed := Feed(log), parts, metrics=ProjectionMetrics(registry), tracer=tracer)
    around = Around(log, standing.shelf, decisions, lambda position: engine.reached(decisions.name, position), policy=policy)
    rebuilds = Rebuilds(Stage(log, engine, around, _made(parts)), standing, latest)
    return QuerySide(feed, engine, accounts, latest, decisions, lineage, commands, alerts, rebuilds)


async def open_read_side(
    log: EventLog, standing: Standing, history: ServingHistory, *, registry: CollectorRegistry, tracer: Tracer = OFF
) -> ReadSide:
    """Build the read models over their stores. The engine closes them when it ends."""
    accounts, decisions, latest, alerts, commands, lineage = parts = await _parts(log, standing, None)
    around = Around(log, standing.shelf, decisions, lambda position: engine.reached(decisions.name, position))
    filled = MadeHistory(history.store, around, rules_of(standing.serving(HISTORY)))
    models: list[ReadModel] = [accounts, decisions, latest, alerts, commands, *filled.models, lineage]
    engine = Engine(log, feed := Feed(log), models, metrics=ProjectionMetrics(registry), derived=filled.derived, tracer=tracer)
    made: dict[str, Made] = {HISTORY: filled, **_made(parts)}
    rebuilds = Rebuilds(Stage(log, engine, around, made, history), standing, latest)
    return ReadSide(feed, engine, accounts, latest, decisions, lineage, commands, alerts, rebuilds, history)


async def open_serving_history(standing: Standing) -> ServingHistory:
    """The history that serves; HistoryError in plain words."""
    return ServingHistory(await open_history(standing.shelf.settings, standing.serving(HISTORY).number))


_Parts = tuple[Accounts, Decisions, LatestState, Alerts, Commands, Lineage]


async def _parts(log: EventLog, standing: Standing, policy: SnapshotPolicy | None) -> _Parts:
    """The versions that serve of what every process has for itself."""
    shelf = standing.shelf

    def path(name: str) -> Path:
        return shelf.snapshot(name, standing.serving(name).number)

    lineage = await Lineage.open(log, shelf.lineage(standing.serving(LINEAGE).number))
    commands = await Commands.open(shelf.commands(standing.serving(COMMANDS).number))
    in_memory = (
        accounts_at(path("accounts")),
        decisions_at(path("decisions")),
        latest_at(path("latest"), policy),
        alerts_at(path("alerts")),
    )
    return *in_memory, commands, lineage


def _made(parts: _Parts) -> dict[str, Made]:
    in_memory, in_files = parts[:4], parts[4:]
    return {model.name: MadeInMemory(model) for model in in_memory} | {model.name: MadeInFile(model) for model in in_files}


@asynccontextmanager
async def rebuilt(log: EventLog, rules: Version | None = None) -> AsyncIterator[ReadSide]:
    """Read models rebuilt from the start of the log, in a temporary folder, caught up with its head.

    The history is made by the rules of that version.
    """
    with tempfile.TemporaryDirectory(prefix="glasshouse-rebuild-") as folder:
        standing = Standing(Shelf(Settings(data=folder)), {HISTORY: Versions(rules or Version(FIRST, None))})
        history = await open_serving_history(standing)
        try:
            side = await open_read_side(log, standing, history, registry=CollectorRegistry())
            async with projecting(side):
                await side.caught_up(log)
                yield side
        finally:
            await history.close()


@asynccontextmanager
async def rebuilt_queries(log: EventLog) -> AsyncIterator[QuerySide]:
    """The same without the history."""
    with tempfile.TemporaryDirectory(prefix="glasshouse-rebuild-") as folder:
        side = await open_query_side(log, Standing(Shelf(Settings(data=folder))), registry=CollectorRegistry())
        async with projecting(side):
            await side.caught_up(log)
            yield side


async def hashes(serving: ReadSide, log: EventLog) -> Mapping[str, HashPair]:
    """The content hashes of the serving fact models beside those of a rebuild from the start of the log."""
    async with rebuilt(log, serving.rebuilds.serving(HISTORY)) as side:

        async def compare() -> Mapping[str, HashPair]:
            await serving.caught_up(log)
            await side.caught_up(log)
            history = await history_hashes(serving.history, side.history)
            return {**await query_hashes(serving, side), "history": history}

        return await at_rest(log, compare)


async def query_hashes(serving: QuerySide, other: QuerySide) -> Mapping[str, HashPair]:
    """The same of what every process has for itself. Both have caught up with the log."""
    return {
        "latest": HashPair(serving.latest.content_hash(), other.latest.content_hash()),
        "decisions": HashPair(serving.decisions.content_hash(), other.decisions.content_hash()),
        "lineage": HashPair(await serving.lineage.content_hash(), await other.lineage.content_hash()),
        "alerts": HashPair(serving.alerts.content_hash(), other.alerts.content_hash()),
        "commands": HashPair(await serving.commands.content_hash(), await other.commands.content_hash()),
    }


async def history_hashes(serving: ServingHistory, other: ServingHistory) -> HashPair:
    """What two histories hold, raw rows and windows; of these as far back as the one that serves keeps them."""
    first = {span.value: serving.horizon.windows_from(span) for span in Span} | {ANOMALIES: judged_from(serving.horizon)}
    served, made = await serving.digests(_nothing), await other.digests(_nothing)
    kept = {part: days.from_day(first[part] // DAY_US) if part in first else days for part, days in made.items()}
    left, right = (
        {part: days.without(content.gone_of(serving.horizon, part)) for part, days in one.items()} for one in (served, kept)
    )
    return HashPair(str(sorted(content.hashes(left).items())), str(sorted(content.hashes(right).items())))


def _nothing() -> None:
    """Both stand still."""
