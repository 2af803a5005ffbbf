"""Tasmota: commands on `cmnd`, answers on `stat`, telemetry on `tele`: each before the device's topic, unless set otherwise."""

from typing import Final

from schema.actuators import ActuatorSpec

_PREFIX: Final = "%prefix%"


def topic(address: str, prefix: str, name: str) -> str:
    """A topic of the device. An address with `%prefix%` in it is a FullTopic, as the device has it."""
    full = address if _PREFIX in address else f"{_PREFIX}/{address}"
    return f"{full.replace(_PREFIX, prefix).rstrip('/')}/{name}"


def power(spec: ActuatorSpec) -> str:
    """The relay. A device that has only one calls it `POWER`, and understands `POWER1`."""
    return f"POWER{spec.channel or 1}"


def dimmer(spec: ActuatorSpec) -> str:
    """The level: of the whole light, or of one channel where each is a dimmer of its own (SetOption68)."""
    return "Dimmer" if spec.channel is None else f"Channel{spec.channel}"


def shutter(spec: ActuatorSpec) -> str:
    return f"Shutter{spec.channel or 1}"


def shutter_position(spec: ActuatorSpec) -> str:
    return f"ShutterPosition{spec.channel or 1}"
