"""Steps of a command, as they are appended: under its correlation id, each with the id of the event that it follows from."""

from domain.commands import Command
from reactors.appending import Step
from reactors.devices import Device
from schema.commands import CommandStep
from schema.events import Event


def step(device: Device, event: Event, causation_id: str, command: Command | None = None) -> Step:
    """An event of a device's control stream; of a command, or of none."""
    return Step(f"control-{device.control.device_id}", event, None if command is None else command.correlation_id, causation_id)


def next_step(device: Device, event: CommandStep) -> Step:
    """What follows from what became of the command before."""
    command = device.control.open[event.command_id]
    return step(device, event, device.latest[command.id], command)
