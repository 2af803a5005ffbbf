"""What becomes of commands: by the device's answers, by the states it tells, and by time alone."""

from datetime import timedelta
from typing import Any

import pytest

from domain.command_decider import dispatch, issue
from domain.command_outcomes import answered, due, stated
from domain.control import Control
from schema.actuators import ActuatorSpec, Dialect, Scalar
from schema.commands import CommandAcknowledged, CommandDispatched, CommandEnded, Outcome, OverrideBegun
from schema.events import ActuatorCommand, ActuatorEvent, Clock, CommandAck, Event
from tests.support.commands import HEATER, LAMP, NOW, VENT, Known, after, box, later, wanted


def requested(control: Control, **fields: Any) -> Control:
    event = issue(control, wanted(**fields), Known(), NOW)
    assert isinstance(event, ActuatorCommand)
    return after(control, event)


def sent(control: Control, **fields: Any) -> Control:
    control = requested(control, **fields)
    event = dispatch(control, "c1", later(1))
    assert event is not None
    return after(control, event)


def ack(result: str, command: str = "c1", device: str = "box", **fields: Any) -> CommandAck:
    return CommandAck(device_id=device, command_id=command, result=result, timestamp=later(2), **fields)


def state(value: Scalar, actuator: str = "heater", at: float = 2, **fields: Any) -> ActuatorEvent:
    return ActuatorEvent(device_id="box", actuator_id=actuator, timestamp=later(at), state=value, **fields)


def outcomes(events: Any) -> list[Outcome]:
    return [event.outcome for event in events if isinstance(event, CommandEnded)]


def test_a_device_that_accepts_a_command_is_about_it() -> None:
    [event] = answered(sent(box()), ack("accepted"), later(3))
    assert isinstance(event, CommandAcknowledged)
    assert (event.command_id, event.timestamp) == ("c1", later(3))
    assert answered(after(sent(box()), event), ack("accepted"), later(4)) == []


@pytest.mark.parametrize("result", ["succeeded", "failed", "rejected"])
def test_a_device_says_how_a_command_ended(result: str) -> None:
    [event] = answered(sent(box()), ack(result, state="on", reason="so it is"), later(3))
    assert isinstance(event, CommandEnded)
    assert (event.outcome.value, event.state, event.reason, event.timestamp) == (result, "on", "so it is", later(3))
    for again in ("accepted", "succeeded", "failed", "rejected"):
        assert answered(after(sent(box()), event), ack(again), later(4)) == []


@pytest.mark.parametrize("stray", [ack("failed", "c9"), ack("failed", device="other"), ack("perhaps")])
def test_answers_to_something_else_change_nothing(stray: CommandAck) -> None:
    assert answered(sent(box()), stray, later(3)) == []


def test_what_was_not_sent_is_not_answered() -> None:
    assert answered(requested(box()), ack("succeeded"), later(3)) == []


@pytest.mark.parametrize("dialect", [dialect for dialect in Dialect if dialect is not Dialect.NATIVE])
def test_a_device_of_another_dialect_has_done_it_once_it_is_in_the_state(dialect: Dialect) -> None:
    control = sent(box(dialect=dialect))
    assert stated(control, state("off"), later(2), later(3)) == []
    assert stated(control, state("on", "vent"), later(2), later(3)) == []
    [event] = stated(control, state("ON"), later(2), later(3))
    assert isinstance(event, CommandEnded)
    assert (event.outcome, event.state) == (Outcome.SUCCEEDED, "ON")
    assert stated(after(control, event), state("ON"), later(2), later(4)) == []


def test_a_level_is_reached_within_a_step_of_the_device() -> None:
    control = sent(box(LAMP, dialect=Dialect.ZIGBEE2MQTT), actuator_id="lamp", value=40)
    assert stated(control, state(38.9, "lamp"), later(2), later(3)) == []
    assert outcomes(stated(control, state(40.16, "lamp"), later(2), later(3))) == [Outcome.SUCCEEDED]


@pytest.mark.parametrize(("value", "says"), [(0, 1.0), (1, 0.0)])
def test_a_lamp_that_shines_a_little_is_not_off(value: float, says: float) -> None:
    control = sent(box(LAMP, dialect=Dialect.ZIGBEE2MQTT), actuator_id="lamp", value=value)
    assert stated(control, state(says, "lamp"), later(2), later(3)) == []
    assert outcomes(stated(control, state(float(value), "lamp"), later(2), later(3))) == [Outcome.SUCCEEDED]


def test_a_vent_whose_motor_counts_a_percent_beside_is_closed() -> None:
    control = sent(box(VENT, dialect=Dialect.SHELLY), actuator_id="vent", value="closed")
    assert outcomes(stated(control, state(1.0, "vent"), later(2), later(3))) == [Outcome.SUCCEEDED]


def test_a_state_from_before_a_command_was_sent_says_nothing_of_it() -> None:
    control = sent(box(dialect=Dialect.TASMOTA))
    assert stated(control, state("on", at=-60), later(2), later(3)) == []
    assert stated(control, state("on", at=2), later(-60), later(3)) == []
    assert outcomes(stated(control, state("on", at=-60, clock=Clock.UNSET), later(2), later(3))) == [Outcome.SUCCEEDED]


def test_a_device_of_ours_says_itself_what_became_of_a_command() -> None:
    assert stated(sent(box()), state("on", by="remote", command_id="c1"), later(2), later(3)) == []


def test_an_actuator_switched_by_hand_takes_no_remote_command_for_a_while() -> None:
    [event] = stated(box(), state("off", by="device"), later(2), later(3))
    assert isinstance(event, OverrideBegun)
    assert (event.actuator_id, event.until, event.state, event.timestamp) == ("heater", later(902), "off", later(3))
    assert stated(after(box(), event), state("off", by="device"), later(2), later(4)) == []
    [longer] = stated(after(box(), event), state("on", at=5, by="device"), later(5), later(6))
    assert isinstance(longer, OverrideBegun)
    assert longer.until == later(905)


def test_a_command_that_was_not_sent_when_its_actuator_is_switched_by_hand_is_rejected() -> None:
    control = requested(box())
    follows = stated(control, state("off", by="device"), later(2), later(3))
    assert [type(event) for event in follows] == [OverrideBegun, CommandEnded]
    assert outcomes(follows) == [Outcome.REJECTED]
    assert outcomes(stated(control, state("off", "vent", by="device"), later(2), later(3))) == []
    assert outcomes(stated(sent(box()), state("off", by="device"), later(2), later(3))) == []


def test_what_was_switched_by_hand_long_ago_is_over() -> None:
    assert stated(requested(box()), state("off", at=-1000, by="device"), later(2), later(3)) == []


def test_a_clock_that_is_wrong_does_not_make_an_override_longer() -> None:
    for event in (state("off", at=90_000, by="device"), state("off", at=90_000, by="device", clock=Clock.AHEAD)):
        [begun] = stated(box(), event, later(2), later(3))
        assert isinstance(begun, OverrideBegun)
        assert begun.until == later(902)


@pytest.mark.parametrize("spec", [ActuatorSpec(actuator_id="other"), ActuatorSpec(actuator_id="heater", override_seconds=0)])
def test_no_override_begins_where_none_was_declared(spec: ActuatorSpec) -> None:
    assert stated(box(spec), state("off", by="device"), later(2), later(3)) == []


@pytest.mark.parametrize(
    ("steps", "seconds", "outcome"),
    [
        ([], 30, Outcome.EXPIRED),
        (["dispatching"], 60, Outcome.UNKNOWN),
        (["dispatching", "dispatched"], 60, Outcome.TIMED_OUT),
        (["dispatching", "dispatched", "acknowledged"], 60, Outcome.TIMED_OUT),
        (["dispatching", "acknowledged"], 60, Outcome.TIMED_OUT),
    ],
)
def test_time_ends_what_nothing_else_has_ended(steps: list[str], seconds: int, outcome: Outcome) -> None:
    control = sent(box()) if steps else requested(box())
    for step in steps[1:]:
        control = after(control, _step(step))
    assert due(control, later(seconds - 1)).ends == []
    assert due(control, later(seconds - 1)).next_at == later(seconds)
    [end] = due(control, later(seconds)).ends
    assert (end.command_id, end.outcome, end.timestamp) == ("c1", outcome, later(seconds))
    assert due(after(control, end), later(seconds)).next_at is None


def _step(name: str) -> Event:
    kind = {"dispatched": CommandDispatched, "acknowledged": CommandAcknowledged}[name]
    return kind(device_id="box", actuator_id="heater", command_id="c1", timestamp=later(2))


def test_the_next_end_is_that_of_the_command_which_ends_first() -> None:
    slow = ActuatorSpec(actuator_id="lamp", type=LAMP.type, answer_seconds=120)
    control = sent(box(HEATER, slow))
    control = requested(control, command_id="c2", actuator_id="lamp", value=10, deadline=later(40))
    assert due(control, later(1)).next_at == later(40)
    later_on = due(control, later(40))
    assert ([end.command_id for end in later_on.ends], later_on.next_at) == (["c2"], later(60))
    assert due(Control(device_id="box"), NOW + timedelta(days=1)).next_at is None
