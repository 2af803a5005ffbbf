"""An actuator box does each command once, in time, and says what became of it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glasshouse.simulator.box import Box, Command
from glasshouse.simulator.climate import HELD_SECONDS
from glasshouse.simulator.device import Device
from glasshouse.simulator.faults import Fault
from glasshouse.simulator.house import House
from glasshouse.simulator.message import Message
from glasshouse.simulator.mishaps import Mishap, MishapRates
from tests.support.simulation import NO_FAULTS, NO_MISHAPS

NOW = datetime(2026, 6, 21, 12, tzinfo=UTC)


class Bench:
    """A box in a house, with a clock that a test moves on."""

    def __init__(self, **rates: float) -> None:
        device = Device(name="box-1", site="s", kind="actuators", zone=0, seed=1, run="r", rates=NO_FAULTS)
        self.box = Box(device, msgspec.structs.replace(NO_MISHAPS, **rates), seed=1)
        self.house = House(seed=1, start=NOW)
        self.now = NOW
        self.cut_off: list[float] = []
        self.mishaps: list[Mishap] = []

    @property
    def states(self) -> dict[str, str | float]:
        return self.house.zone(0).controls.states()

    def give(self, actuator: str, value: Any = None, *, id_: str = "c-1", command: str = "set", seconds: float = 30) -> bool:
        deadline = self.now + timedelta(seconds=seconds)
        wanted = Command(command_id=id_, actuator_id=actuator, command=command, value=value, deadline=deadline)
        return self.box.take(wanted, self.now)

    def act(self) -> list[Message]:
        messages, mishaps = self.box.act(self.house.zone(0), self.now, lambda _, seconds: self.cut_off.append(seconds))
        self.mishaps += mishaps
        return messages

    def answers(self, seconds: float = 10) -> list[tuple[str, Any]]:
        """What it says for so long: (topic's kind, payload)."""
        said: list[tuple[str, Any]] = []
        for _ in range(round(seconds * 2)):
            said += [(message.kind, msgspec.json.decode(message.payload)) for message in self.act()]
            self.now += timedelta(seconds=0.5)
        return said

    def results(self) -> list[str]:
        return [body["result"] for kind, body in self.answers() if kind == "ack"]


def test_a_command_is_accepted_then_done_and_its_state_told_before_its_success() -> None:
    bench = Bench()
    assert bench.give("vent", 50)
    told = bench.answers()
    assert [kind for kind, _ in told] == ["ack", "state", "ack"]
    accepted, state, succeeded = (body for _, body in told)
    assert accepted == {"commandId": "c-1", "result": "accepted"}
    assert state.items() >= {"actuatorId": "vent", "state": 50.0, "by": "remote", "commandId": "c-1"}.items()
    assert succeeded == {"commandId": "c-1", "result": "succeeded", "state": 50.0}
    assert bench.states["vent"] == 50.0


def test_a_command_that_it_knows_is_dropped() -> None:
    bench = Bench()
    assert bench.give("lamps", "on")
    assert not bench.give("lamps", "off")
    assert bench.results() == ["accepted", "succeeded"]
    assert not bench.give("lamps", "off")
    assert bench.states["lamps"] == "on"


def test_a_command_past_its_deadline_is_dropped() -> None:
    bench = Bench()
    assert not bench.give("lamps", "on", seconds=0)
    assert bench.answers() == []


@pytest.mark.parametrize(
    ("actuator", "command", "value", "reason"),
    [
        ("roof", "set", "on", "there is no actuator roof"),
        ("roof", "auto", None, "there is no actuator roof"),
        ("heater", "set", "warm", "heater is on or off, not warm"),
        ("heater", "set", True, "heater is on or off, not True"),
        ("vent", "set", 101, "vent is open to 0 to 100 %, not 101"),
        ("vent", "set", True, "0 to 100 %"),
        ("vent", "toggle", None, "vent knows set and auto, not toggle"),
        ("screen", "set", None, "screen is closed or open, not None"),
    ],
)
def test_what_it_cannot_do_is_rejected_with_the_reason(actuator: str, command: str, value: Any, reason: str) -> None:
    bench = Bench()
    before = bench.states
    assert bench.give(actuator, value, command=command)
    ((kind, body),) = bench.answers()
    assert (kind, body["result"]) == ("ack", "rejected")
    assert reason in body["reason"]
    assert bench.states == before


def test_a_remote_command_overrules_the_thermostat_for_an_hour_of_the_houses_time() -> None:
    bench = Bench()
    bench.house.zone(0).temperature = 40
    bench.give("vent", 0)
    bench.answers()
    bench.house.advance(HELD_SECONDS - 60)
    assert bench.states["vent"] == 0
    bench.house.zone(0).temperature = 40
    bench.house.advance(120)
    assert bench.states["vent"] > 0


def test_told_auto_the_thermostat_has_the_actuator_again() -> None:
    bench = Bench()
    bench.give("heater", "on")
    bench.answers()
    bench.house.zone(0).temperature = 40
    bench.house.advance(20)
    assert bench.states["heater"] == "on"
    bench.give("heater", command="auto", id_="c-2")
    assert bench.results() == ["accepted", "succeeded"]
    bench.house.advance(20)
    assert bench.states["heater"] == "off"


def test_the_box_tells_a_state_that_it_was_told_to_take_only_once() -> None:
    bench = Bench()
    device = bench.box.device
    while device.speak(bench.house, NOW).kind == "state":
        pass
    bench.give("lamps", "off" if bench.states["lamps"] == "on" else "on")
    bench.answers()
    assert device.speak(bench.house, NOW).kind == "reading"


def test_a_refused_command_is_rejected() -> None:
    bench = Bench(refused=1.0)
    bench.give("lamps", "on")
    assert bench.results() == ["rejected"]
    assert bench.mishaps == [Mishap.REFUSED]


def test_a_failed_command_changes_nothing() -> None:
    bench = Bench(failed=1.0)
    before = bench.states
    bench.give("vent", 75)
    assert bench.results() == ["accepted", "failed"]
    assert bench.states == before


def test_a_slow_box_says_at_once_that_it_has_the_command_and_does_it_later() -> None:
    bench = Bench(slow=1.0)
    bench.give("vent", 75)
    assert [body["result"] for _, body in bench.answers(1)] == ["accepted"]
    assert [kind for kind, _ in bench.answers(4)] == ["state", "ack"]


def test_a_box_that_answers_twice_sends_one_message_in_two_copies() -> None:
    bench = Bench(answered_twice=1.0)
    bench.give("vent", 75)
    said = bench.act() + bench.act()
    assert [(message.fault, message.copies) for message in said] == [(None, 1), (None, 1), (Fault.DOUBLED, 2)]


def test_a_box_that_is_cut_off_does_it_all_the_same() -> None:
    bench = Bench(cut_off=1.0)
    bench.give("vent", 75)
    assert bench.results() == ["accepted", "succeeded"]
    assert len(bench.cut_off) == 1


@pytest.mark.parametrize(("actuator", "value", "then"), [("lamps", "on", "off"), ("vent", 75, 0.0), ("vent", 0, 50.0)])
def test_somebody_who_stands_there_has_the_last_word(actuator: str, value: Any, then: Any) -> None:
    bench = Bench(by_hand=1.0)
    bench.give(actuator, value)
    *_, (kind, body) = bench.answers()
    assert kind == "state"
    assert (body["by"], body["state"]) == ("device", then)
    assert "commandId" not in body
    assert bench.states[actuator] == then


def test_the_mishaps_of_a_box_are_those_of_its_seed() -> None:
    def history() -> list[str]:
        bench = Bench(**msgspec.structs.asdict(MishapRates(refused=0.2, failed=0.2, slow=0.2)))
        for number in range(50):
            bench.give("vent", number, id_=f"c-{number}")
        return bench.results()

    assert history() == history()


commands = st.tuples(
    st.sampled_from(["heater", "vent", "roof"]), st.sampled_from(["on", "off", 30, True]), st.integers(0, 9), st.booleans()
)


@settings(max_examples=60)
@given(st.lists(commands, max_size=30))
def test_whatever_arrives_each_command_ends_once_and_in_time_alone(arriving: list[tuple[str, Any, int, bool]]) -> None:
    bench = Bench(refused=0.2, failed=0.2, slow=0.2, answered_twice=0.1, by_hand=0.1)
    in_time = set()
    for actuator, value, id_, late in arriving:
        if not late:
            in_time.add(f"c-{id_}")
        bench.give(actuator, value, id_=f"c-{id_}", seconds=-1 if late else 30)
    ends = [body["commandId"] for kind, body in bench.answers() if kind == "ack" and body["result"] != "accepted"]
    assert sorted(ends) == sorted(in_time)
