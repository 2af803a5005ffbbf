"""Actuators as they were declared, and what they take."""

from collections.abc import Iterable
from datetime import timedelta

import strawberry

from api.fields import described
from api.scalars import StateValue
from api.scope import Sight
from api.types.enums import ActuatorType
from domain.allowed import allowed_commands
from domain.interlocks import devices_of
from schema import actuators as schema
from schema.actuators import ActuatorSpec, Dialect, Scalar


@strawberry.type(
    description="A command that an actuator takes: to one of the choices or a number in the range; with neither, no value."
)
class AllowedCommand:
    command: str = described("Its name.")
    choices: list[StateValue] = described("The states to choose from.")
    minimum: float | None = described("The least number; null: no least one, or no number.")
    maximum: float | None = described("The greatest number; null: no greatest one, or no number.")


@strawberry.type(description="Another actuator is in one of these states, or above that number.")
class NotWhile:
    device_id: strawberry.ID = described("Its device.")
    actuator_id: strawberry.ID = described("The other actuator.")
    states: list[StateValue] = described("The states.")
    above: float | None = described("The number that it may not be above.")


@strawberry.type(description="A metric is within bounds, both included, in its own unit.")
class OnlyWith:
    device_id: strawberry.ID = described("The device that measures it.")
    sensor_id: strawberry.ID | None = described("The sensor; null: whichever of the device measured it last.")
    metric: str = described("The metric.")
    at_least: float | None = described("The least that it may be.")
    at_most: float | None = described("The most that it may be.")


@strawberry.type(
    description="What holds commands back: `notWhile` or `onlyWith`. With neither values nor `above`: all commands."
)
class Interlock:
    values: list[StateValue] = described("It concerns commands to one of these states.")
    above: float | None = described("It concerns commands to a number above this.")
    not_while: NotWhile | None = described("It holds back while this is so.")
    only_with: OnlyWith | None = described("It holds back unless this is so.")
    max_age: timedelta = described("What it looks at must have been known within so long; what is older holds back, too.")
    reason: str | None = described("Why.")


@strawberry.type(description="An actuator as it was declared.")
class DeclaredActuator:
    actuator_id: strawberry.ID = described("Its id on the device.")
    type: ActuatorType = described("What it is like.")
    channel: str | None = described("What another dialect than ours calls it.")
    commands: list[AllowedCommand] = described("What it takes: as declared, else as the type has it.")
    interlocks: list[Interlock] = described(
        "What must be so before it takes a command, as far as the key can see what that is about."
    )
    override_for: timedelta = described("For how long it takes no command once it was switched by hand.")
    answer_within: timedelta = described("How long after a command's deadline it may still say what became of it.")


def declared_actuator(device_id: str, dialect: Dialect, spec: ActuatorSpec, sight: Sight | None) -> DeclaredActuator:
    seen = [one for one in spec.interlocks if sight is None or all(map(sight.device, devices_of(one)))]
    return DeclaredActuator(
        actuator_id=strawberry.ID(spec.actuator_id),
        type=ActuatorType(spec.type),
        channel=spec.channel,
        commands=[_command(one) for one in allowed_commands(spec, dialect)],
        interlocks=[_interlock(device_id, one) for one in seen],
        override_for=timedelta(seconds=spec.override_seconds),
        answer_within=timedelta(seconds=spec.answer_seconds),
    )


def _command(allowed: schema.AllowedCommand) -> AllowedCommand:
    return AllowedCommand(
        command=allowed.command,
        choices=_states(allowed.choices),
        minimum=allowed.minimum,
        maximum=allowed.maximum,
    )


def _interlock(device_id: str, interlock: schema.Interlock) -> Interlock:
    return Interlock(
        values=_states(interlock.values),
        above=interlock.above,
        not_while=None if interlock.not_while is None else _not_while(device_id, interlock.not_while),
        only_with=None if interlock.only_with is None else _only_with(device_id, interlock.only_with),
        max_age=timedelta(seconds=interlock.max_age_seconds),
        reason=interlock.reason,
    )


def _not_while(device_id: str, rule: schema.NotWhile) -> NotWhile:
    return NotWhile(
        device_id=strawberry.ID(rule.device_id or device_id),
        actuator_id=strawberry.ID(rule.actuator_id),
        states=_states(rule.states),
        above=rule.above,
    )


def _only_with(device_id: str, rule: schema.OnlyWith) -> OnlyWith:
    return OnlyWith(
        device_id=strawberry.ID(rule.device_id or device_id),
        sensor_id=None if rule.sensor_id is None else strawberry.ID(rule.sensor_id),
        metric=rule.metric,
        at_least=rule.at_least,
        at_most=rule.at_most,
    )


def _states(states: Iterable[Scalar]) -> list[StateValue]:
    return [StateValue(state) for state in states]
