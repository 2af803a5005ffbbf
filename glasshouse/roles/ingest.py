"""The role `ingest`: takes in what is said at the sites that it owns, and nothing else."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Final

from adapters.mqtt.address import BrokerAddress
from api.services import HealthProbe
from glasshouse.errors import SettingsError
from glasshouse.foreign import follow_addresses
from glasshouse.health import LogProbe, MqttProbe, ProjectionsProbe
from glasshouse.holding import LeaseProbe, holding
from glasshouse.ingest_side import IngestSide
from glasshouse.loops import spared_collector
from glasshouse.owned import Owned
from glasshouse.reading import addresses_at, open_accounts
from glasshouse.roles.stage import Running, Stage, on_stage
from glasshouse.settings import Settings
from glasshouse.web_side import ops_server
from projections.accounts import Accounts
from projections.addresses import Addresses
from projections.feed import Feed
from projections.metrics import ProjectionMetrics
from schema.envelope import Filter

ROLE: Final = "ingest"
_READ: Final = Filter(categories=Accounts.only.categories | Addresses.only.categories)


@asynccontextmanager
async def ingesting(settings: Settings, sites: Sequence[str], *, standby: bool = False) -> AsyncIterator[Running]:
    """The role at work; see `Lease` for what ends it otherwise than its caller."""
    owned, address = Owned.parse(sites), shared_broker(settings)
    async with on_stage(settings, ROLE) as stage:
        ingest = IngestSide(stage.log, address, owned.filters, sites=owned.sites, registry=stage.registry, tracer=stage.tracer)
        lease = stage.lease(ROLE, owns=owned.sites, on_change=ingest.allow)
        feed, metrics = Feed(stage.log, only=_READ), ProjectionMetrics(stage.registry)
        addresses = addresses_at(stage.folder.addresses)
        reading = open_accounts(stage.log, feed, metrics, path=stage.folder.accounts, beside=[addresses])
        probes: list[HealthProbe] = [LogProbe(stage.log), LeaseProbe(lease), MqttProbe(ingest.sessions)]
        probes.append(ProjectionsProbe(reading.engine))
        web = ops_server(
            reading, folder=stage.folder, registry=stage.registry, probes=probes, settings=settings, ingest=ingest.http
        )
        async with asyncio.TaskGroup() as tasks:
            aside = reading.start(tasks)
            await reading.caught_up(stage.log)
            ingest.know(addresses.devices())
            aside.append(tasks.create_task(follow_addresses(addresses, ingest), name="foreign-devices"))
            aside.append(await web.start_on(stage.listener, tasks))
            async with holding(lease, standby=standby), _taking_in(ingest):
                yield _running(stage, address, owned, lease.fencing)
            for task in aside:
                task.cancel()


def shared_broker(settings: Settings) -> BrokerAddress:
    """The broker that the settings name by URL; SettingsError where they ask for an embedded one."""
    if settings.embedded_broker is not None:
        raise SettingsError(
            f"an embedded broker ({settings.mqtt}) lives in the process of `up`; a role needs one that stands by itself: "
            "name it with --mqtt or GLASSHOUSE_MQTT, as in mqtt://user:password@host:1883"
        )
    return BrokerAddress.parse(settings.mqtt)


@asynccontextmanager
async def _taking_in(ingest: IngestSide) -> AsyncIterator[None]:
    async with asyncio.TaskGroup() as tasks:
        ingest.start(tasks)
        await ingest.first_attempt()
        with spared_collector():
            yield
        await ingest.stop()


def _running(stage: Stage, address: BrokerAddress, owned: Owned, fencing: int | None) -> Running:
    told = {"http": stage.http, "mqtt": {"host": address.host, "port": address.port}, "owns": owned.sites, "fencing": fencing}
    return Running(stage, ROLE, told, {})
