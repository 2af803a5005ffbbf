"""What is wrong with a number, a state or a list of them that somebody declares, if anything."""

from collections.abc import Iterator, Sequence
from math import isfinite
from typing import Final

from domain.decisions import text_problem
from schema.actuators import Scalar

MAX_VALUES: Final = 32
"""Choices of one command; values, or states, that one interlock names."""
MAX_SECONDS: Final = 7 * 86_400.0
_LONGEST_STATE: Final = 64


def states_problems(where: str, states: Sequence[Scalar]) -> Iterator[str]:
    yield from count_problems(where, states, MAX_VALUES)
    for state in states:
        problem = text_problem(where, state, _LONGEST_STATE) if isinstance(state, str) else None
        yield from [problem] if problem is not None else number_problems(where, state)


def number_problems(where: str, value: Scalar | None) -> Iterator[str]:
    if isinstance(value, float) and not isfinite(value):
        yield f"{where} must be a finite number"


def range_problems(where: str, low_name: str, low: float | None, high_name: str, high: float | None) -> Iterator[str]:
    yield from number_problems(f"{where}.{low_name}", low)
    yield from number_problems(f"{where}.{high_name}", high)
    if low is not None and high is not None and low > high:
        yield f"{where}.{low_name} must not be more than {high_name}: {low:g} is more than {high:g}"


def seconds_problems(where: str, seconds: float, *, least: float = 0.0) -> Iterator[str]:
    if not least <= seconds <= MAX_SECONDS:
        yield f"{where} must be between {least:g} s and {MAX_SECONDS / 86_400:g} days"


def count_problems(where: str, found: Sequence[object], most: int) -> Iterator[str]:
    if len(found) > most:
        yield f"{where} has {len(found)} entries; at most {most} fit"
