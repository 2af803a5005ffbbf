"""States of actuators: which say the same. Devices write "on", "ON", true or 100 for one thing."""

from typing import Final

from schema.actuators import Scalar
from schema.complaints import quoted

_WORDS: Final = {"on": 100.0, "open": 100.0, "off": 0.0, "closed": 0.0}
_TOLERANCE: Final = 1.0
"""In percent: devices count in steps of their own, 254 to the whole, say."""


def shown(state: Scalar) -> str:
    """The state as people read it: numbers and truths as in JSON."""
    if isinstance(state, str):
        return quoted(state)
    return str(state).lower() if isinstance(state, bool) else f"{state:g}"


def level_of(state: Scalar) -> float | None:
    """The state as a number, 0 to 100 where it is one of the words for it; None where it is another word."""
    if isinstance(state, str):
        return _WORDS.get(state.lower())
    if isinstance(state, bool):
        return 100.0 if state else 0.0
    return float(state)


def is_same(one: Scalar, other: Scalar) -> bool:
    """Whether both say one state."""
    level, other_level = level_of(one), level_of(other)
    if level is not None and other_level is not None:
        return level == other_level
    return isinstance(one, str) and isinstance(other, str) and one.lower() == other.lower()


def is_nothing(state: Scalar) -> bool:
    """Whether it is off, or closed, in whole percent."""
    level = level_of(state)
    return level is not None and round(level) == 0


def is_reached(wanted: Scalar, state: Scalar) -> bool:
    """Whether a device that says `state` has done what was wanted."""
    level, said = level_of(wanted), level_of(state)
    if level is not None and said is not None:
        return abs(level - said) <= _TOLERANCE
    return is_same(wanted, state)
