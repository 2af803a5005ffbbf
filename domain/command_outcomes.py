"""What becomes of commands that are under way: by what their device says, and by time alone.

Each is asked with the control stream folded, gives the events that follow, and gives none for what was said before: so it does
not matter how often, how late or in which order anything is heard.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

import msgspec

from domain.commands import Command, CommandState
from domain.control import Control
from domain.dialects.shelly import is_first_generation
from domain.states import is_nothing, is_reached
from schema.actuators import ActuatorType, Dialect, Scalar
from schema.commands import CommandAcknowledged, CommandEnded, Outcome, OverrideBegun
from schema.events import ActuatorEvent, Clock, CommandAck, Event

_ACCEPTED: Final = "accepted"
_OUTCOMES: Final = {"succeeded": Outcome.SUCCEEDED, "failed": Outcome.FAILED, "rejected": Outcome.REJECTED}
BY_HAND: Final = "device"
"""By whom a state came about, as devices say it, where somebody switched the device itself."""
_CLOCK_BEHIND: Final = timedelta(seconds=5)
"""By how much a device's clock may be behind ours: what it says it saw that much before a command may be due to it."""


class Due(msgspec.Struct, frozen=True):
    """The ends that time brings, and when it brings the next one, if nothing happens before."""

    ends: Sequence[CommandEnded]
    next_at: datetime | None


def answered(control: Control, ack: CommandAck, now: datetime) -> Sequence[Event]:
    """What follows from a device's answer. Only what was sent can be answered."""
    command = control.open.get(ack.command_id)
    if command is None or command.device_id != ack.device_id or command.state is CommandState.REQUESTED:
        return []
    if ack.result == _ACCEPTED:
        return [] if command.state is CommandState.ACKNOWLEDGED else [_acknowledged(command, now)]
    outcome = _OUTCOMES.get(ack.result)
    return [] if outcome is None else [ended(command, outcome, now, ack.reason, ack.state)]


def stated(control: Control, event: ActuatorEvent, heard_at: datetime, now: datetime) -> Sequence[Event]:
    """What follows from the state of an actuator, which our log has since `heard_at`.

    Switched by hand, it takes no remote command for a while. A device that has no answers of its own says by its state that
    it has done what it was sent.
    """
    if event.device_id != control.device_id:
        return []
    command = control.in_flight(event.actuator_id)
    at = min(event.timestamp, heard_at) if event.clock is Clock.OK else heard_at
    if event.by == BY_HAND:
        return _switched_by_hand(control, event, command, at, now)
    if command is None or not _is_done(control, command, event.state, at):
        return []
    return [ended(command, Outcome.SUCCEEDED, now, None, event.state)]


def unchanged(control: Control, states: Mapping[str, ActuatorEvent], now: datetime) -> Sequence[CommandEnded]:
    """What follows where an actuator was in the wanted state before it was told, by what its device said of it last.

    A device of another dialect has nothing new to say then, and what it says again is no event: nothing else would come.
    """
    return [
        ended(command, Outcome.SUCCEEDED, now, "it was in that state already", known.state)
        for command in control.open.values()
        if (known := states.get(command.actuator_id)) is not None and _was_so(control, command, known)
    ]


def due(control: Control, now: datetime) -> Due:
    """What time means for the commands under way."""
    times = [(_over_at(control, command), command) for command in control.open.values()]
    ends = [_timed_end(command, now) for at, command in times if at <= now]
    return Due(ends, min((at for at, _ in times if at > now), default=None))


def ended(
    command: Command, outcome: Outcome, now: datetime, reason: str | None = None, state: Scalar | None = None
) -> CommandEnded:
    """The last event of a command."""
    return CommandEnded(
        device_id=command.device_id,
        actuator_id=command.actuator_id,
        command_id=command.id,
        timestamp=now,
        outcome=outcome,
        reason=reason,
        state=state,
    )


def _acknowledged(command: Command, now: datetime) -> CommandAcknowledged:
    return CommandAcknowledged(
        device_id=command.device_id, actuator_id=command.actuator_id, command_id=command.id, timestamp=now
    )


def _switched_by_hand(
    control: Control, event: ActuatorEvent, command: Command | None, at: datetime, now: datetime
) -> Sequence[Event]:
    spec = control.actuator(event.actuator_id)
    until = at + timedelta(seconds=0.0 if spec is None else spec.override_seconds)
    if until <= now:
        return []
    known = control.overridden_until(event.actuator_id, now)
    follows: list[Event] = []
    if known is None or known < until:
        follows.append(_override(event, until, now))
    if command is not None and command.state is CommandState.REQUESTED:
        follows.append(ended(command, Outcome.REJECTED, now, "switched by hand before it was sent"))
    return follows


def _override(event: ActuatorEvent, until: datetime, now: datetime) -> OverrideBegun:
    return OverrideBegun(
        device_id=event.device_id, actuator_id=event.actuator_id, timestamp=now, until=until, state=event.state
    )


def _is_done(control: Control, command: Command, state: Scalar, at: datetime) -> bool:
    """Whether a state, as it was at a moment, is what the command was sent for. Our own devices say so themselves."""
    if control.metadata is None or control.metadata.dialect is Dialect.NATIVE:
        return False
    if command.dispatching_at is None or at < command.dispatching_at - _CLOCK_BEHIND:
        return False
    return _reaches(control, command, state)


def _was_so(control: Control, command: Command, known: ActuatorEvent) -> bool:
    device = control.metadata
    if device is None or device.dialect is Dialect.NATIVE or command.dispatching_at is None:
        return False
    answers = device.dialect is Dialect.SHELLY and not is_first_generation(device.address or "")
    heard_of_it = command.acknowledged_at if answers else command.dispatched_at
    return heard_of_it is not None and known.timestamp < command.dispatching_at and _reaches(control, command, known.state)


def _reaches(control: Control, command: Command, state: Scalar) -> bool:
    """Whether the state is what was wanted. A lamp that shines a little is not off, as near as that may be."""
    if command.value is None or not is_reached(command.value, state):
        return False
    spec = control.actuator(command.actuator_id)
    is_lamp = spec is not None and spec.type is ActuatorType.LEVEL
    return not is_lamp or is_nothing(command.value) is is_nothing(state)


def _over_at(control: Control, command: Command) -> datetime:
    return command.deadline if command.state is CommandState.REQUESTED else control.over_by(command)


def _timed_end(command: Command, now: datetime) -> CommandEnded:
    match command.state:
        case CommandState.REQUESTED:
            return ended(command, Outcome.EXPIRED, now, "not sent by its deadline")
        case CommandState.DISPATCHING:
            return ended(command, Outcome.UNKNOWN, now, "it may have been sent; the device did not say what became of it")
        case _:
            return ended(command, Outcome.TIMED_OUT, now, "the device did not say in time what became of it")
