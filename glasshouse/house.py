"""The whole house in one process: broker, ingest, projections, reactors and API, started in order and stopped in order."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, nullcontext
from dataclasses import dataclass
from typing import Any

from adapters.event_log.port import EventLog
from adapters.history.retention.runs import RetentionRuns
from adapters.mqtt.address import BrokerAddress
from adapters.mqtt.broker import EmbeddedBroker, start_broker
from adapters.mqtt.errors import BrokerStartError
from api.audit_trail import AuditTrail
from api.services import HealthProbe
from glasshouse.audit_store import open_audit_trail
from glasshouse.base import Base, open_base
from glasshouse.broker_keys import follow_keys, logins_at_rest, require_no_keys
from glasshouse.data_folder import DataFolder
from glasshouse.foreign import ForeignSide
from glasshouse.health import LogProbe, MqttProbe, ProjectionsProbe
from glasshouse.holder import holder_of
from glasshouse.holding import holding
from glasshouse.ingest_side import IngestSide
from glasshouse.lease import Lease
from glasshouse.loops import spared_collector
from glasshouse.notify_side import Telling
from glasshouse.owned import Owned
from glasshouse.react_side import ReactSide, new_client_id
from glasshouse.reactor_probes import ReactorsProbe, TargetsProbe
from glasshouse.read_side import ReadSide, open_read_side
from glasshouse.retention import is_caught_up, retention_of
from glasshouse.roles.ingest import ROLE as INGEST
from glasshouse.roles.react import ROLE as REACT
from glasshouse.settings import Address, Settings
from glasshouse.web import WebServer, bind, url_of
from glasshouse.web_side import api_server
from projections.advice import LatestAdvice


@dataclass(frozen=True)
class House:
    """A running house: where it listens, and the parts that commands and the first start use."""

    settings: Settings
    folder: DataFolder
    http: str
    mqtt: BrokerAddress
    mqtt_port_v311: int
    log: EventLog
    read: ReadSide
    ingest: IngestSide
    foreign: ForeignSide
    react: ReactSide
    retention: RetentionRuns
    audit: AuditTrail

    def addresses(self) -> dict[str, Any]:
        """As the ready line tells them."""
        mqtt = {"host": self.mqtt.host, "port": self.mqtt.port, "port_v311": self.mqtt_port_v311}
        return {"http": self.http, "mqtt": mqtt}

    def announced(self) -> dict[str, Any]:
        """For other commands: where it listens, and whether its own broker asks for an account of the data folder's."""
        embedded = self.settings.embedded_broker is not None
        return {
            **self.addresses(),
            "broker_accounts": embedded and self.mqtt.username is not None,
            "certificate": self.settings.shown_certificate,
        }

    def announce(self) -> None:
        self.folder.announce(self.announced())


@asynccontextmanager
async def running_house(settings: Settings, folder: DataFolder) -> AsyncIterator[House]:
    """A house that is ready: it listens, is connected to its broker, all read models are at work, and latest has caught up.

    Leaving the block stops it cleanly: what was taken in is made durable and acknowledged first. An error of any part ends
    the block with an exception group that holds it.
    """
    async with AsyncExitStack() as stack:
        listener = stack.enter_context(bind(Address.parse(settings.http)))
        base = await open_base(settings, folder, stack)
        broker, address = await _broker(base, stack)
        read = await open_read_side(base.log, base.standing, base.history, registry=base.registry, tracer=base.tracer)
        audit = await stack.enter_async_context(open_audit_trail(settings, folder, base.registry))
        lease = _lease(base, REACT)
        house = House(
            settings=settings,
            folder=folder,
            http=url_of(listener, secure=settings.tls_certificate is not None),
            mqtt=address,
            mqtt_port_v311=address.port if broker is None else broker.port_v311,
            log=base.log,
            read=read,
            ingest=IngestSide(base.log, address, _filters(broker), registry=base.registry, tracer=base.tracer),
            foreign=ForeignSide(base.log, read.feed, path=folder.addresses),
            react=_react_side(base, read, broker, address, lease),
            retention=retention_of(base.history, settings),
            audit=audit,
        )
        web = _web(base, house)
        sites = _lease(base, INGEST, house.ingest.allow)
        async with _alone(sites), _alone(lease), _at_work(house, web, listener, broker):
            yield house


def _react_side(
    base: Base, read: ReadSide, broker: EmbeddedBroker | None, address: BrokerAddress, lease: Lease | None
) -> ReactSide:
    return ReactSide(
        base.log,
        address,
        _own_id(broker, new_client_id()),
        LatestAdvice(read.latest),
        snapshot=base.folder.reactors,
        registry=base.registry,
        lease=lease,
        plain=broker is not None and broker.wants_plain,
        feed=read.feed,
        tracer=base.tracer,
        telling=Telling.of(base.settings),
    )


def _web(base: Base, house: House) -> WebServer:
    return api_server(
        base.log,
        house.read,
        base.history,
        audit=house.audit,
        retention=house.retention,
        ingest=house.ingest.http,
        folder=base.folder,
        registry=base.registry,
        probes=_probes(house),
        settings=base.settings,
        tracer=base.tracer,
    )


def _filters(broker: EmbeddedBroker | None) -> Mapping[str, str]:
    """All topics, by the client id under which they are subscribed to."""
    return {_own_id(broker, client_id): topics for client_id, topics in Owned().filters.items()}


def _own_id(broker: EmbeddedBroker | None, client_id: str) -> str:
    """As the embedded broker knows it for one of ours."""
    return client_id if broker is None else broker.own_id(client_id)


def _probes(house: House) -> list[HealthProbe]:
    react = house.react
    return [
        LogProbe(house.log),
        MqttProbe([*house.ingest.sessions, react.session]),
        ProjectionsProbe(house.read.engine),
        ProjectionsProbe(house.foreign.engine, "foreign devices"),
        ReactorsProbe(react.engine),
        ReactorsProbe(react.alerts, "alerts"),
        ReactorsProbe(react.notify.notifier, "notifier"),
        TargetsProbe(react.notify),
    ]


async def _broker(base: Base, stack: AsyncExitStack) -> tuple[EmbeddedBroker | None, BrokerAddress]:
    """The embedded broker, started, or the address of the one that the settings name."""
    settings = base.settings
    listen = settings.embedded_broker
    if listen is None:
        require_no_keys(settings)
        return None, BrokerAddress.parse(settings.mqtt)
    logins = await logins_at_rest(base.log, base.standing) if settings.mqtt_keys else None
    broker = await start_broker(base.folder.broker, listen.host, listen.port, logins=logins)
    stack.push_async_callback(broker.stop)
    return broker, broker.address


def _lease(base: Base, role: str, on_change: Callable[[bool], None] = lambda _held: None) -> Lease | None:
    """Where others may share event log and broker, this house holds the role for all sites; elsewhere it is alone anyway."""
    settings = base.settings
    if settings.event_log is None or settings.embedded_broker is not None:
        return None
    return Lease(base.log, role, holder_of(base.folder), span_seconds=settings.lease_seconds, on_change=on_change)


@asynccontextmanager
async def _alone(lease: Lease | None) -> AsyncIterator[None]:
    """Keep others out, as the process of that role would."""
    async with nullcontext() if lease is None else holding(lease, standby=False):
        yield


@asynccontextmanager
async def _at_work(house: House, web: WebServer, listener: socket.socket, broker: EmbeddedBroker | None) -> AsyncIterator[None]:
    """Every task of the house, named; ready when the block begins."""
    async with asyncio.TaskGroup() as tasks:
        reading = house.read.start(tasks)
        reading += await house.foreign.start(tasks, house.ingest)
        house.ingest.start(tasks)
        watching = [] if broker is None else [tasks.create_task(_watch(broker), name="broker-watch")]
        watching.append(tasks.create_task(house.audit.run(), name="audit-trail"))
        watching.append(tasks.create_task(house.retention.work(lambda: is_caught_up(house.read.engine)), name="retention"))
        await house.ingest.first_attempt()
        # The web comes last: a key would not be known yet, and a device would be said to be unknown. Who comes meanwhile waits.
        await house.read.answers(house.log)
        if broker is not None and house.settings.mqtt_keys:
            watching.append(tasks.create_task(follow_keys(broker, house.read.accounts), name="broker-keys"))
        house.react.start(tasks)
        serving = await web.start_on(listener, tasks)
        await house.read.engine.started()
        await house.react.started()
        with spared_collector():
            yield
        await house.react.stop()
        await house.ingest.stop()
        for task in (serving, *reading, *watching):
            task.cancel()


async def _watch(broker: EmbeddedBroker) -> None:
    """The embedded broker lives as long as the house: without it nothing comes in, and nobody would notice."""
    words = await broker.died()
    raise BrokerStartError(f"the embedded broker ended, and so does the house; its last words were: {words or 'none'}")
