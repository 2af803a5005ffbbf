"""What becomes of a command, as facts: each is appended to the device's `control-` stream at the revision it was judged by.

ActuatorCommand asks; CommandDispatching comes before the publish, so that a command is sent at most once; CommandEnded is last.
"""

from enum import StrEnum

import msgspec

from schema.actuators import Id, Scalar
from schema.events import Event, UtcTime


class Outcome(StrEnum):
    """How a command ended, once and for good."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"
    REJECTED = "rejected"
    """By the device, or because it was switched by hand before the command was sent."""
    EXPIRED = "expired"
    """It was never sent: its deadline passed first."""
    TIMED_OUT = "timed_out"
    """It was sent, and the device did not say in time what became of it."""
    UNKNOWN = "unknown"
    """Nobody can tell whether it was sent: it is not sent again."""
    CANCELLED = "cancelled"
    """It was taken back before it was sent."""


class CommandStep(Event, frozen=True, kw_only=True):
    """Something happened to a command. `timestamp` is by our clock."""

    device_id: Id
    actuator_id: Id
    command_id: Id
    timestamp: UtcTime


class CommandDispatching(CommandStep, frozen=True, kw_only=True):
    """It is about to be published. `fencing` is the number of the lease under which that happens, where there is a lease."""

    fencing: int | None = None


class CommandDispatched(CommandStep, frozen=True, kw_only=True):
    """The broker has it."""


class CommandAcknowledged(CommandStep, frozen=True, kw_only=True):
    """The device has it, and is about it."""


class CommandEnded(CommandStep, frozen=True, kw_only=True):
    """It is over. `state` is what the device said the actuator is in."""

    outcome: Outcome
    reason: str | None = None
    state: Scalar | None = None


class OverrideBegun(Event, frozen=True, kw_only=True):
    """An actuator was switched by hand: it takes no remote command until then."""

    device_id: Id
    actuator_id: Id
    timestamp: UtcTime
    until: UtcTime
    state: Scalar | None = None


class OnFailure(StrEnum):
    """What happens to the other commands of a request when one of them does not succeed."""

    SET_BACK = "set_back"
    LEAVE = "leave"


class RequestedCommand(msgspec.Struct, frozen=True, omit_defaults=True, rename="camel", gc=False):
    """One command of a request. `before` is the state that its actuator was in, where that was known."""

    command_id: Id
    device_id: Id
    actuator_id: Id
    command: str
    value: Scalar | None = None
    before: Scalar | None = None


class CommandsRequested(Event, frozen=True, kw_only=True):
    """Somebody asked for commands under a correlation id, in the stream `request-<correlationId>`, once.

    `digest` is the SHA-256, in hex, of what was asked: the same again gets the same answer, anything else is refused.
    """

    correlation_id: Id
    digest: str
    timestamp: UtcTime
    deadline: UtcTime
    commands: tuple[RequestedCommand, ...]
    on_failure: OnFailure = OnFailure.LEAVE
    hold: bool = False


class RequestEnded(Event, frozen=True, kw_only=True):
    """All commands of a request have ended, and those that were to be set back, too. `left` are those that could not be."""

    correlation_id: Id
    timestamp: UtcTime
    succeeded: bool
    set_back: tuple[Id, ...] = ()
    left: tuple[Id, ...] = ()
