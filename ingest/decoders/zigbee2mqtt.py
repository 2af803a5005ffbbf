"""Zigbee2MQTT, version 1: `<address>`, one JSON object with all that is known of a device, and `<address>/availability`.

https://www.zigbee2mqtt.io/guide/usage/mqtt_topics_and_messages.html
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any, Final

from domain.dialects.zigbee2mqtt import BRIGHTEST, BRIGHTNESS, POSITION, STATE, key
from domain.foreign import ForeignDevice
from ingest.decoders.foreign import MAIN, When, facts_of, number, percent, reading, state, status, when
from ingest.decoders.strict_json import read_mapping
from ingest.facts import Fact, Flaw, UnreadableError
from schema.actuators import ActuatorSpec, ActuatorType, Scalar
from schema.metrics import METRICS

NAME: Final = "zigbee2mqtt/1"
_AVAILABILITY: Final = "/availability"
_WORDS: Final[Mapping[object, Scalar]] = {"ON": "on", "OFF": "off", "OPEN": "open", "CLOSE": "closed"}
_UNITS: Final = {
    "ec": "uS/cm",
    "battery_voltage": "mV",
    "power": "W",
    "energy": "kWh",
    "current": "A",
    "voltage": "V",
    "device_temperature": "degC",
}
"""Units of what has another than ours, or has none of ours."""
_NO_READINGS: Final = frozenset({"last_seen", "update_available", "color_temp"})


def topics(device: ForeignDevice) -> Sequence[str]:
    """Where the device speaks."""
    return device.address, device.address + _AVAILABILITY


def decode(device: ForeignDevice, topic: str, payload: bytes, received_at: datetime) -> Sequence[Fact | Flaw]:
    """What the message states; empty where it is of something that we do not keep, a button say. Never an error."""
    if not payload:
        return ()
    try:
        if topic != device.address:
            return (_availability(device, payload, received_at),)
        said = read_mapping(payload)
    except UnreadableError as error:
        return (Flaw(error.code, error.reason),)
    states = [partial(_state, device, spec, said, When(received_at)) for spec in device.actuators]
    return facts_of([*states, partial(_reading, device, said, when(said.get("last_seen"), received_at))])


def _availability(device: ForeignDevice, payload: bytes, received_at: datetime) -> Fact:
    """A word, or in JSON since it is the default: `{"state": "online"}`."""
    if payload.lstrip()[:1] == b"{":
        payload = str(read_mapping(payload).get("state")).encode(errors="replace")
    return status(device, payload, b"online", b"offline", received_at)


def _state(device: ForeignDevice, spec: ActuatorSpec, said: Mapping[str, Any], moment: When) -> Fact | None:
    """By our own clock: `last_seen` is when the device was heard, which is before it was told."""
    value = _value(spec, said)
    return None if value is None else state(device, spec.actuator_id, value, moment)


def _value(spec: ActuatorSpec, said: Mapping[str, Any]) -> Scalar | None:
    said_word = said.get(key(STATE, spec))
    word = _WORDS.get(said_word.upper()) if isinstance(said_word, str) else None
    match spec.type:
        case ActuatorType.SWITCH:
            return word if word in {"on", "off"} else None
        case ActuatorType.LEVEL:
            brightness = number(said.get(key(BRIGHTNESS, spec)))
            lit = None if brightness is None else percent(min(brightness, BRIGHTEST) * 100 / BRIGHTEST)
            return 0.0 if word == "off" else lit
        case ActuatorType.COVER:
            position = percent(said.get(key(POSITION, spec)))
            return position if position is not None else word if word in {"open", "closed"} else None


def _reading(device: ForeignDevice, said: Mapping[str, Any], moment: When) -> Fact | None:
    taken = {key(name, spec) for spec in device.actuators for name in (STATE, BRIGHTNESS, POSITION)} | _NO_READINGS
    values = {name: _measured(value) for name, value in said.items() if name not in taken and _is_measured(name, value)}
    if "battery" in values and "voltage" in values:
        values["battery_voltage"] = values.pop("voltage")
    if "illuminance_lux" in values:
        values["illuminance"] = values.pop("illuminance_lux")
    return reading(device, MAIN, values, _UNITS, moment)


def _is_measured(name: str, value: object) -> bool:
    """Numbers and truths are, and what is not known yet of a metric of ours."""
    return isinstance(value, bool | int | float) or (value is None and name in METRICS)


def _measured(value: bool | float | None) -> float | None:
    return None if value is None else float(value)
