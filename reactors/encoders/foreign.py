"""What the other dialects have in common: devices are told the state to be in, so that being told twice is being told once."""

from typing import Final

from domain.commands import Command
from reactors.encoders.publication import NotEncodableError
from schema.actuators import ActuatorSpec, ActuatorType, Scalar
from schema.events import DeviceMetadata

_SET: Final = "set"
_WHOLE: Final = 100
_SWITCHED: Final[dict[Scalar, bool]] = {"on": True, "off": False}
_COVERED: Final[dict[Scalar, int]] = {"open": _WHOLE, "closed": 0}


def address_of(device: DeviceMetadata) -> str:
    """Its base topic; NotEncodableError where it has none."""
    if device.address is None:
        raise NotEncodableError(f"{device.device_id} speaks {device.dialect.value} and has no address: register it with one")
    return device.address


def wanted(command: Command, device: DeviceMetadata) -> tuple[ActuatorSpec, int]:
    """The actuator, and the state it shall be in: a whole number of percent, of a switch 0 or 100.

    NotEncodableError for all but `set` to a state of the actuator's type.
    """
    spec = next((one for one in device.actuators if one.actuator_id == command.actuator_id), None)
    if spec is None:
        raise NotEncodableError(f"{device.device_id} has no actuator {command.actuator_id} that was declared")
    if command.command != _SET:
        raise NotEncodableError(f"{device.dialect.value} has no command {command.command}, only `{_SET}`")
    percent = _percent(spec.type, command.value)
    if percent is None:
        raise NotEncodableError(f"a {spec.type.value} cannot be set to {command.value!r}")
    return spec, percent


def number_of(spec: ActuatorSpec, first: int) -> int:
    """The channel of a dialect that counts them from `first`; NotEncodableError where it is no number."""
    if spec.channel is None:
        return first
    if not spec.channel.isdecimal():
        raise NotEncodableError(f"the channel {spec.channel} of {spec.actuator_id} is no number, as its dialect has it")
    return int(spec.channel)


def _percent(kind: ActuatorType, value: Scalar | None) -> int | None:
    if isinstance(value, str):
        if kind is ActuatorType.SWITCH and value in _SWITCHED:
            return _WHOLE if _SWITCHED[value] else 0
        return _COVERED.get(value) if kind is ActuatorType.COVER else None
    if value is None or isinstance(value, bool) or kind is ActuatorType.SWITCH:
        return None
    return round(value) if 0 <= value <= _WHOLE else None
