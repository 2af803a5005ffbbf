"""The inputs that declare what actuators a device has."""

from datetime import timedelta
from typing import Final

import strawberry

from api.fields import described
from api.scalars import StateValue
from api.types.enums import ActuatorType
from schema.actuators import ActuatorSpec, Interlock

_SWITCH: Final = ActuatorSpec(actuator_id="any")
_OVERRIDE: Final = timedelta(seconds=_SWITCH.override_seconds)
_ANSWER: Final = timedelta(seconds=_SWITCH.answer_seconds)
_MAX_AGE: Final = timedelta(seconds=Interlock().max_age_seconds)


@strawberry.input(
    description="A command that an actuator takes: to one of the choices or a number in the range; with neither, no value."
)
class AllowedCommandInput:
    command: str = strawberry.field(description="Its name; other dialects than ours take `set` alone.", default="set")
    choices: list[StateValue] = strawberry.field(description="The states to choose from, at most 32.", default_factory=list)
    minimum: float | None = strawberry.field(description="The least number.", default=None)
    maximum: float | None = strawberry.field(description="The greatest number.", default=None)


@strawberry.input(description="Another actuator is in one of these states, or above that number.")
class NotWhileInput:
    device_id: strawberry.ID | None = strawberry.field(description="Its device; left out: the same one.", default=None)
    actuator_id: strawberry.ID = described("The other actuator.")
    states: list[StateValue] = strawberry.field(
        description="The states, at most 32; `open` and `on` are 100 %, too, `closed` and `off` are 0.", default_factory=list
    )
    above: float | None = strawberry.field(description="The number that it may not be above.", default=None)


@strawberry.input(description="A metric is within bounds, both included, in its own unit.")
class OnlyWithInput:
    device_id: strawberry.ID | None = strawberry.field(
        description="The device that measures it; left out: the same one.", default=None
    )
    sensor_id: strawberry.ID | None = strawberry.field(
        description="The sensor; left out: whichever of the device measured it last.", default=None
    )
    metric: str = described("The metric: one that is measured, not computed.")
    at_least: float | None = strawberry.field(description="The least that it may be.", default=None)
    at_most: float | None = strawberry.field(description="The most that it may be.", default=None)


@strawberry.input(
    description="What holds commands back: `notWhile` or `onlyWith`. With neither values nor `above`: all commands."
)
class InterlockInput:
    values: list[StateValue] = strawberry.field(
        description="It concerns commands to one of these states, at most 32.", default_factory=list
    )
    above: float | None = strawberry.field(description="It concerns commands to a number above this.", default=None)
    not_while: NotWhileInput | None = strawberry.field(description="It holds back while this is so.", default=None)
    only_with: OnlyWithInput | None = strawberry.field(description="It holds back unless this is so.", default=None)
    max_age: timedelta = strawberry.field(
        description="What it looks at must have been known within so long; what is older holds back, too.", default=_MAX_AGE
    )
    reason: str | None = strawberry.field(description="Why: told to whom it holds back.", default=None)


@strawberry.input(description="An actuator of a device, and which commands it takes.")
class ActuatorInput:
    actuator_id: strawberry.ID = described("Its id on the device.")
    type: ActuatorType = strawberry.field(description="What it is like.", default=ActuatorType.SWITCH)
    channel: str | None = strawberry.field(
        description="What another dialect than ours calls it, where it has several of the type.", default=None
    )
    commands: list[AllowedCommandInput] = strawberry.field(
        description="What it takes, at most 16; none: `set`, as the type has it.", default_factory=list
    )
    interlocks: list[InterlockInput] = strawberry.field(
        description="What must be so before it takes a command, at most 16.", default_factory=list
    )
    override_for: timedelta = strawberry.field(
        description="For how long it takes no command once it was switched by hand: up to 7 days.", default=_OVERRIDE
    )
    answer_within: timedelta = strawberry.field(
        description="How long after a command's deadline it may still say what became of it: up to 7 days.", default=_ANSWER
    )
