"""Zigbee2MQTT: one JSON object a device, on its own topic; an actuator of several has its endpoint behind each name."""

from typing import Final

from schema.actuators import ActuatorSpec

BRIGHTEST: Final = 254
STATE: Final = "state"
BRIGHTNESS: Final = "brightness"
POSITION: Final = "position"


def key(name: str, spec: ActuatorSpec) -> str:
    """The name in the JSON object: `state`, or `state_l1` for the endpoint `l1`."""
    return name if spec.channel is None else f"{name}_{spec.channel}"
