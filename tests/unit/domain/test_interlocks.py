"""Interlocks hold commands back by what is known and under way, and say what they saw."""

import pytest
from msgspec.structs import replace

from domain.advice import KnownState
from domain.command_decider import CommandRefusal, CommandRefused, farthest_deadline, issue
from domain.command_outcomes import ended
from schema.actuators import ActuatorSpec, ActuatorType, Interlock, NotWhile, OnlyWith, Scalar
from schema.commands import Outcome, OverrideBegun
from schema.events import ActuatorCommand
from tests.support.commands import NOW, VENT, Known, after, box, later, wanted

NOT_WHILE_OPEN = Interlock(values=("on",), not_while=NotWhile(actuator_id="vent", states=("open",), above=20))
ONLY_WHEN_CALM = Interlock(values=("open",), above=50, only_with=OnlyWith(metric="wind_speed", at_most=8), max_age_seconds=60)


def heater(*interlocks: Interlock) -> ActuatorSpec:
    return ActuatorSpec(actuator_id="heater", interlocks=interlocks)


def vent(*interlocks: Interlock) -> ActuatorSpec:
    return ActuatorSpec(actuator_id="vent", type=ActuatorType.COVER, interlocks=interlocks)


def known(state: Scalar | None = None, wind: float | None = None, age: float = 0) -> Known:
    advice = Known()
    if state is not None:
        advice.actuators["box", "vent"] = KnownState(state, later(-age))
    if wind is not None:
        advice.metrics["box", None, "wind_speed"] = KnownState(wind, later(-age))
    return advice


def refusal(spec: ActuatorSpec, advice: Known, value: Scalar = "on") -> CommandRefused | None:
    others = () if spec.actuator_id == "vent" else (VENT,)
    decided = issue(box(spec, *others), wanted(actuator_id=spec.actuator_id, value=value), advice, NOW)
    return decided if isinstance(decided, CommandRefused) else None


@pytest.mark.parametrize(
    ("state", "told"), [("open", "'open'"), ("OPEN", "'OPEN'"), (100.0, "100"), (20.5, "20.5"), (True, "true")]
)
def test_a_heater_is_not_switched_on_while_the_vent_is_open(state: Scalar, told: str) -> None:
    decided = refusal(heater(NOT_WHILE_OPEN), known(state))
    assert decided is not None
    assert decided.why is CommandRefusal.INTERLOCKED
    assert f"not while vent of box is 'open' or above 20: it is {told}" in decided.message


@pytest.mark.parametrize("state", ["closed", 0.0, 20.0])
def test_a_heater_is_switched_on_while_the_vent_is_closed(state: Scalar) -> None:
    assert refusal(heater(NOT_WHILE_OPEN), known(state)) is None


@pytest.mark.parametrize("advice", [known("open"), known("closed", age=10_000), known(), known("jammed")])
def test_switching_off_is_always_possible_where_an_interlock_names_what_it_concerns(advice: Known) -> None:
    assert refusal(heater(NOT_WHILE_OPEN), advice, "off") is None


def test_an_interlock_that_names_no_values_concerns_all() -> None:
    all_of_them = Interlock(not_while=NotWhile(actuator_id="vent", states=("open",)), reason="the frame bends")
    decided = refusal(heater(all_of_them), known("open"), "off")
    assert decided is not None
    assert decided.message.endswith("(the frame bends)")


@pytest.mark.parametrize("advice", [known(), known("closed", age=901)])
def test_what_is_not_known_or_was_known_too_long_ago_is_stale(advice: Known) -> None:
    decided = refusal(heater(NOT_WHILE_OPEN), advice)
    assert decided is not None
    assert decided.why is CommandRefusal.STALE
    assert "vent of box" in decided.message


def test_a_state_that_cannot_be_held_against_a_number_is_stale() -> None:
    decided = refusal(heater(NOT_WHILE_OPEN), known("jammed"))
    assert decided is not None
    assert decided.why is CommandRefusal.STALE
    assert "'jammed'" in decided.message


def test_what_was_open_when_last_heard_of_holds_back_however_long_ago_that_is() -> None:
    decided = refusal(heater(NOT_WHILE_OPEN), known("open", age=10_000))
    assert decided is not None
    assert decided.why is CommandRefusal.INTERLOCKED


@pytest.mark.parametrize(("value", "held"), [("open", True), (51, True), (50, False), ("closed", False), (0, False)])
def test_a_vent_is_opened_only_when_it_is_calm(value: Scalar, held: bool) -> None:
    decided = refusal(vent(ONLY_WHEN_CALM), known(wind=8.5), value)
    assert (decided is not None) == held
    if decided is not None:
        assert decided.message == "only with wind_speed of box at most 8: it is 8.5"


def test_bounds_are_included() -> None:
    assert refusal(vent(ONLY_WHEN_CALM), known(wind=8), "open") is None
    between = Interlock(only_with=OnlyWith(metric="wind_speed", at_least=8, at_most=8))
    assert refusal(vent(between), known(wind=8), "open") is None
    decided = refusal(vent(between), known(wind=7), "open")
    assert decided is not None
    assert "at least 8 and at most 8" in decided.message


def test_a_metric_is_looked_at_where_the_interlock_says() -> None:
    mast = OnlyWith(device_id="mast", sensor_id="top", metric="wind_speed", at_most=8)
    advice = Known()
    stale = refusal(vent(Interlock(only_with=mast)), advice, "open")
    assert stale is not None
    assert "nothing is known of wind_speed of top of mast" in stale.message
    advice.metrics["mast", "top", "wind_speed"] = KnownState(3.0, NOW)
    assert refusal(vent(Interlock(only_with=mast)), advice, "open") is None


def test_a_measurement_that_is_too_old_is_stale() -> None:
    decided = refusal(vent(ONLY_WHEN_CALM), known(wind=2, age=61), "open")
    assert decided is not None
    assert decided.why is CommandRefusal.STALE
    assert "61 seconds ago" in decided.message


def test_a_vent_that_is_about_to_open_holds_the_heater_back() -> None:
    control = box(heater(NOT_WHILE_OPEN), VENT)
    advice = known("closed")
    opening = issue(control, wanted(command_id="c0", actuator_id="vent", value="open"), advice, NOW)
    assert isinstance(opening, ActuatorCommand)
    decided = issue(after(control, opening), wanted(), advice, NOW)
    assert isinstance(decided, CommandRefused)
    assert decided.why is CommandRefusal.INTERLOCKED
    assert "command c0 is about to set it to 'open'" in decided.message


def test_a_vent_that_is_about_to_close_is_open_until_it_says_otherwise() -> None:
    control = box(heater(NOT_WHILE_OPEN), VENT)
    closing = issue(control, wanted(command_id="c0", actuator_id="vent", value="closed"), Known(), NOW)
    assert isinstance(closing, ActuatorCommand)
    assert isinstance(issue(after(control, closing), wanted(), known("open"), NOW), CommandRefused)


def test_a_vent_that_was_just_opened_holds_back_though_the_device_did_not_tell_of_it_yet() -> None:
    opening = issue(box(VENT), wanted(command_id="c0", actuator_id="vent", value="open"), Known(), NOW)
    assert isinstance(opening, ActuatorCommand)
    control = after(box(heater(NOT_WHILE_OPEN), VENT), opening)
    opened = after(control, ended(control.open["c0"], Outcome.SUCCEEDED, later(1)))
    decided = issue(opened, wanted(), known("closed"), later(2))
    assert isinstance(decided, CommandRefused)
    assert "a command has just set it to 'open'" in decided.message
    by_hand = OverrideBegun(device_id="box", actuator_id="vent", timestamp=later(2), until=later(900), state="closed")
    assert isinstance(issue(after(opened, by_hand), wanted(), known("closed"), later(2)), ActuatorCommand)
    long_after = wanted(deadline=later(90))
    assert isinstance(issue(opened, long_after, known("closed"), later(62)), ActuatorCommand)
    failed = after(control, ended(control.open["c0"], Outcome.FAILED, later(1)))
    assert isinstance(issue(failed, wanted(), known("closed"), later(2)), ActuatorCommand)


def test_a_command_waits_no_longer_than_its_interlocks_trust_in_what_they_saw() -> None:
    control = box(vent(ONLY_WHEN_CALM))
    late = wanted(actuator_id="vent", value="open", deadline=later(61), hold=True)
    decided = issue(control, late, known(wind=2), NOW)
    assert isinstance(decided, CommandRefused)
    assert decided.why is CommandRefusal.INVALID
    assert "goes by what was so at most 60 seconds ago" in decided.message
    assert isinstance(issue(control, replace(late, deadline=later(60)), known(wind=2), NOW), ActuatorCommand)
    assert farthest_deadline(control, "vent", "open", NOW) == later(60)
    assert farthest_deadline(control, "vent", "closed", NOW) == later(86_400)
    assert isinstance(issue(control, replace(late, value="closed"), known(wind=2), NOW), ActuatorCommand)


def test_an_actuator_of_another_device_is_looked_at_there() -> None:
    elsewhere = Interlock(not_while=NotWhile(device_id="roof", actuator_id="vent", states=("open",)))
    advice = known("open")
    advice.actuators["roof", "vent"] = KnownState("closed", NOW)
    assert refusal(heater(elsewhere), advice) is None
    advice.actuators["roof", "vent"] = KnownState("open", NOW)
    decided = refusal(heater(elsewhere), advice)
    assert decided is not None
    assert decided.about == ["roof"]


def test_what_is_against_a_command_is_told_before_what_is_stale() -> None:
    decided = refusal(heater(Interlock(only_with=OnlyWith(metric="temperature", at_most=30)), NOT_WHILE_OPEN), known("open"))
    assert decided is not None
    assert decided.why is CommandRefusal.INTERLOCKED
