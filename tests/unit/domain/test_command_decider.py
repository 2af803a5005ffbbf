"""Commands are asked for, or refused with a reason that says what to do."""

from datetime import datetime, timedelta
from math import inf, nan
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from domain.advice import Advice
from domain.command_decider import CommandRefusal, CommandRefused, Wanted, cancel, dispatch, issue
from domain.command_outcomes import ended
from domain.control import Control
from schema.actuators import ActuatorSpec, ActuatorType, AllowedCommand, Dialect, Scalar
from schema.commands import CommandDispatching, CommandEnded, Outcome, OverrideBegun
from schema.events import ActuatorCommand, DeviceMetadata, DeviceRetired
from tests.support.commands import HEATER, NOW, Known, after, box, later, wanted


def asked(control: Control, want: Wanted, advice: Advice | None = None, now: datetime = NOW) -> ActuatorCommand:
    decided = issue(control, want, advice or Known(), now)
    assert isinstance(decided, ActuatorCommand), decided
    return decided


def refused(control: Control, want: Wanted, advice: Advice | None = None, now: datetime = NOW) -> CommandRefused:
    decided = issue(control, want, advice or Known(), now)
    assert isinstance(decided, CommandRefused), decided
    return decided


def test_a_command_is_asked_for_as_it_is_wanted() -> None:
    event = asked(box(), wanted(hold=True, sets_back="c0"))
    assert (event.device_id, event.actuator_id, event.command, event.value) == ("box", "heater", "set", "on")
    assert (event.command_id, event.correlation_id, event.deadline) == ("c1", "loop-1", later(30))
    assert (event.timestamp, event.hold, event.sets_back) == (NOW, True, "c0")


@pytest.mark.parametrize("field", ["device_id", "actuator_id", "command", "correlation_id", "command_id"])
@pytest.mark.parametrize("text", ["", "a/b", "#", "\x00", "x" * 65])
def test_what_is_no_id_is_named(field: str, text: str) -> None:
    decided = refused(box(), wanted(**{field: text}))
    assert decided.why is CommandRefusal.INVALID
    assert decided.message.lower().startswith(field.replace("_id", "id").replace("_", ""))


def test_a_device_must_be_registered_with_the_actuator() -> None:
    assert refused(Control(device_id="box"), wanted()).why is CommandRefusal.UNKNOWN_DEVICE
    decided = refused(box(), wanted(actuator_id="pump"))
    assert decided.why is CommandRefusal.UNKNOWN_ACTUATOR
    assert "heater, vent, lamp" in decided.message


def test_a_retired_device_takes_no_command_until_it_is_in_service_again() -> None:
    retired = after(box(), DeviceRetired(device_id="box", at=later(-60), reason="broken"))
    assert refused(retired, wanted()).why is CommandRefusal.RETIRED
    assert asked(after(retired, DeviceRetired(device_id="box", reason="mended")), wanted())
    assert asked(after(box(), DeviceRetired(device_id="box", at=later(60), reason="planned")), wanted())


@pytest.mark.parametrize(
    ("actuator", "value"),
    [("heater", "on"), ("heater", "off"), ("lamp", 0), ("lamp", 100.0), ("vent", "open"), ("vent", "closed"), ("vent", 30)],
)
def test_types_have_commands_of_their_own(actuator: str, value: Scalar) -> None:
    assert asked(box(), wanted(actuator_id=actuator, value=value)).value == value


@pytest.mark.parametrize(
    ("actuator", "value"),
    [
        ("heater", "ON"),
        ("heater", True),
        ("heater", None),
        ("heater", 1.0),
        ("lamp", 100.1),
        ("lamp", -0.1),
        ("lamp", True),
        ("lamp", "50"),
        ("lamp", nan),
        ("lamp", inf),
        ("vent", "ajar"),
        ("vent", False),
        ("vent", None),
    ],
)
def test_a_value_that_is_not_allowed_is_refused_with_those_that_are(actuator: str, value: Scalar | None) -> None:
    decided = refused(box(), wanted(actuator_id=actuator, value=value))
    assert decided.why is CommandRefusal.VALUE_NOT_ALLOWED
    assert "`set` to" in decided.message


@pytest.mark.parametrize(
    ("value", "told"), [(120.0, "with 120"), (True, "with true"), ("50", "with '50'"), (None, "without one")]
)
def test_a_refusal_tells_the_value_as_it_was_given(value: Scalar | None, told: str) -> None:
    message = refused(box(), wanted(actuator_id="lamp", value=value)).message
    assert message == f"lamp of box takes `set` to a number from 0 to 100; it came {told}"


def test_declared_commands_take_the_place_of_those_of_the_type() -> None:
    pump = ActuatorSpec(
        actuator_id="heater",
        commands=(
            AllowedCommand(command="pulse"),
            AllowedCommand(command="dose", minimum=0.5),
            AllowedCommand(command="mode", choices=(True, 2.0)),
        ),
    )
    control = box(pump)
    assert asked(control, wanted(command="pulse", value=None))
    assert asked(control, wanted(command="dose", value=10_000))
    assert asked(control, wanted(command="mode", value=True))
    assert asked(control, wanted(command="mode", value=2))
    for command, value in (("pulse", "now"), ("dose", 0.4), ("dose", inf), ("mode", 1.0), ("mode", "True")):
        assert refused(control, wanted(command=command, value=value)).why is CommandRefusal.VALUE_NOT_ALLOWED
    unknown = refused(control, wanted())
    assert unknown.why is CommandRefusal.UNKNOWN_COMMAND
    assert "`pulse` without a value; `dose` to a number of 0.5 or more; `mode` to true, 2" in unknown.message


@pytest.mark.parametrize("dialect", [dialect for dialect in Dialect if dialect is not Dialect.NATIVE])
def test_other_dialects_take_absolute_states_alone(dialect: Dialect) -> None:
    declared = (AllowedCommand(command="toggle"), AllowedCommand(command="set", choices=("on", "off")))
    control = box(ActuatorSpec(actuator_id="heater", commands=declared), dialect=dialect)
    assert asked(control, wanted())
    assert refused(control, wanted(command="toggle", value=None)).why is CommandRefusal.UNKNOWN_COMMAND


def test_a_deadline_lies_ahead_and_not_too_far() -> None:
    assert refused(box(), wanted(deadline=NOW)).why is CommandRefusal.TOO_LATE
    assert asked(box(), wanted(deadline=NOW + timedelta(hours=24)))
    assert "24 hours" in refused(box(), wanted(deadline=NOW + timedelta(hours=24, seconds=1))).message


def test_an_actuator_has_one_command_under_way() -> None:
    first = asked(box(), wanted())
    control = after(box(), first)
    decided = refused(control, wanted(command_id="c2", value="off"))
    assert (decided.why, decided.retry_at) == (CommandRefusal.BUSY, later(60))
    assert "command c1, which ends by 2026-11-24T12:01:00Z" in decided.message
    assert asked(control, wanted(command_id="c2", actuator_id="vent", value="open"))
    done = after(control, ended(control.open["c1"], Outcome.SUCCEEDED, later(1)))
    assert asked(done, wanted(command_id="c2"))


def test_an_id_that_was_asked_for_is_not_asked_for_again_while_its_deadline_lies_ahead() -> None:
    control = after(box(), asked(box(), wanted()))
    assert refused(control, wanted()).why is CommandRefusal.DUPLICATE
    control = after(control, ended(control.open["c1"], Outcome.SUCCEEDED, later(1)))
    assert refused(control, wanted(), now=later(29)).why is CommandRefusal.DUPLICATE
    assert refused(control, wanted(), now=later(31)).why is CommandRefusal.TOO_LATE


def test_what_has_ended_is_forgotten_once_its_deadline_is_long_past() -> None:
    control = box()
    for number in range(50):
        now = NOW + timedelta(minutes=number)
        control = after(control, asked(control, wanted(command_id=f"c{number}", deadline=now + timedelta(seconds=30)), now=now))
        control = after(control, ended(control.open[f"c{number}"], Outcome.SUCCEEDED, now))
    assert 0 < len(control.ended) < 10


def test_few_that_have_ended_are_remembered_however_far_ahead_their_deadlines_lie() -> None:
    control = box()
    for number in range(600):
        now, deadline = NOW + timedelta(seconds=number), NOW + timedelta(hours=23, seconds=number)
        control = after(control, asked(control, wanted(command_id=f"c{number}", deadline=deadline), now=now))
        control = after(control, ended(control.open[f"c{number}"], Outcome.SUCCEEDED, now))
    assert len(control.ended) == 500
    assert control.was_asked("c599")
    assert not control.was_asked("c0")


def test_an_actuator_that_was_switched_by_hand_takes_none_for_a_while() -> None:
    begun = OverrideBegun(device_id="box", actuator_id="heater", timestamp=NOW, until=later(900), state="off")
    decided = refused(after(box(), begun), wanted())
    assert (decided.why, decided.retry_at) == (CommandRefusal.OVERRIDDEN, later(900))
    assert "2026-11-24T12:15:00Z" in decided.message
    assert asked(after(box(), begun), wanted(deadline=later(930)), now=later(900))


def test_a_device_that_says_it_is_offline_takes_none_that_is_not_to_be_held() -> None:
    decided = refused(box(), wanted(), Known(online=False))
    assert decided.why is CommandRefusal.OFFLINE
    assert "`whenOffline: HOLD`" in decided.message
    assert asked(box(), wanted(hold=True), Known(online=False))
    assert asked(box(), wanted(), Known(online=None))


def test_a_device_at_no_known_site_takes_no_command() -> None:
    decided = refused(box(), wanted(), Known(site=None))
    assert decided.why is CommandRefusal.UNPLACED
    assert decided.message == "nobody knows at which site box is: give it a `location`, or let it speak first"
    assert asked(box(), wanted(), Known(site="farm"))
    placed = after(box(), DeviceMetadata(device_id="box", location="farm/1", actuators=(HEATER,)))
    assert asked(placed, wanted(), Known(site=None))


def test_a_command_is_taken_back_while_it_was_not_sent() -> None:
    control = after(box(), asked(box(), wanted()))
    end = cancel(control, "c1", later(1), "not needed")
    assert isinstance(end, CommandEnded)
    assert (end.outcome, end.reason, end.timestamp) == (Outcome.CANCELLED, "not needed", later(1))
    assert why(cancel(after(control, end), "c1", later(2))) is CommandRefusal.NOT_OPEN
    sent = dispatch(control, "c1", later(1))
    assert sent is not None
    assert why(cancel(after(control, sent), "c1", later(2))) is CommandRefusal.SENT
    assert why(cancel(control, "c1", later(2), "\x07")) is CommandRefusal.INVALID


def test_a_command_is_sent_once_and_before_its_deadline() -> None:
    control = after(box(), asked(box(), wanted()))
    event = dispatch(control, "c1", later(29), fencing=7)
    assert isinstance(event, CommandDispatching)
    assert (event.command_id, event.actuator_id, event.fencing) == ("c1", "heater", 7)
    assert dispatch(after(control, event), "c1", later(29)) is None
    assert dispatch(control, "c1", later(30)) is None
    assert dispatch(control, "c2", later(1)) is None


def test_a_device_that_was_retired_or_switched_by_hand_meanwhile_is_sent_nothing() -> None:
    control = after(box(), asked(box(), wanted()))
    assert dispatch(after(control, DeviceRetired(device_id="box", at=NOW, reason="broken")), "c1", later(1)) is None
    begun = OverrideBegun(device_id="box", actuator_id="heater", timestamp=NOW, until=later(900))
    assert dispatch(after(control, begun), "c1", later(1)) is None


SCALARS = st.text() | st.booleans() | st.floats() | st.integers(-(2**63), 2**63)


@given(st.sampled_from(["heater", "vent", "lamp"]), SCALARS | st.none())
def test_of_all_values_only_those_of_the_type_are_taken(actuator: str, value: Scalar | None) -> None:
    words = {"heater": ("on", "off"), "vent": ("open", "closed"), "lamp": ()}[actuator]
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    fits = value in words if isinstance(value, str) else is_number and actuator != "heater" and 0 <= value <= 100  # type: ignore[operator]
    decided = issue(box(), wanted(actuator_id=actuator, value=value), Known(), NOW)
    assert isinstance(decided, ActuatorCommand) == fits


@example("heater", "\U0002ebe1" * 100, "loop-1", None)
@given(st.just("heater") | st.text(), st.just("set") | st.text(), st.just("loop-1") | st.text(), SCALARS | st.none())
def test_whatever_is_asked_is_answered_in_few_words(
    actuator: str, command: str, correlation: str, value: Scalar | None
) -> None:
    want = wanted(actuator_id=actuator, command=command, value=value, correlation_id=correlation)
    decided = issue(box(), want, Known(), NOW)
    assert isinstance(decided, ActuatorCommand) or 0 < len(decided.message) < 300


def why(decided: Any) -> CommandRefusal:
    assert isinstance(decided, CommandRefused), decided
    return decided.why


def test_a_level_is_declared_within_bounds_of_its_own() -> None:
    dim = ActuatorSpec(
        actuator_id="lamp", type=ActuatorType.LEVEL, commands=(AllowedCommand(command="set", minimum=10, maximum=60),)
    )
    assert asked(box(dim, HEATER), wanted(actuator_id="lamp", value=60))
    assert "a number from 10 to 60" in refused(box(dim), wanted(actuator_id="lamp", value=61)).message
