"""A command all the way, in another dialect: asked for, sent, obeyed, said so, ended; ingest and reactors over one broker."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import msgspec
import pytest
from prometheus_client import CollectorRegistry

from adapters.event_log.port import ANY, Append
from adapters.mqtt.message import Message
from adapters.mqtt.session import Session
from reactors.checkpoint import Checkpoint
from reactors.clock import SystemClock
from reactors.crew import Crew
from reactors.metrics import ReactorMetrics
from reactors.situation import SNAPSHOT_KIND, Situation
from schema.actuators import ActuatorSpec, Dialect, Scalar
from schema.commands import CommandEnded
from schema.envelope import Metadata
from schema.events import ActuatorCommand
from schema.ids import content_event_id
from schema.registry import REGISTRY
from tests.support.brokers import KINDS, StandaloneBroker, standalone_broker
from tests.support.commands import Known
from tests.support.fake_log import FakeLog
from tests.support.foreign import ADDRESSES, COVER, SWITCH, registered
from tests.support.foreign_ingest import ingesting, register
from tests.support.mqtt import until

Obey = Callable[[Message], tuple[str, object]]
SHELLY = ADDRESSES[Dialect.SHELLY]


@pytest.fixture
async def broker(tmp_path: Path) -> AsyncIterator[StandaloneBroker]:
    async with standalone_broker(KINDS[-1], tmp_path / "broker") as started:
        yield started


@asynccontextmanager
async def reacting(broker: StandaloneBroker, log: FakeLog) -> AsyncIterator[None]:
    """The reactors at work, with a session of their own."""
    async with Session(broker.address, client_id="react", clean=True, session_expiry_s=0) as session:
        crew = Crew(
            log,
            session,
            Known(),
            clock=SystemClock(),
            checkpoint=Checkpoint(SNAPSHOT_KIND, None, Situation.restored),
            metrics=ReactorMetrics(CollectorRegistry()),
            standing=_nobody_minds,
            fencing=lambda: None,
        )
        running = asyncio.create_task(crew.run(), name="crew")
        await crew.engine.started()
        yield
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def _nobody_minds() -> None:
    """There is no lease."""


@asynccontextmanager
async def device(broker: StandaloneBroker, told_on: str, obey: Obey) -> AsyncIterator[None]:
    """A device of another make: does what it is told, and says so as its kind does."""

    def handle(message: Message) -> None:
        topic, said = obey(message)
        session.publish(topic, said if isinstance(said, bytes) else json.dumps(said).encode())

    session = Session(broker.address, client_id="device", filters=[told_on], handler=handle, clean=True, session_expiry_s=0)
    async with session:
        yield


async def ask(log: FakeLog, name: str, spec: ActuatorSpec, value: Scalar) -> None:
    now = datetime.now(UTC)
    event = ActuatorCommand(
        device_id="box-1",
        actuator_id=spec.actuator_id,
        timestamp=now,
        command="set",
        value=value,
        correlation_id="loop-1",
        command_id=name,
        deadline=now + timedelta(seconds=30),
    )
    metadata = Metadata(schema_version=1, source="test", received_at=now, site=None)
    packed = REGISTRY.pack(content_event_id(None, msgspec.json.encode(event)), event, metadata)
    await log.append([Append("control-box-1", ANY, [packed])])


def ends(log: FakeLog) -> dict[str, str]:
    events = [event for event in log.events("control-box-1") if isinstance(event, CommandEnded)]
    return {event.command_id: event.outcome.value for event in events}


def _zigbee(message: Message) -> tuple[str, object]:
    return "zigbee2mqtt/greenhouse_valve", {**json.loads(message.payload), "linkquality": 120}


def _tasmota(message: Message) -> tuple[str, object]:
    name = message.topic.rpartition("/")[2]
    position = {"Shutter1": {"Position": int(message.payload), "Direction": 0}} if name.startswith("Shutter") else None
    return "stat/tasmota_4F2A/RESULT", position or {name: message.payload.decode()}


def _shelly(message: Message) -> tuple[str, object]:
    call = json.loads(message.payload)
    return f"{call['src']}/rpc", {"id": call["id"], "src": SHELLY, "dst": call["src"], "result": {"was_on": False}}


class Make(NamedTuple):
    """Devices of another make: where they are told, how they answer, and something to tell them."""

    dialect: Dialect
    told_on: str
    obey: Obey
    spec: ActuatorSpec
    value: Scalar


MAKES = [
    Make(Dialect.ZIGBEE2MQTT, "zigbee2mqtt/greenhouse_valve/set", _zigbee, SWITCH, "on"),
    Make(Dialect.TASMOTA, "cmnd/tasmota_4F2A/+", _tasmota, COVER, "open"),
    Make(Dialect.SHELLY, f"{SHELLY}/rpc", _shelly, SWITCH, "off"),
]


@pytest.mark.parametrize("make", MAKES, ids=lambda make: str(make.dialect))
async def test_a_command_ends_once_the_device_says_so_and_so_does_the_same_command_again(
    broker: StandaloneBroker, tmp_path: Path, make: Make
) -> None:
    log = FakeLog()
    log._start_us, log._step_us = int(datetime.now(UTC).timestamp() * 1_000_000), 1_000_000
    await register(log, registered(make.dialect, make.spec))
    async with ingesting(broker, log, tmp_path), device(broker, make.told_on, make.obey), reacting(broker, log):
        await ask(log, "c-1", make.spec, make.value)
        await until(lambda: ends(log) == {"c-1": "succeeded"})
        await ask(log, "c-2", make.spec, make.value)
        await until(lambda: ends(log) == {"c-1": "succeeded", "c-2": "succeeded"})
