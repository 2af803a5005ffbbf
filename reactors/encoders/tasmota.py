"""Tasmota: `cmnd/<address>/POWER1`, `Dimmer` and `ShutterPosition1`, plain text; the device answers on `stat/<address>/RESULT`.

https://tasmota.github.io/docs/MQTT/ and https://tasmota.github.io/docs/Commands/
"""

from domain.commands import Command
from domain.dialects.tasmota import dimmer, power, shutter_position, topic
from reactors.encoders.foreign import address_of, number_of, wanted
from reactors.encoders.publication import Publication
from schema.actuators import ActuatorSpec, ActuatorType
from schema.events import DeviceMetadata


def encode(command: Command, device: DeviceMetadata, _site: str) -> Publication:
    """A level of 0 switches off, any other on."""
    spec, percent = wanted(command, device)
    number_of(spec, 1)
    name, value = _said(spec, percent)
    return Publication(topic(address_of(device), "cmnd", name), value.encode())


def _said(spec: ActuatorSpec, percent: int) -> tuple[str, str]:
    match spec.type:
        case ActuatorType.SWITCH:
            return power(spec), "ON" if percent else "OFF"
        case ActuatorType.LEVEL:
            return dimmer(spec), str(percent)
        case ActuatorType.COVER:
            return shutter_position(spec), str(percent)
