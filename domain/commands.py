"""A command's life: what it was asked to do, and how far it has come. Each event moves it on, or changes nothing.

Requested -> Dispatching -> Dispatched -> Acknowledged -> one of the outcomes; any of the steps may be the last before that.
"""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Final

import msgspec
from msgspec.structs import replace

from schema.actuators import Scalar
from schema.commands import (
    CommandAcknowledged,
    CommandDispatched,
    CommandDispatching,
    CommandEnded,
    CommandStep,
    Outcome,
)
from schema.events import ActuatorCommand, Event


class CommandState(StrEnum):
    """Where a command stands. The first four are open, the others are ends."""

    REQUESTED = "requested"
    DISPATCHING = "dispatching"
    DISPATCHED = "dispatched"
    ACKNOWLEDGED = "acknowledged"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    REJECTED = "rejected"
    EXPIRED = "expired"
    TIMED_OUT = "timed_out"
    UNKNOWN = "unknown"
    CANCELLED = "cancelled"

    @property
    def is_open(self) -> bool:
        return self in _OPEN


_WAY: Final = (CommandState.REQUESTED, CommandState.DISPATCHING, CommandState.DISPATCHED, CommandState.ACKNOWLEDGED)
_OPEN: Final = frozenset(_WAY)


class Command(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A command as its events have it. Times are UTC."""

    id: str
    device_id: str
    actuator_id: str
    command: str
    value: Scalar | None = None
    correlation_id: str
    requested_at: datetime
    deadline: datetime
    hold: bool = False
    sets_back: str | None = None
    state: CommandState = CommandState.REQUESTED
    dispatching_at: datetime | None = None
    dispatched_at: datetime | None = None
    acknowledged_at: datetime | None = None
    ended_at: datetime | None = None
    reason: str | None = None
    reached: Scalar | None = None

    @property
    def is_open(self) -> bool:
        return self.state.is_open


def requested(event: ActuatorCommand) -> Command | None:
    """The command that the event asks for; None where it was given at the device itself, which nobody need follow."""
    if event.command_id is None or event.deadline is None:
        return None
    return Command(
        id=event.command_id,
        device_id=event.device_id,
        actuator_id=event.actuator_id,
        command=event.command,
        value=event.value,
        correlation_id=event.correlation_id,
        requested_at=event.timestamp,
        deadline=event.deadline,
        hold=event.hold,
        sets_back=event.sets_back,
    )


def advance(command: Command, event: Event) -> Command:
    """The command after an event of its own. What comes late, or again, changes nothing: an end is for good."""
    if not command.is_open:
        return command
    match event:
        case CommandEnded():
            state = _ENDS[event.outcome]
            return replace(command, state=state, ended_at=event.timestamp, reason=event.reason, reached=event.state)
        case CommandDispatching() if command.state is CommandState.REQUESTED:
            return replace(command, state=CommandState.DISPATCHING, dispatching_at=event.timestamp)
        case CommandDispatched() if command.dispatched_at is None and command.state is not CommandState.REQUESTED:
            return replace(command, state=_further(command.state, CommandState.DISPATCHED), dispatched_at=event.timestamp)
        case CommandAcknowledged() if command.state in {CommandState.DISPATCHING, CommandState.DISPATCHED}:
            return replace(command, state=CommandState.ACKNOWLEDGED, acknowledged_at=event.timestamp)
    return command


def state_of(step: CommandStep) -> CommandState:
    """What a step alone says that its command has come to."""
    return _ENDS[step.outcome] if isinstance(step, CommandEnded) else _STATES[type(step)]


def _further(one: CommandState, other: CommandState) -> CommandState:
    """A device may answer before the broker does."""
    return max(one, other, key=_WAY.index)


_ENDS: Final = {outcome: CommandState(outcome.value) for outcome in Outcome}
_STATES: Final[Mapping[type[CommandStep], CommandState]] = {
    CommandDispatching: CommandState.DISPATCHING,
    CommandDispatched: CommandState.DISPATCHED,
    CommandAcknowledged: CommandState.ACKNOWLEDGED,
}
