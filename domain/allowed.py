"""Which commands an actuator takes, with which values: as declared, else as its type has it."""

import sys
from collections.abc import Iterable, Sequence
from typing import Final, TypeGuard

from domain.states import shown
from schema.actuators import ActuatorSpec, ActuatorType, AllowedCommand, Dialect, Scalar

SET: Final = "set"
"""The command to an absolute state: the only one that other dialects than ours are spoken to with."""
_LARGEST: Final = sys.float_info.max
_SHOWN: Final = 10
"""Choices that a message names."""
_DEFAULTS: Final = {
    ActuatorType.SWITCH: (AllowedCommand(command=SET, choices=("on", "off")),),
    ActuatorType.LEVEL: (AllowedCommand(command=SET, minimum=0.0, maximum=100.0),),
    ActuatorType.COVER: (AllowedCommand(command=SET, choices=("open", "closed"), minimum=0.0, maximum=100.0),),
}


def allowed_commands(spec: ActuatorSpec, dialect: Dialect) -> Sequence[AllowedCommand]:
    """What may be asked of it, as the device is spoken to."""
    declared = spec.commands or _DEFAULTS[spec.type]
    return declared if dialect is Dialect.NATIVE else [one for one in declared if one.command == SET]


def takes_value(allowed: AllowedCommand) -> bool:
    return bool(allowed.choices) or _is_ranged(allowed)


def admits(allowed: AllowedCommand, value: Scalar | None) -> bool:
    """Whether the command may come with that value. A bool is no number."""
    if value is None:
        return not takes_value(allowed)
    if any(_is_number(choice) is _is_number(value) and choice == value for choice in allowed.choices):
        return True
    return _is_ranged(allowed) and _is_within(allowed, value)


def told(commands: Iterable[AllowedCommand]) -> str:
    """What is allowed, in words."""
    return "; ".join(dict.fromkeys(map(_told, commands)))


def _is_ranged(allowed: AllowedCommand) -> bool:
    return allowed.minimum is not None or allowed.maximum is not None


def _is_within(allowed: AllowedCommand, value: Scalar) -> bool:
    low = -_LARGEST if allowed.minimum is None else allowed.minimum
    high = _LARGEST if allowed.maximum is None else allowed.maximum
    return _is_number(value) and low <= value <= high


def _is_number(value: Scalar) -> TypeGuard[float]:
    return isinstance(value, float | int) and not isinstance(value, bool)


def _told(allowed: AllowedCommand) -> str:
    ways = [shown(choice) for choice in allowed.choices[:_SHOWN]]
    ways += ["..."] if len(allowed.choices) > _SHOWN else []
    if _is_ranged(allowed):
        ways.append(_range_told(allowed))
    return f"`{allowed.command}` {'to ' + ', '.join(ways) if ways else 'without a value'}"


def _range_told(allowed: AllowedCommand) -> str:
    if allowed.minimum is None:
        return f"a number up to {allowed.maximum:g}"
    return f"a number of {allowed.minimum:g} or more" if allowed.maximum is None else _between(allowed.minimum, allowed.maximum)


def _between(low: float, high: float) -> str:
    return f"a number from {low:g} to {high:g}"
