"""The native dialect: `glasshouse/<site>/<device>/command/<actuator>`, JSON; the device answers on its own topic `ack`."""

import msgspec

from domain.commands import Command
from reactors.encoders.publication import Publication
from schema.events import DeviceMetadata


def encode(command: Command, device: DeviceMetadata, site: str) -> Publication:
    """All that the device needs to do it once, in time, and to say what became of it."""
    own = f"glasshouse/{site}/{device.device_id}"
    said = {
        "commandId": command.id,
        "correlationId": command.correlation_id,
        "actuatorId": command.actuator_id,
        "command": command.command,
        "value": command.value,
        "deadline": command.deadline,
    }
    return Publication(
        topic=f"{own}/command/{command.actuator_id}",
        payload=msgspec.json.encode(said),
        response_topic=f"{own}/ack",
        correlation_data=command.correlation_id.encode(),
    )
