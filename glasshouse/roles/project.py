"""The role `project`: fills the read models that are shared, which one process at a time may do."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from adapters.history.retention.runs import RetentionRuns
from api.services import HealthProbe
from glasshouse.health import LaterProbe, LogProbe, ProjectionsProbe
from glasshouse.holding import LeaseProbe, holding
from glasshouse.lease import Lease
from glasshouse.loops import spared_collector
from glasshouse.read_side import open_serving_history
from glasshouse.reading import decisions_at, open_accounts
from glasshouse.retention import is_caught_up, retention_of
from glasshouse.roles.stage import Running, Stage, on_stage
from glasshouse.settings import Settings
from glasshouse.versions.made import rules_of
from glasshouse.versions.shelf import HISTORY
from glasshouse.versions.standing import take_charge
from glasshouse.web_side import ops_server
from projections.accounts import Accounts
from projections.decisions import Decisions
from projections.engine import Engine
from projections.feed import Feed
from projections.historical import history_models
from projections.history import RawHistory
from projections.metrics import ProjectionMetrics
from schema.envelope import Filter

ROLE: Final = "project"
_READ: Final = Filter(categories=Accounts.only.categories | Decisions.only.categories | RawHistory.only.categories)


@asynccontextmanager
async def projecting_history(settings: Settings, *, standby: bool = False) -> AsyncIterator[Running]:
    """The role at work; see `Lease` for what ends it otherwise than its caller."""
    async with on_stage(settings, ROLE) as stage:
        feed, metrics = Feed(stage.log, only=_READ), ProjectionMetrics(stage.registry)
        lease, shared = stage.lease(ROLE), LaterProbe("projections")
        reading = open_accounts(stage.log, feed, metrics, path=stage.folder.accounts)
        probes: list[HealthProbe] = [LogProbe(stage.log), LeaseProbe(lease), shared]
        web = ops_server(reading, folder=stage.folder, registry=stage.registry, probes=probes, settings=settings)
        async with asyncio.TaskGroup() as tasks:
            aside = reading.start(tasks)
            await reading.caught_up(stage.log)
            aside.append(await web.start_on(stage.listener, tasks))
            # The history is opened once the lease is held: until then the process before may have it open.
            async with holding(lease, standby=standby), _engine(stage, feed, metrics, lease) as (engine, retention):
                shared.probe = ProjectionsProbe(engine)
                async with _at_work(engine, retention):
                    yield _running(stage, lease.fencing)
            for task in aside:
                task.cancel()


@asynccontextmanager
async def _engine(
    stage: Stage, feed: Feed, metrics: ProjectionMetrics, lease: Lease
) -> AsyncIterator[tuple[Engine, RetentionRuns]]:
    """What fills the version of the history that serves, and what moves old rows out of it."""
    standing = await take_charge(stage.log, stage.settings, history=True)
    history = await open_serving_history(standing)
    try:
        decisions = decisions_at(stage.folder.snapshots / "decisions.json")
        raw, windows = history_models(
            history,
            decisions,
            lambda position: engine.reached(decisions.name, position),
            rules=rules_of(standing.serving(HISTORY)),
            may_write=lease.standing,
        )
        engine = Engine(stage.log, feed, [decisions, raw], metrics=metrics, derived=[windows], tracer=stage.tracer)
        yield engine, retention_of(history, stage.settings)
    finally:
        await history.close()


@asynccontextmanager
async def _at_work(engine: Engine, retention: RetentionRuns) -> AsyncIterator[None]:
    async with asyncio.TaskGroup() as tasks:
        working = [
            tasks.create_task(engine.run(), name="shared-projections"),
            tasks.create_task(retention.work(lambda: is_caught_up(engine)), name="retention"),
        ]
        await engine.started()
        with spared_collector():
            yield
        for task in working:
            task.cancel()


def _running(stage: Stage, fencing: int | None) -> Running:
    return Running(stage, ROLE, {"http": stage.http, "fencing": fencing}, {})
