"""Devices of other dialects, and commands for them."""

from collections.abc import Sequence
from datetime import UTC, datetime

from domain.commands import Command
from domain.foreign import ForeignDevice, foreign_device
from ingest.facts import Fact, Flaw
from schema.actuators import ActuatorSpec, ActuatorType, Dialect, Scalar
from schema.events import ActuatorEvent, DeviceMetadata, Event, SensorReading

SWITCH = ActuatorSpec(actuator_id="valve", type=ActuatorType.SWITCH)
LEVEL = ActuatorSpec(actuator_id="lamp", type=ActuatorType.LEVEL)
COVER = ActuatorSpec(actuator_id="vent", type=ActuatorType.COVER)
ADDRESSES = {
    Dialect.ZIGBEE2MQTT: "zigbee2mqtt/greenhouse_valve",
    Dialect.TASMOTA: "tasmota_4F2A",
    Dialect.SHELLY: "shellyplus1-a8032abe54dc",
}
FIRST_SHELLY = "shellies/shelly1-B929CC"


def on_channel(spec: ActuatorSpec, channel: str) -> ActuatorSpec:
    """The same actuator, one of several of the device."""
    return ActuatorSpec(actuator_id=spec.actuator_id, type=spec.type, channel=channel)


def registered(
    dialect: Dialect,
    *actuators: ActuatorSpec,
    address: str | None = None,
    device: str = "box-1",
    location: str = "north/house-1",
) -> DeviceMetadata:
    """A device as people registered it, at the address that its dialect has in these tests."""
    return DeviceMetadata(
        device_id=device,
        location=location,
        dialect=dialect,
        address=address or ADDRESSES[dialect],
        actuators=actuators or (SWITCH,),
    )


def foreign(dialect: Dialect, *actuators: ActuatorSpec, address: str | None = None) -> ForeignDevice:
    """The same, as ingest knows it."""
    device = foreign_device(registered(dialect, *actuators, address=address))
    assert device is not None
    return device


def command(actuator: str, value: Scalar | None, *, verb: str = "set") -> Command:
    return Command(
        id="0197fd1c-5a00-8000-8000-000000000001",
        device_id="box-1",
        actuator_id=actuator,
        command=verb,
        value=value,
        correlation_id="loop-1",
        requested_at=datetime(2026, 6, 1, 12, tzinfo=UTC),
        deadline=datetime(2026, 6, 1, 12, 0, 30, tzinfo=UTC),
    )


def events_of(said: Sequence[Fact | Flaw]) -> list[Event]:
    """The events that a message states, in which there must be no flaw."""
    assert all(isinstance(one, Fact) for one in said), said
    return [one.event for one in said if isinstance(one, Fact)]


def states_of(said: Sequence[Fact | Flaw]) -> dict[str, Scalar]:
    return {event.actuator_id: event.state for event in events_of(said) if isinstance(event, ActuatorEvent)}


def readings_of(said: Sequence[Fact | Flaw]) -> dict[str, dict[str, float]]:
    return {event.sensor_id: event.reading for event in events_of(said) if isinstance(event, SensorReading)}
