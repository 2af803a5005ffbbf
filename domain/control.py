"""What a `control-` stream comes to for whoever decides about commands: what the device is, and what is under way.

It holds what is open, and of what has ended only the ids that may be asked for again, so it stays small however many commands
a device was given.
"""

from datetime import datetime, timedelta
from typing import Final

import msgspec
from msgspec.structs import replace

from domain.commands import Command, CommandState, advance, requested
from schema.actuators import ActuatorSpec, Scalar
from schema.commands import CommandStep, OverrideBegun
from schema.events import ActuatorCommand, DeviceMetadata, DeviceRetired, Event

_DEFAULT_ANSWER_SECONDS: Final = 30.0
"""For an actuator that is no longer declared."""
_TOLD_WITHIN: Final = timedelta(minutes=1)
"""By then a device has told of itself what state a command brought it to."""
_CLOCKS_DIFFER: Final = timedelta(minutes=5)
"""By how much the clocks of two processes of ours may differ."""

_ENDED_MOST: Final = 500
"""So many of a device that have ended are remembered; of more, those whose deadlines come last."""


class Reached(msgspec.Struct, frozen=True):
    """The state that a command brought an actuator to, and when that was known."""

    state: Scalar
    at: datetime


class Control(msgspec.Struct, frozen=True, omit_defaults=True):
    """A device's control stream, folded. `open` are its commands under way, by id; `overrides` end then, by actuator.

    `reached` is what the last command that succeeded came to, by actuator.
    `ended` are those that have ended, with their deadlines, until these have passed: up to then one may be asked for again.
    """

    device_id: str
    metadata: DeviceMetadata | None = None
    retired_at: datetime | None = None
    open: dict[str, Command] = {}
    overrides: dict[str, datetime] = {}
    reached: dict[str, Reached] = {}
    ended: dict[str, datetime] = {}

    def actuator(self, actuator_id: str) -> ActuatorSpec | None:
        """As it was declared; None where it was not."""
        declared = () if self.metadata is None else self.metadata.actuators
        return next((spec for spec in declared if spec.actuator_id == actuator_id), None)

    @property
    def location(self) -> str | None:
        """Where people said that the device is."""
        return None if self.metadata is None else self.metadata.location

    def in_flight(self, actuator_id: str) -> Command | None:
        """The command of that actuator which has not ended."""
        return next((command for command in self.open.values() if command.actuator_id == actuator_id), None)

    def just_set_to(self, actuator_id: str, now: datetime) -> Scalar | None:
        """What a command has brought it to so lately that the device may not have told of it yet."""
        reached = self.reached.get(actuator_id)
        return reached.state if reached is not None and reached.at > now - _TOLD_WITHIN else None

    def was_asked(self, command_id: str) -> bool:
        """Whether there was a command of that id, as far back as its deadline has not passed."""
        return command_id in self.open or command_id in self.ended

    def over_by(self, command: Command) -> datetime:
        """When a command that was sent ends at the latest: once the device had its time to answer."""
        spec = self.actuator(command.actuator_id)
        return command.deadline + timedelta(seconds=_DEFAULT_ANSWER_SECONDS if spec is None else spec.answer_seconds)

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
            return _switched_by_hand(control, event)
    return control


def _stepped(control: Control, event: CommandStep) -> Control:
    command = control.open.get(event.command_id)
    if command is None:
        return control
    moved = advance(command, event)
    if moved.is_open:
        return replace(control, open={**control.open, moved.id: moved})
    others = {id_: other for id_, other in control.open.items() if id_ != moved.id}
    since = event.timestamp - _CLOCKS_DIFFER
    ended = {id_: deadline for id_, deadline in control.ended.items() if deadline > since} | {moved.id: moved.deadline}
    return replace(control, open=others, ended=_bounded(ended), reached=_reached(control, moved))


def _bounded(ended: dict[str, datetime]) -> dict[str, datetime]:
    """Whoever asks also looks for the id among all commands: this is for the moment until it is found there."""
    if len(ended) <= _ENDED_MOST:
        return ended
    return {id_: ended[id_] for id_ in sorted(ended, key=lambda one: (ended[one], one))[1:]}


def _reached(control: Control, command: Command) -> dict[str, Reached]:
    if command.state is not CommandState.SUCCEEDED or command.ended_at is None:
        return control.reached
    state = command.value if command.reached is None else command.reached
    others = _without(control.reached, command.actuator_id)
    return others if state is None else {**others, command.actuator_id: Reached(state, command.ended_at)}


def _switched_by_hand(control: Control, event: OverrideBegun) -> Control:
    overrides = {**control.overrides, event.actuator_id: event.until}
    return replace(control, overrides=overrides, reached=_without(control.reached, event.actuator_id))


def _without(reached: dict[str, Reached], actuator_id: str) -> dict[str, Reached]:
    return {other: state for other, state in reached.items() if other != actuator_id}
