"""Shelly: RPC on `<address>/rpc` since the second generation, topics below `shellies/<id>` in the first.

https://shelly-api-docs.shelly.cloud/gen2/General/RPCProtocol and https://shelly-api-docs.shelly.cloud/gen1/#mqtt-support
"""

from typing import Any

import msgspec

from domain.commands import Command
from domain.dialects.shelly import caller, first_component, is_first_generation
from reactors.encoders.foreign import address_of, number_of, wanted
from reactors.encoders.publication import Publication
from schema.actuators import ActuatorSpec, ActuatorType, Scalar
from schema.events import DeviceMetadata


def encode(command: Command, device: DeviceMetadata, _site: str) -> Publication:
    """The id of an RPC is that of the command, so the device's answer says which one it is about."""
    spec, percent = wanted(command, device)
    number, address = number_of(spec, 0), address_of(device)
    if is_first_generation(address):
        return _first_generation(f"{address}/{first_component(spec)}", spec, percent, command.value)
    method, params = _call(spec, percent, command.value)
    frame = {"id": command.id, "src": caller(address), "method": method, "params": {"id": number, **params}}
    return Publication(f"{address}/rpc", msgspec.json.encode(frame))


def _call(spec: ActuatorSpec, percent: int, value: Scalar | None) -> tuple[str, dict[str, Any]]:
    """A cover told to open or close need not be calibrated, as it must be for a position."""
    if spec.type is ActuatorType.SWITCH:
        return "Switch.Set", {"on": percent > 0}
    if spec.type is ActuatorType.LEVEL:
        return "Light.Set", {"on": True, "brightness": percent} if percent else {"on": False}
    if isinstance(value, str):
        return ("Cover.Open" if percent else "Cover.Close"), {}
    return "Cover.GoToPosition", {"pos": percent}


def _first_generation(topic: str, spec: ActuatorSpec, percent: int, value: Scalar | None) -> Publication:
    if spec.type is ActuatorType.SWITCH:
        return Publication(f"{topic}/command", b"on" if percent else b"off")
    if spec.type is ActuatorType.LEVEL:
        turned = {"turn": "on", "brightness": percent} if percent else {"turn": "off"}
        return Publication(f"{topic}/set", msgspec.json.encode(turned))
    if isinstance(value, str):
        return Publication(f"{topic}/command", b"open" if percent else b"close")
    return Publication(f"{topic}/command/pos", b"%d" % percent)
