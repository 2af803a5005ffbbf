"""Shelly's first generation: a topic a value below `shellies/<id>`, most of them plain text.

https://shelly-api-docs.shelly.cloud/gen1/#mqtt-support
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Final

from domain.dialects.shelly import first_component
from domain.foreign import ForeignDevice
from ingest.decoders.foreign import MAIN, When, facts_of, percent, plain_number, reading, state, status
from ingest.decoders.strict_json import read_mapping
from ingest.facts import Code, Fact, Flaw, UnreadableError
from schema.actuators import ActuatorSpec, ActuatorType

_ONLINE: Final = "online"
_STATES: Final = {ActuatorType.SWITCH: "", ActuatorType.LEVEL: "/status", ActuatorType.COVER: "/pos"}
"""Below a component, where its state is told."""
_UNKNOWN_POSITION: Final = -1
_SWITCHED: Final = {b"on": "on", b"off": "off"}
_MEASURED: Final[Mapping[str, tuple[str, float, str]]] = {
    "sensor/temperature": ("temperature", 1.0, "degC"),
    "sensor/humidity": ("humidity", 1.0, "%"),
    "sensor/lux": ("illuminance", 1.0, "lx"),
    "sensor/battery": ("battery", 1.0, "%"),
    "temperature": ("device_temperature", 1.0, "degC"),
}
_METERED: Final[Mapping[str, tuple[str, float, str]]] = {
    "power": ("power", 1.0, "W"),
    "energy": ("energy", 1 / 60_000, "kWh"),
}
"""Below a component; energy is counted in watt-minutes."""


def topics(device: ForeignDevice) -> Sequence[str]:
    """Where the device speaks: of its components only those whose actuators were declared."""
    components = [first_component(spec) for spec in device.actuators]
    states = [f"{first_component(spec)}{_STATES[spec.type]}" for spec in device.actuators]
    meters = [f"{component}/{meter}" for component in components for meter in _METERED]
    return tuple(f"{device.address}/{name}" for name in dict.fromkeys((_ONLINE, *states, *meters, *_MEASURED)))


def decode(device: ForeignDevice, topic: str, payload: bytes, received_at: datetime) -> Sequence[Fact | Flaw]:
    """What the message states; empty where there is nothing in it. Never an error."""
    if not payload:
        return ()
    name = topic.removeprefix(f"{device.address}/")
    parts: list[Callable[[], Fact | None]] = [
        partial(_state, device, spec, payload, received_at)
        for spec in device.actuators
        if name == first_component(spec) + _STATES[spec.type]
    ]
    if name == _ONLINE:
        parts.append(partial(status, device, payload, b"true", b"false", received_at))
    elif not parts:
        parts.append(partial(_reading, device, name, payload, received_at))
    return facts_of(parts)


def _state(device: ForeignDevice, spec: ActuatorSpec, payload: bytes, received_at: datetime) -> Fact | None:
    value: str | float | None
    match spec.type:
        case ActuatorType.SWITCH:
            value = _switched(payload)
        case ActuatorType.LEVEL:
            said = read_mapping(payload)
            value = 0.0 if said.get("ison") is False else percent(said.get("brightness"))
        case ActuatorType.COVER:
            position = plain_number(payload)
            value = None if position == _UNKNOWN_POSITION else percent(position)
    return None if value is None else state(device, spec.actuator_id, value, When(received_at))


def _switched(payload: bytes) -> str:
    """`overpower` is off, too: the device protects itself."""
    if payload != b"overpower" and payload not in _SWITCHED:
        raise UnreadableError(Code.BAD_VALUE, f"{payload[:80].decode(errors='replace')!r} is neither on nor off")
    return _SWITCHED.get(payload, "off")


def _reading(device: ForeignDevice, name: str, payload: bytes, received_at: datetime) -> Fact | None:
    component, _, meter = name.rpartition("/")
    if name in _MEASURED:
        sensor, (metric, factor, unit) = MAIN, _MEASURED[name]
    elif meter in _METERED:
        sensor, (metric, factor, unit) = component.replace("/", "-"), _METERED[meter]
    else:
        return None
    return reading(device, sensor, {metric: plain_number(payload) * factor}, {metric: unit}, When(received_at))
