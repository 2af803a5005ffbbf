"""The role `react`: does what follows from what was decided and said, commands above all. One process at a time."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from adapters.mqtt.address import BrokerAddress
from api.services import HealthProbe
from glasshouse.health import LogProbe, MqttProbe, ProjectionsProbe
from glasshouse.holding import LeaseProbe, holding
from glasshouse.loops import spared_collector
from glasshouse.notify_side import Telling
from glasshouse.react_side import ReactSide, new_client_id
from glasshouse.reactor_probes import ReactorsProbe, TargetsProbe
from glasshouse.reading import Reading, latest_at, open_accounts
from glasshouse.roles.ingest import shared_broker
from glasshouse.roles.stage import Running, Stage, on_stage
from glasshouse.settings import Settings
from glasshouse.web_side import ops_server
from projections.accounts import Accounts
from projections.advice import LatestAdvice
from projections.feed import Feed
from projections.latest import LatestState
from projections.metrics import ProjectionMetrics
from schema.envelope import Filter

ROLE: Final = "react"
_READ: Final = Filter(categories=Accounts.only.categories | LatestState.only.categories)


@asynccontextmanager
async def reacting(settings: Settings, *, standby: bool = False) -> AsyncIterator[Running]:
    """The role at work; see `Lease` for what ends it otherwise than its caller."""
    address = shared_broker(settings)
    async with on_stage(settings, ROLE) as stage:
        lease = stage.lease(ROLE)
        reading, latest = _reading(stage)
        react = ReactSide(
            stage.log,
            address,
            new_client_id(),
            LatestAdvice(latest),
            snapshot=stage.folder.reactors,
            registry=stage.registry,
            lease=lease,
            tracer=stage.tracer,
            telling=Telling.of(settings),
        )
        probes: list[HealthProbe] = [LogProbe(stage.log), LeaseProbe(lease), MqttProbe([react.session])]
        probes += [ProjectionsProbe(reading.engine), ReactorsProbe(react.engine), ReactorsProbe(react.alerts, "alerts")]
        probes += [ReactorsProbe(react.notify.notifier, "notifier"), TargetsProbe(react.notify)]
        web = ops_server(reading, folder=stage.folder, registry=stage.registry, probes=probes, settings=settings)
        async with asyncio.TaskGroup() as tasks:
            aside = reading.start(tasks)
            await reading.caught_up(stage.log)
            aside.append(await web.start_on(stage.listener, tasks))
            async with holding(lease, standby=standby), _at_work(react):
                yield _running(stage, address, lease.fencing)
            for task in aside:
                task.cancel()


def _reading(stage: Stage) -> tuple[Reading, LatestState]:
    """Whom to answer, and the latest state that advises."""
    latest = latest_at(stage.folder.snapshots / "latest.json")
    feed, metrics = Feed(stage.log, only=_READ), ProjectionMetrics(stage.registry)
    return open_accounts(stage.log, feed, metrics, path=stage.folder.accounts, beside=[latest]), latest


@asynccontextmanager
async def _at_work(react: ReactSide) -> AsyncIterator[None]:
    async with asyncio.TaskGroup() as tasks:
        react.start(tasks)
        await react.started()
        with spared_collector():
            yield
        await react.stop()


def _running(stage: Stage, address: BrokerAddress, fencing: int | None) -> Running:
    told = {"http": stage.http, "mqtt": {"host": address.host, "port": address.port}, "fencing": fencing}
    return Running(stage, ROLE, told, {})
