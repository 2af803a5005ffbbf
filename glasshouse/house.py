"""The whole house in one process: broker, ingest, projections and API, started in order and stopped in order."""

import asyncio
import gc
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from typing import Any, Final

from prometheus_client import GC_COLLECTOR, PLATFORM_COLLECTOR, PROCESS_COLLECTOR, CollectorRegistry

from adapters.event_log.port import EventLog
from adapters.mqtt.address import BrokerAddress
from adapters.mqtt.broker import EmbeddedBroker, start_broker
from adapters.mqtt.errors import BrokerStartError
from api.app import build_app
from api.services import Services
from glasshouse.data_folder import DataFolder
from glasshouse.health import LogProbe, MqttProbe, ProjectionsProbe
from glasshouse.read_side import ReadSide, open_read_side
from glasshouse.settings import Address, Settings
from glasshouse.stores import open_event_log, open_history
from glasshouse.web import WebServer, bind, url_of
from ingest.limits import IngestLimits
from ingest.metrics import IngestMetrics
from ingest.mqtt_source import MqttSource
from ingest.pipeline import Pipeline
from projections.queries import ProjectionHaltedError

_CLIENT_ID: Final = "glasshouse-ingest"
_DRAIN_SECONDS: Final = 10


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
    source: MqttSource

    def addresses(self) -> dict[str, Any]:
        """As the ready line tells them."""
        mqtt = {"host": self.mqtt.host, "port": self.mqtt.port, "port_v311": self.mqtt_port_v311}
        return {"http": self.http, "mqtt": mqtt}

    def announce(self) -> None:
        """Tell other commands where it listens, and whether its own broker asks for an account of the data folder's."""
        embedded = self.settings.embedded_broker is not None
        self.folder.announce({**self.addresses(), "broker_accounts": embedded and self.mqtt.username is not None})


@asynccontextmanager
async def running_house(settings: Settings, folder: DataFolder) -> AsyncIterator[House]:
    """A house that is ready: it listens, is connected to its broker, and its latest state is caught up.

    Leaving the block stops it cleanly: what was taken in is made durable and acknowledged first. An error of any part ends
    the block with an exception group that holds it.
    """
    registry = CollectorRegistry()
    for collector in (PROCESS_COLLECTOR, PLATFORM_COLLECTOR, GC_COLLECTOR):
        registry.register(collector)
    async with AsyncExitStack() as stack:
        listener = stack.enter_context(bind(Address.parse(settings.http)))
        log = await open_event_log(settings)
        stack.push_async_callback(log.close)
        history = await open_history(settings)
        stack.push_async_callback(history.close)
        broker, address = await _broker(settings, folder, stack)
        read = await open_read_side(log, history, lineage=folder.lineage, snapshots=folder.snapshots, registry=registry)
        metrics = IngestMetrics(registry)

        def throttle(pressed: bool) -> None:
            source.throttle(pressed)

        pipeline = Pipeline(log, limits=IngestLimits(), metrics=metrics, on_pressure=throttle)
        source = MqttSource(address, pipeline, client_id=_CLIENT_ID, metrics=metrics)
        services = _services(log, read, source, registry, folder)
        house = House(
            settings,
            folder,
            url_of(listener),
            address,
            address.port if broker is None else broker.port_v311,
            log,
            read,
            source,
        )
        async with _at_work(house, pipeline, WebServer(build_app(services)), listener, broker):
            yield house


async def _broker(settings: Settings, folder: DataFolder, stack: AsyncExitStack) -> tuple[EmbeddedBroker | None, BrokerAddress]:
    """The embedded broker, started, or the address of the one that the settings name."""
    listen = settings.embedded_broker
    if listen is None:
        return None, BrokerAddress.parse(settings.mqtt)
    broker = await start_broker(folder.broker, listen.host, listen.port)
    stack.push_async_callback(broker.stop)
    return broker, broker.address


def _services(log: EventLog, read: ReadSide, source: MqttSource, registry: CollectorRegistry, folder: DataFolder) -> Services:
    return Services(
        log=log,
        latest=read.latest,
        accounts=read.accounts,
        lineage=read.lineage,
        projections=read.engine,
        feed=read.feed,
        history=read.history,
        registry=registry,
        session_secret=folder.session_secret(),
        probes=[LogProbe(log), MqttProbe(source.session), ProjectionsProbe(read.engine)],
    )


@asynccontextmanager
async def _at_work(
    house: House, pipeline: Pipeline, web: WebServer, listener: socket.socket, broker: EmbeddedBroker | None
) -> AsyncIterator[None]:
    """Every task of the house, named; ready when the block begins."""
    async with asyncio.TaskGroup() as tasks:
        reading = [
            tasks.create_task(house.read.feed.run(), name="feed"),
            tasks.create_task(house.read.engine.run(), name="projections"),
        ]
        writing = tasks.create_task(pipeline.run(), name="ingest-writer")
        listening = tasks.create_task(house.source.run(), name="mqtt-source")
        watching = [] if broker is None else [tasks.create_task(_watch(broker), name="broker-watch")]
        await house.source.session.first_attempt()
        await house.read.caught_up(house.log, "accounts")
        with suppress(ProjectionHaltedError):  # which /readyz shows: it stands still alone, and ingest goes on
            await house.read.caught_up(house.log, "latest")
        # Not earlier: a key would not be known yet, and a device would be said to be unknown. Who comes meanwhile waits.
        serving = tasks.create_task(web.run_on(listener), name="http")
        await web.ready.wait()
        with _spared_collector():
            yield
        await _stop_ingest(house.source, pipeline, writing, listening)
        for task in (serving, *reading, *watching):
            task.cancel()


async def _stop_ingest(
    source: MqttSource, pipeline: Pipeline, writing: asyncio.Task[None], listening: asyncio.Task[None]
) -> None:
    """Take no more, make durable and acknowledge what was taken, then let go of the broker."""
    source.session.pause()
    pipeline.close()
    await asyncio.wait([writing], timeout=_DRAIN_SECONDS)
    writing.cancel()
    await asyncio.sleep(0)
    listening.cancel()
    await asyncio.wait([listening])


@contextmanager
def _spared_collector() -> Iterator[None]:
    """What was made at the start stays: the garbage collector need not stop the house to look at it again and again."""
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


async def _watch(broker: EmbeddedBroker) -> None:
    """The embedded broker lives as long as the house: without it nothing comes in, and nobody would notice."""
    words = await broker.died()
    raise BrokerStartError(f"the embedded broker ended, and so does the house; its last words were: {words or 'none'}")
