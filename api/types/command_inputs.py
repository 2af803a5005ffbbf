"""The inputs of commands."""

from datetime import datetime, timedelta

import strawberry

from api.fields import described
from api.scalars import StateValue
from api.types.enums import OnFailure, WhenOffline

_COMMAND = "What the actuator is to do. Most take `set` alone, with the state to come to."
_VALUE = "The state to come to, or what else the command takes."
_CORRELATION = (
    "An id of your own: 1 to 64 letters, digits, `_`, `.` or `-`. The same input under it gives the same answer, however often "
    "it is sent, and another one is refused; so after a lost answer just ask again. Left out: one is made."
)
_DEADLINE = "It is sent before this, or never: at most 24 hours ahead."
_TIMEOUT = "The deadline as so long from now. Left out, and no `deadline` given: 30 seconds."
_OFFLINE = "What becomes of it if the device is known to be offline."
_CAUSE = "The event that you act on, such as the `eventId` of a reading: `trace` begins with it."


@strawberry.input(description="A command to issue.")
class IssueCommandInput:
    device_id: strawberry.ID = described("The device: registered, with its actuators.")
    actuator_id: strawberry.ID = described("The actuator on it.")
    command: str = strawberry.field(description=_COMMAND, default="set")
    value: StateValue | None = strawberry.field(description=_VALUE, default=None)
    correlation_id: strawberry.ID | None = strawberry.field(description=_CORRELATION, default=None)
    deadline: datetime | None = strawberry.field(description=_DEADLINE, default=None)
    timeout: timedelta | None = strawberry.field(description=_TIMEOUT, default=None)
    when_offline: WhenOffline = strawberry.field(description=_OFFLINE, default=WhenOffline.REFUSE)
    causation_id: strawberry.ID | None = strawberry.field(description=_CAUSE, default=None)


@strawberry.input(description="One command of several.")
class CommandInput:
    device_id: strawberry.ID = described("The device: registered, with its actuators.")
    actuator_id: strawberry.ID = described("The actuator on it.")
    command: str = strawberry.field(description=_COMMAND, default="set")
    value: StateValue | None = strawberry.field(description=_VALUE, default=None)


@strawberry.input(description="Commands to issue together. All are judged before any is asked for: one refused, all refused.")
class IssueCommandsInput:
    commands: list[CommandInput] = described("The commands: at most 50.")
    correlation_id: strawberry.ID | None = strawberry.field(description=_CORRELATION, default=None)
    deadline: datetime | None = strawberry.field(description=_DEADLINE, default=None)
    timeout: timedelta | None = strawberry.field(description=_TIMEOUT, default=None)
    when_offline: WhenOffline = strawberry.field(description=_OFFLINE, default=WhenOffline.REFUSE)
    on_failure: OnFailure = strawberry.field(
        description="What happens to the others when one does not succeed.", default=OnFailure.LEAVE
    )
    causation_id: strawberry.ID | None = strawberry.field(description=_CAUSE, default=None)
