"""Decisions about commands: what a device's control stream says, and what is wanted, to the event that follows or a refusal.

Each is asked with the stream folded, and its event appended at the revision it was judged by; asked again where that moved.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

import msgspec

from domain.advice import Advice
from domain.allowed import admits, allowed_commands, told
from domain.command_outcomes import ended
from domain.commands import Command, CommandState
from domain.control import Control
from domain.decisions import id_problem, text_problem
from domain.interlocks import good_for, held_back
from domain.states import shown
from schema.actuators import ActuatorSpec, Dialect, Scalar
from schema.commands import CommandDispatching, CommandEnded, Outcome
from schema.events import ActuatorCommand
from schema.times import format_time

_MAX_AHEAD: Final = timedelta(hours=24)
"""How far a deadline may lie ahead."""


class CommandRefusal(StrEnum):
    """Why a command was not taken, or not taken back."""

    INVALID = "invalid"
    UNKNOWN_DEVICE = "unknown_device"
    UNPLACED = "unplaced"
    """Nobody knows at which site the device is, so there is no topic on which it could be told."""
    RETIRED = "retired"
    UNKNOWN_ACTUATOR = "unknown_actuator"
    UNKNOWN_COMMAND = "unknown_command"
    VALUE_NOT_ALLOWED = "value_not_allowed"
    TOO_LATE = "too_late"
    DUPLICATE = "duplicate"
    """A command of that id was asked for already."""
    OVERRIDDEN = "overridden"
    BUSY = "busy"
    INTERLOCKED = "interlocked"
    STALE = "stale"
    OFFLINE = "offline"
    NOT_OPEN = "not_open"
    """There is nothing to take back: the command has ended, or there is none."""
    SENT = "sent"
    """It cannot be taken back any more."""


class CommandRefused(msgspec.Struct, frozen=True):
    """Nothing follows, for a reason that the one who asked can read. `retry_at` is when it is worth asking again, if known.

    `about` are other devices that the message tells of, to who may know of them.
    """

    why: CommandRefusal
    message: str
    retry_at: datetime | None = None
    about: Sequence[str] = ()


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """A command that somebody wants. With `hold` it waits for a device that is offline."""

    command_id: str
    device_id: str
    actuator_id: str
    command: str
    value: Scalar | None = None
    correlation_id: str
    deadline: datetime
    hold: bool = False
    sets_back: str | None = None


def issue(control: Control, wanted: Wanted, advice: Advice, now: datetime) -> ActuatorCommand | CommandRefused:
    """Ask for a command, or say what is against it."""
    invalid = _invalid(wanted)
    if invalid is not None:
        return CommandRefused(CommandRefusal.INVALID, invalid)
    spec = _spec(control, wanted, now)
    if isinstance(spec, CommandRefused):
        return spec
    return (
        _value_refused(control, spec, wanted)
        or _time_refused(spec, wanted, now)
        or _taken_refused(control, spec, wanted, now)
        or _circumstances_refused(control, spec, wanted, advice, now)
        or _asked(wanted, now)
    )


def farthest_deadline(control: Control, actuator_id: str, value: Scalar | None, now: datetime) -> datetime:
    """The deadline that a command asked for now may have at most."""
    spec = control.actuator(actuator_id)
    trusted = None if spec is None else good_for(spec, value)
    return now + (_MAX_AHEAD if trusted is None else min(_MAX_AHEAD, trusted))


def cancel(control: Control, command_id: str, now: datetime, reason: str | None = None) -> CommandEnded | CommandRefused:
    """Take a command back that was not sent yet."""
    problem = text_problem("reason", reason)
    if problem is not None:
        return CommandRefused(CommandRefusal.INVALID, problem)
    command = control.open.get(command_id)
    if command is None:
        message = f"no command {command_id[:64]!r} of {control.device_id} is under way: it has ended, or there is none"
        return CommandRefused(CommandRefusal.NOT_OPEN, message)
    if command.state is not CommandState.REQUESTED:
        message = f"command {command_id} is {command.state} already: what may have been sent cannot be taken back"
        return CommandRefused(CommandRefusal.SENT, message)
    return ended(command, Outcome.CANCELLED, now, reason)


def dispatch(control: Control, command_id: str, now: datetime, fencing: int | None = None) -> CommandDispatching | None:
    """Send a command; None where that may not be (any more). Only whoever gets this event appended may publish."""
    command = control.open.get(command_id)
    if command is None or command.state is not CommandState.REQUESTED or now >= command.deadline:
        return None
    if _is_retired(control, now) or control.overridden_until(command.actuator_id, now) is not None:
        return None
    return CommandDispatching(
        device_id=command.device_id, actuator_id=command.actuator_id, command_id=command.id, timestamp=now, fencing=fencing
    )


def _invalid(wanted: Wanted) -> str | None:
    named = {
        "deviceId": wanted.device_id,
        "actuatorId": wanted.actuator_id,
        "command": wanted.command,
        "correlationId": wanted.correlation_id,
        "commandId": wanted.command_id,
    }
    return next((problem for name, text in named.items() if (problem := id_problem(name, text)) is not None), None)


def _spec(control: Control, wanted: Wanted, now: datetime) -> ActuatorSpec | CommandRefused:
    if control.metadata is None:
        message = f"{wanted.device_id} is not registered: register it with its actuators first"
        return CommandRefused(CommandRefusal.UNKNOWN_DEVICE, message)
    if _is_retired(control, now):
        return CommandRefused(CommandRefusal.RETIRED, f"{wanted.device_id} is out of service: put it back into service first")
    spec = control.actuator(wanted.actuator_id)
    if spec is None:
        declared = ", ".join(one.actuator_id for one in control.metadata.actuators) or "none"
        message = f"{wanted.device_id} has no actuator {wanted.actuator_id!r} that was declared; it has: {declared}"
        return CommandRefused(CommandRefusal.UNKNOWN_ACTUATOR, message)
    return spec


def _is_retired(control: Control, now: datetime) -> bool:
    return control.retired_at is not None and control.retired_at <= now


def _value_refused(control: Control, spec: ActuatorSpec, wanted: Wanted) -> CommandRefused | None:
    dialect = Dialect.NATIVE if control.metadata is None else control.metadata.dialect
    takes = allowed_commands(spec, dialect)
    named = [one for one in takes if one.command == wanted.command]
    whose = f"{spec.actuator_id} of {control.device_id}"
    if not named:
        message = f"{whose} takes no command {wanted.command!r}, but {told(takes) or f'none that {dialect} has'}"
        return CommandRefused(CommandRefusal.UNKNOWN_COMMAND, message)
    if any(admits(one, wanted.value) for one in named):
        return None
    message = f"{whose} takes {told(named)}; it came {'without one' if wanted.value is None else f'with {shown(wanted.value)}'}"
    return CommandRefused(CommandRefusal.VALUE_NOT_ALLOWED, message)


def _time_refused(spec: ActuatorSpec, wanted: Wanted, now: datetime) -> CommandRefused | None:
    """A command goes by what its interlocks saw when it was asked for: so it waits no longer than they trust in that."""
    if wanted.deadline <= now:
        return CommandRefused(CommandRefusal.TOO_LATE, f"the deadline, {format_time(wanted.deadline)}, has passed")
    if wanted.deadline > now + _MAX_AHEAD:
        hours = _MAX_AHEAD // timedelta(hours=1)
        return CommandRefused(CommandRefusal.INVALID, f"a deadline lies at most {hours} hours ahead; ask nearer to the time")
    seen_for = good_for(spec, wanted.value)
    if seen_for is not None and wanted.deadline > now + seen_for:
        told = f"an interlock of {spec.actuator_id} goes by what was so at most {seen_for.total_seconds():g} seconds ago"
        return CommandRefused(CommandRefusal.INVALID, f"{told}: the deadline may lie no further ahead than that")
    return None


def _taken_refused(control: Control, spec: ActuatorSpec, wanted: Wanted, now: datetime) -> CommandRefused | None:
    if control.was_asked(wanted.command_id):
        return CommandRefused(CommandRefusal.DUPLICATE, f"a command {wanted.command_id} was asked for already")
    until = control.overridden_until(spec.actuator_id, now)
    whose = f"{spec.actuator_id} of {control.device_id}"
    if until is not None:
        message = f"{whose} was switched by hand: it takes no remote command until {format_time(until)}"
        return CommandRefused(CommandRefusal.OVERRIDDEN, message, until)
    other = control.in_flight(spec.actuator_id)
    return None if other is None else _busy(control, whose, other)


def _busy(control: Control, whose: str, other: Command) -> CommandRefused:
    until = control.over_by(other)
    message = f"{whose} is busy with command {other.id}, which ends by {format_time(until)}"
    return CommandRefused(CommandRefusal.BUSY, message, until)


def _circumstances_refused(
    control: Control, spec: ActuatorSpec, wanted: Wanted, advice: Advice, now: datetime
) -> CommandRefused | None:
    held = held_back(control, spec, wanted.value, advice, now)
    if held is not None:
        why = CommandRefusal.STALE if held.stale else CommandRefusal.INTERLOCKED
        return CommandRefused(why, held.message, about=held.about)
    if control.location is None and advice.site(wanted.device_id) is None:
        message = f"nobody knows at which site {wanted.device_id} is: give it a `location`, or let it speak first"
        return CommandRefused(CommandRefusal.UNPLACED, message)
    if not wanted.hold and advice.online(wanted.device_id) is False:
        message = f"{wanted.device_id} is offline; to wait for it until the deadline, ask with `whenOffline: HOLD`"
        return CommandRefused(CommandRefusal.OFFLINE, message)
    return None


def _asked(wanted: Wanted, now: datetime) -> ActuatorCommand:
    return ActuatorCommand(
        device_id=wanted.device_id,
        actuator_id=wanted.actuator_id,
        timestamp=now,
        command=wanted.command,
        value=wanted.value,
        correlation_id=wanted.correlation_id,
        command_id=wanted.command_id,
        deadline=wanted.deadline,
        hold=wanted.hold,
        sets_back=wanted.sets_back,
    )
