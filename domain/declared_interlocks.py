"""What is wrong with an interlock that somebody declares, if anything."""

from collections.abc import Iterator
from typing import Final

from domain.decisions import id_problem, text_problem
from domain.declared_values import number_problems, range_problems, seconds_problems, states_problems
from schema.actuators import ActuatorSpec, Interlock, NotWhile, OnlyWith

_LONGEST_METRIC: Final = 64


def interlock_problems(where: str, device_id: str, spec: ActuatorSpec, interlock: Interlock) -> Iterator[str]:
    if (interlock.not_while is None) == (interlock.only_with is None):
        yield f"{where} must have either notWhile or onlyWith"
    yield from states_problems(f"{where}.values", interlock.values)
    yield from number_problems(f"{where}.above", interlock.above)
    yield from seconds_problems(f"{where}.maxAge", interlock.max_age_seconds, least=1.0)
    yield from filter(None, [text_problem(f"{where}.reason", interlock.reason)])
    if interlock.not_while is not None:
        yield from _not_while_problems(f"{where}.notWhile", device_id, spec, interlock.not_while)
    if interlock.only_with is not None:
        yield from _only_with_problems(f"{where}.onlyWith", interlock.only_with)


def _not_while_problems(where: str, device_id: str, spec: ActuatorSpec, rule: NotWhile) -> Iterator[str]:
    yield from _id_problems(f"{where}.deviceId", rule.device_id)
    yield from _id_problems(f"{where}.actuatorId", rule.actuator_id)
    if (rule.device_id or device_id, rule.actuator_id) == (device_id, spec.actuator_id):
        yield f"{where} is about the actuator itself; say what it takes with commands"
    if not rule.states and rule.above is None:
        yield f"{where} must name states, or a number that the state may not be above"
    yield from states_problems(f"{where}.states", rule.states)
    yield from number_problems(f"{where}.above", rule.above)


def _only_with_problems(where: str, rule: OnlyWith) -> Iterator[str]:
    yield from _id_problems(f"{where}.deviceId", rule.device_id)
    yield from _id_problems(f"{where}.sensorId", rule.sensor_id)
    yield from filter(None, [text_problem(f"{where}.metric", rule.metric, _LONGEST_METRIC)])
    if rule.at_least is None and rule.at_most is None:
        yield f"{where} must have atLeast, atMost or both"
    yield from range_problems(where, "atLeast", rule.at_least, "atMost", rule.at_most)


def _id_problems(where: str, text: str | None) -> Iterator[str]:
    problem = None if text is None else id_problem(where, text)
    if problem is not None:
        yield problem
