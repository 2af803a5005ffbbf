"""What a `control-` stream comes to for whoever decides about commands: what the device is, and what is under way.

It holds what is open and nothing of what has ended, so it stays small however many commands a device was given.
"""

from datetime import datetime

import msgspec
from msgspec.structs import replace

from domain.commands import Command, advance, requested
from schema.actuators import ActuatorSpec
from schema.commands import CommandStep, OverrideBegun
from schema.events import ActuatorCommand, DeviceMetadata, DeviceRetired, Event


class Control(msgspec.Struct, frozen=True, omit_defaults=True):
    """A device's control stream, folded. `open` are its commands under way, by id; `overrides` end then, by actuator."""

    device_id: str
    metadata: DeviceMetadata | None = None
    retired_at: datetime | None = None
    open: dict[str, Command] = {}
    overrides: dict[str, datetime] = {}

    def actuator(self, actuator_id: str) -> ActuatorSpec | None:
        """As it was declared; None where it was not."""
        declared = () if self.metadata is None else self.metadata.actuators
        return next((spec for spec in declared if spec.actuator_id == actuator_id), None)

    def in_flight(self, actuator_id: str) -> Command | None:
        """The command of that actuator which has not ended."""
        return next((command for command in self.open.values() if command.actuator_id == actuator_id), None)

    def overridden_until(self, actuator_id: str, now: datetime) -> datetime | None:
        """Until when it takes no remote command; None where it takes them."""
        until = self.overrides.get(actuator_id)
        return until if until is not None and until > now else None


def fold(control: Control, event: Event) -> Control:
    """The control state after the next event of the stream."""
    match event:
        case DeviceMetadata():
            return replace(control, metadata=event)
        case DeviceRetired():
            return replace(control, retired_at=event.at)
        case ActuatorCommand():
            command = requested(event)
            return control if command is None else replace(control, open={**control.open, command.id: command})
        case CommandStep():
            return _stepped(control, event)
        case OverrideBegun():
            return replace(control, overrides={**control.overrides, event.actuator_id: event.until})
    return control


def _stepped(control: Control, event: CommandStep) -> Control:
    command = control.open.get(event.command_id)
    if command is None:
        return control
    moved = advance(command, event)
    others = {id_: other for id_, other in control.open.items() if id_ != command.id}
    return replace(control, open={**others, moved.id: moved} if moved.is_open else others)
