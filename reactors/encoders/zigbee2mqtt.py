"""Zigbee2MQTT: `<address>/set` with a JSON object; the device's new state comes on `<address>`.

https://www.zigbee2mqtt.io/guide/usage/mqtt_topics_and_messages.html
"""

import msgspec

from domain.commands import Command
from domain.dialects.zigbee2mqtt import BRIGHTEST, BRIGHTNESS, POSITION, STATE, key
from reactors.encoders.foreign import address_of, wanted
from reactors.encoders.publication import Publication
from schema.actuators import ActuatorSpec, ActuatorType, Scalar
from schema.events import DeviceMetadata


def encode(command: Command, device: DeviceMetadata, _site: str) -> Publication:
    """A cover told to open or close is told so in words: not each of them knows positions."""
    spec, percent = wanted(command, device)
    name, value = _said(spec, percent, command.value)
    return Publication(f"{address_of(device)}/set", msgspec.json.encode({key(name, spec): value}))


def _said(spec: ActuatorSpec, percent: int, value: Scalar | None) -> tuple[str, str | int]:
    if spec.type is ActuatorType.COVER:
        return (STATE, "OPEN" if percent else "CLOSE") if isinstance(value, str) else (POSITION, percent)
    if spec.type is ActuatorType.LEVEL and percent:
        return BRIGHTNESS, round(percent * BRIGHTEST / 100)
    return STATE, "ON" if percent else "OFF"
