"""What somebody declares of a device's actuators, in the words of events."""

from collections.abc import Sequence
from typing import cast

from api.scalars import StateValue
from api.scope import Sight
from api.types.actuator_inputs import ActuatorInput, AllowedCommandInput, InterlockInput, NotWhileInput, OnlyWithInput
from domain.interlocks import devices_of
from schema.actuators import ActuatorSpec, ActuatorType, AllowedCommand, Interlock, NotWhile, OnlyWith, Scalar


def declared(actuators: Sequence[ActuatorInput], sight: Sight | None) -> tuple[ActuatorSpec, ...]:
    """ApiError FORBIDDEN where an interlock looks at a device that the one who declares it does not see."""
    specs = tuple(map(_spec, actuators))
    if sight is not None:
        for device in (device for spec in specs for interlock in spec.interlocks for device in devices_of(interlock)):
            sight.require_device(device)
    return specs


def _spec(actuator: ActuatorInput) -> ActuatorSpec:
    return ActuatorSpec(
        actuator_id=actuator.actuator_id,
        type=ActuatorType(actuator.type.word),
        channel=actuator.channel,
        commands=tuple(map(_command, actuator.commands)),
        interlocks=tuple(map(_interlock, actuator.interlocks)),
        override_seconds=actuator.override_for.total_seconds(),
        answer_seconds=actuator.answer_within.total_seconds(),
    )


def _command(allowed: AllowedCommandInput) -> AllowedCommand:
    return AllowedCommand(
        command=allowed.command,
        choices=_states(allowed.choices),
        minimum=allowed.minimum,
        maximum=allowed.maximum,
    )


def _interlock(interlock: InterlockInput) -> Interlock:
    return Interlock(
        values=_states(interlock.values),
        above=interlock.above,
        not_while=None if interlock.not_while is None else _not_while(interlock.not_while),
        only_with=None if interlock.only_with is None else _only_with(interlock.only_with),
        max_age_seconds=interlock.max_age.total_seconds(),
        reason=interlock.reason,
    )


def _not_while(rule: NotWhileInput) -> NotWhile:
    return NotWhile(device_id=rule.device_id, actuator_id=rule.actuator_id, states=_states(rule.states), above=rule.above)


def _only_with(rule: OnlyWithInput) -> OnlyWith:
    return OnlyWith(
        device_id=rule.device_id,
        sensor_id=rule.sensor_id,
        metric=rule.metric,
        at_least=rule.at_least,
        at_most=rule.at_most,
    )


def _states(states: Sequence[StateValue]) -> tuple[Scalar, ...]:
    """The scalar takes nothing else."""
    return cast("tuple[Scalar, ...]", tuple(states))
