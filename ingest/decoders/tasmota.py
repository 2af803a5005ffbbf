"""Tasmota, version 1: `tele/<address>/LWT | STATE | SENSOR` and `stat/<address>/RESULT`.

https://tasmota.github.io/docs/MQTT/ and https://tasmota.github.io/docs/Blinds-and-Shutters/
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any, Final

from domain.dialects.tasmota import dimmer, power, shutter, topic
from domain.foreign import ForeignDevice
from ingest.decoders.foreign import MAIN, When, facts_of, number, percent, reading, snake_case, state, status, when
from ingest.decoders.strict_json import read_mapping
from ingest.facts import Fact, Flaw, UnreadableError
from schema.actuators import ActuatorSpec, ActuatorType, Scalar

NAME: Final = "tasmota/1"
_SPOKEN: Final = (("tele", "LWT"), ("tele", "STATE"), ("tele", "SENSOR"), ("stat", "RESULT"), ("tele", "RESULT"))
_SWITCHED: Final[Mapping[object, str]] = {"ON": "on", "OFF": "off"}
_CHIPS: Final = frozenset({"ESP32"})
"""What is warm there is the device, not the air."""
_NAMES: Final = {
    "carbon_dioxide": "co2",
    "moisture": "soil_moisture",
    "total": "energy",
    "today": "energy_today",
    "yesterday": "energy_yesterday",
    "factor": "power_factor",
}
_UNITS: Final = {
    "power": "W",
    "energy": "kWh",
    "energy_today": "kWh",
    "energy_yesterday": "kWh",
    "apparent_power": "VA",
    "reactive_power": "var",
    "voltage": "V",
    "current": "A",
}
_STATED_UNITS: Final = {
    "temperature": "TempUnit",
    "dew_point": "TempUnit",
    "device_temperature": "TempUnit",
    "pressure": "PressureUnit",
}
"""Where the message says in which unit."""


def topics(device: ForeignDevice) -> Sequence[str]:
    """Where the device speaks."""
    return tuple(topic(device.address, prefix, name) for prefix, name in _SPOKEN)


def decode(device: ForeignDevice, topic: str, payload: bytes, received_at: datetime) -> Sequence[Fact | Flaw]:
    """What the message states; empty where it is of something that we do not keep, a setting say. Never an error."""
    if not payload:
        return ()
    kind = topic.rpartition("/")[2]
    try:
        if kind == "LWT":
            return (status(device, payload, b"Online", b"Offline", received_at),)
        said = read_mapping(payload)
    except UnreadableError as error:
        return (Flaw(error.code, error.reason),)
    states = [partial(_state, device, spec, said, received_at) for spec in device.actuators]
    moment = when(said.get("Time"), received_at)
    if kind == "STATE":
        return facts_of([*states, partial(_signal, device, said, moment)])
    sensors = _sensors(said) if kind == "SENSOR" else ()
    return facts_of([*states, *(partial(_reading, device, name, of_it, said, moment) for name, of_it in sensors)])


def _state(device: ForeignDevice, spec: ActuatorSpec, said: Mapping[str, Any], received_at: datetime) -> Fact | None:
    """By our own clock: what answers a command carries no time."""
    value = _value(spec, said)
    return None if value is None else state(device, spec.actuator_id, value, When(received_at))


def _value(spec: ActuatorSpec, said: Mapping[str, Any]) -> Scalar | None:
    if spec.type is ActuatorType.COVER:
        moved = said.get(shutter(spec))
        return percent(moved.get("Position")) if isinstance(moved, dict) else None
    word = said.get(power(spec), said.get("POWER") if power(spec) == "POWER1" else None)
    switched = _SWITCHED.get(word) if isinstance(word, str) else None
    if spec.type is ActuatorType.SWITCH or switched == "off":
        return 0.0 if spec.type is ActuatorType.LEVEL else switched
    return percent(said.get(dimmer(spec)))


def _sensors(said: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The message has an object for each."""
    return ((name, part) for name, part in said.items() if isinstance(part, dict) and not name.startswith("Shutter"))


def _reading(
    device: ForeignDevice, sensor: str, of_it: Mapping[str, Any], said: Mapping[str, Any], moment: When
) -> Fact | None:
    values = dict(_values(of_it))
    if sensor in _CHIPS and "temperature" in values:
        values["device_temperature"] = values.pop("temperature")
    stated = {name: unit for name, where in _STATED_UNITS.items() if isinstance(unit := said.get(where), str)}
    return reading(device, sensor, values, {**_UNITS, **stated}, moment)


def _values(of_it: Mapping[str, Any]) -> Iterator[tuple[str, float | None]]:
    """Numbers, of several phases one each, and null, which is a sensor that did not answer."""
    for said_name, value in of_it.items():
        name = snake_case(said_name)
        name = _NAMES.get(name, name)
        if isinstance(value, list):
            yield from ((f"{name}_{phase}", one) for phase, part in enumerate(value, 1) if (one := number(part)) is not None)
        elif value is None or number(value) is not None:
            yield name, number(value)


def _signal(device: ForeignDevice, said: Mapping[str, Any], moment: When) -> Fact | None:
    wifi = said.get("Wifi")
    strength = number(wifi.get("Signal")) if isinstance(wifi, dict) else None
    return None if strength is None else reading(device, MAIN, {"signal": strength}, {}, moment)
