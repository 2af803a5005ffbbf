"""Shelly since the second generation, version 1: `<address>/events/rpc`, `<address>/online`, and the answers to our calls.

https://shelly-api-docs.shelly.cloud/gen2/General/Notifications
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any, Final

from domain.dialects import shelly
from domain.foreign import ForeignDevice
from ingest.decoders import shelly_first
from ingest.decoders.checks import checked_name, checked_text
from ingest.decoders.foreign import MAIN, When, facts_of, number, percent, reading, state, status, when
from ingest.decoders.strict_json import read_mapping
from ingest.facts import Fact, Flaw, UnreadableError
from ingest.identity import ack_event_id
from ingest.limits import OWN_ID_LENGTH
from schema.actuators import ActuatorSpec, ActuatorType, Scalar
from schema.events import CommandAck

NAME: Final = "shelly/1"
_ONLINE: Final = "/online"
_EVENTS: Final = "/events/rpc"
_NOTICES: Final = ("NotifyStatus", "NotifyFullStatus")
_BY_HAND: Final = frozenset({"switch", "button"})
"""Where a change came from, as the device has it: the inputs of the device itself."""
_COVERED: Final = {"open": "open", "closed": "closed"}
_MEASURED: Final[Mapping[str, tuple[str, float, str]]] = {
    "apower": ("power", 1.0, "W"),
    "voltage": ("voltage", 1.0, "V"),
    "current": ("current", 1.0, "A"),
    "pf": ("power_factor", 1.0, "1"),
    "freq": ("frequency", 1.0, "Hz"),
    "aenergy.total": ("energy", 0.001, "kWh"),
    "temperature.tC": ("device_temperature", 1.0, "degC"),
    "tC": ("temperature", 1.0, "degC"),
    "rh": ("humidity", 1.0, "%"),
    "lux": ("illuminance", 1.0, "lx"),
    "battery.percent": ("battery", 1.0, "%"),
    "battery.V": ("battery_voltage", 1.0, "V"),
}
"""Of a component's status: what it is called here, by what it is multiplied, and its unit then."""


def topics(device: ForeignDevice) -> Sequence[str]:
    """Where the device speaks."""
    if shelly.is_first_generation(device.address):
        return shelly_first.topics(device)
    return device.address + _ONLINE, device.address + _EVENTS, f"{shelly.caller(device.address)}/rpc"


def decode(device: ForeignDevice, topic: str, payload: bytes, received_at: datetime) -> Sequence[Fact | Flaw]:
    """What the message states; empty where it is of something that we do not keep, a button say. Never an error."""
    if shelly.is_first_generation(device.address):
        return shelly_first.decode(device, topic, payload, received_at)
    if not payload:
        return ()
    try:
        if topic == device.address + _ONLINE:
            return (status(device, payload, b"true", b"false", received_at),)
        frame = read_mapping(payload)
    except UnreadableError as error:
        return (Flaw(error.code, error.reason),)
    if topic == device.address + _EVENTS:
        return _notice(device, frame, received_at)
    return facts_of([partial(_answer, device, frame, received_at)])


def _notice(device: ForeignDevice, frame: Mapping[str, Any], received_at: datetime) -> Sequence[Fact | Flaw]:
    params = frame.get("params")
    if frame.get("method") not in _NOTICES or not isinstance(params, dict):
        return ()
    seconds = number(params.get("ts"))
    moment = when(None if seconds is None else seconds * 1000, received_at)
    states = [partial(_state, device, spec, params, moment) for spec in device.actuators]
    components = [(name, part) for name, part in params.items() if isinstance(part, dict)]
    return facts_of([*states, *(partial(_reading, device, name, part, moment) for name, part in components)])


def _state(device: ForeignDevice, spec: ActuatorSpec, params: Mapping[str, Any], moment: When) -> Fact | None:
    part = params.get(shelly.component(spec))
    value = _value(spec, part) if isinstance(part, dict) else None
    if value is None or not isinstance(part, dict):
        return None
    source = part.get("source")
    by = None if not isinstance(source, str) else "device" if source in _BY_HAND else "remote"
    return state(device, spec.actuator_id, value, moment, by)


def _value(spec: ActuatorSpec, part: Mapping[str, Any]) -> Scalar | None:
    output = part.get("output")
    match spec.type:
        case ActuatorType.SWITCH:
            return None if not isinstance(output, bool) else "on" if output else "off"
        case ActuatorType.LEVEL:
            return 0.0 if output is False else percent(part.get("brightness"))
        case ActuatorType.COVER:
            position, word = percent(part.get("current_pos")), part.get("state")
            return position if position is not None else _COVERED.get(word) if isinstance(word, str) else None


def _reading(device: ForeignDevice, component: str, part: Mapping[str, Any], moment: When) -> Fact | None:
    """Of `temperature:100` the sensor `temperature-100`."""
    if component == "wifi":
        strength = number(part.get("rssi"))
        return None if strength is None else reading(device, MAIN, {"signal": strength}, {}, moment)
    values = dict(_values(part))
    units = {name: unit for name, _, unit in _MEASURED.values()}
    return reading(device, component.replace(":", "-"), values, units, moment)


def _values(part: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
    for path, (name, factor, _) in _MEASURED.items():
        first, _, second = path.partition(".")
        said = part.get(first)
        value = number(said.get(second) if second and isinstance(said, dict) else said)
        if value is not None:
            yield name, value * factor


def _answer(device: ForeignDevice, frame: Mapping[str, Any], received_at: datetime) -> Fact | None:
    """To a call of ours, whose id is that of a command. A switch has switched by then, a cover only set out."""
    call = frame.get("id")
    if not isinstance(call, str) or not ("result" in frame or "error" in frame):
        return None
    result, reason = _outcome(frame)
    ack = CommandAck(
        device_id=device.device_id,
        command_id=checked_name(call, "a command id", OWN_ID_LENGTH),
        result=result,
        timestamp=received_at,
        reason=checked_text(reason, "the reason"),
    )
    return Fact(ack_event_id(ack.device_id, ack.command_id, ack.result, None, ack.reason), ack)


def _outcome(frame: Mapping[str, Any]) -> tuple[str, str | None]:
    if "error" in frame:
        error = frame["error"]
        message = str(error.get("message") if isinstance(error, dict) else error)
        return "failed", message.encode(errors="replace").decode()
    result = frame["result"]
    return ("succeeded" if isinstance(result, dict) and "was_on" in result else "accepted"), None
