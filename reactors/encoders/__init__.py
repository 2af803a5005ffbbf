"""Commands as devices understand them: a pure function a dialect, the mirror of its decoder, one file each."""

from collections.abc import Callable, Mapping
from typing import Final

from domain.commands import Command
from reactors.encoders import native, shelly, tasmota, zigbee2mqtt
from reactors.encoders.publication import Publication
from schema.actuators import Dialect
from schema.events import DeviceMetadata

Encoder = Callable[[Command, DeviceMetadata, str], Publication]
"""A command for a device at a site; NotEncodableError where the dialect has no words for it."""

_ENCODERS: Final[Mapping[Dialect, Encoder]] = {
    Dialect.NATIVE: native.encode,
    Dialect.ZIGBEE2MQTT: zigbee2mqtt.encode,
    Dialect.TASMOTA: tasmota.encode,
    Dialect.SHELLY: shelly.encode,
}


def encode(dialect: Dialect, command: Command, device: DeviceMetadata, site: str) -> Publication:
    """What to publish; NotEncodableError where the dialect has no words for it."""
    return _ENCODERS[dialect](command, device, site)
