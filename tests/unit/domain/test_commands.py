"""A command's life: each event moves it on or changes nothing, and an end is for good."""

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from domain.commands import CommandState, advance, requested
from domain.control import Control, fold
from schema.commands import (
    CommandAcknowledged,
    CommandDispatched,
    CommandDispatching,
    CommandEnded,
    CommandStep,
    Outcome,
    OverrideBegun,
)
from schema.events import ActuatorCommand

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
ASKED = ActuatorCommand(
    device_id="box",
    actuator_id="heater",
    timestamp=NOW,
    command="set",
    value="on",
    correlation_id="loop-1",
    command_id="c1",
    deadline=NOW + timedelta(seconds=30),
)


def step(kind: type[CommandStep], second: int = 1, command: str = "c1", **fields: Any) -> CommandStep:
    at = NOW + timedelta(seconds=second)
    return kind(device_id="box", actuator_id="heater", command_id=command, timestamp=at, **fields)


STEPS = st.sampled_from(
    [step(CommandDispatching), step(CommandDispatched), step(CommandAcknowledged)]
    + [step(CommandEnded, outcome=outcome) for outcome in Outcome]
)


def test_a_command_goes_from_step_to_step_to_its_end() -> None:
    command = requested(ASKED)
    assert command is not None
    seen = []
    for kind in (CommandDispatching, CommandDispatched, CommandAcknowledged):
        command = advance(command, step(kind))
        seen.append(command.state)
    command = advance(command, step(CommandEnded, outcome=Outcome.SUCCEEDED, state="on"))
    assert seen == [CommandState.DISPATCHING, CommandState.DISPATCHED, CommandState.ACKNOWLEDGED]
    assert (command.state, command.reached, command.is_open) == (CommandState.SUCCEEDED, "on", False)


@given(st.lists(STEPS, max_size=12))
def test_the_first_end_is_the_only_one_whatever_comes_after_it(steps: list[CommandStep]) -> None:
    command = requested(ASKED)
    assert command is not None
    for event in steps:
        command = advance(command, event)
    first = next((event for event in steps if isinstance(event, CommandEnded)), None)
    assert command.is_open == (first is None)
    if first is not None:
        assert command.state.value == first.outcome.value


@given(st.lists(STEPS, max_size=12))
def test_a_device_whose_commands_have_ended_has_none_in_flight(steps: list[CommandStep]) -> None:
    control = fold(Control(device_id="box"), ASKED)
    for event in steps:
        control = fold(control, event)
    ended = any(isinstance(event, CommandEnded) for event in steps)
    assert (control.in_flight("heater") is None) == ended
    assert control.in_flight("vent") is None


def test_an_override_ends_with_its_time() -> None:
    until = NOW + timedelta(minutes=15)
    begun = OverrideBegun(device_id="box", actuator_id="heater", timestamp=NOW, until=until)
    control = fold(Control(device_id="box"), begun)
    assert control.overridden_until("heater", NOW) == until
    assert control.overridden_until("heater", until) is None
    assert control.overridden_until("vent", NOW) is None


def test_what_a_command_brought_an_actuator_to_is_known_until_the_next_one_or_a_hand_changes_it() -> None:
    end = step(CommandEnded, outcome=Outcome.SUCCEEDED)
    on = fold(fold(Control(device_id="box"), ASKED), end)
    assert on.just_set_to("heater", NOW) == "on"
    assert on.just_set_to("heater", NOW + timedelta(minutes=2)) is None
    automatic = replace(ASKED, command_id="c2", command="auto", value=None)
    ends = step(CommandEnded, command="c2", outcome=Outcome.SUCCEEDED)
    assert fold(fold(on, automatic), ends).just_set_to("heater", NOW) is None
    by_hand = OverrideBegun(device_id="box", actuator_id="heater", timestamp=NOW, until=NOW)
    assert fold(on, by_hand).just_set_to("heater", NOW) is None


def test_a_command_given_at_the_device_itself_is_not_followed() -> None:
    by_hand = ActuatorCommand(
        device_id="box", actuator_id="heater", timestamp=NOW, command="set", value="on", correlation_id="-", by="device"
    )
    assert requested(by_hand) is None
    assert fold(Control(device_id="box"), by_hand).in_flight("heater") is None
