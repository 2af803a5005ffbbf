"""Rules about climate indices: what an event of a sensor comes to is held against limits like what it says."""

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.alerting.computed import Computed
from domain.alerting.evidence import evidence_of
from domain.alerting.house import kind_of
from domain.alerting.points import KEPT
from domain.alerting.watch import Word
from schema.events import Operation, SensorReading
from schema.rules import AlertRuleDefined, Condition, Threshold, Trend
from schema.times import from_micros
from tests.support.ruled import START, Said, Told

DAMP = Threshold(metric="dew_point", above=18.0, hysteresis=1.0)
DRY = Threshold(metric="vapour_pressure_deficit", above=1.2)
DRYING = Trend(metric="vapour_pressure_deficit", above=1.0, window_seconds=900)


def rule(condition: Condition = DAMP, **fields: Any) -> AlertRuleDefined:
    return AlertRuleDefined(rule_id="r", name="Damp", condition=condition, **{"again_seconds": 0.0, **fields})


VALUES = st.fixed_dictionaries(
    {},
    optional={
        "temperature": st.sampled_from([15.0, 20.0, 25.0]),
        "humidity": st.sampled_from([0.0, 40.0, 60.0, 90.0]),
        "dew_point": st.sampled_from([15.0, 19.0]),
    },
)
STEPS = st.lists(st.tuples(st.integers(1, 400), VALUES), min_size=1, max_size=40)
CONDITIONS = st.sampled_from([DAMP, DRY, DRYING])


@st.composite
def stories(draw: st.DrawFn) -> list[tuple[int, Said]]:
    at, heard = 0, list[tuple[int, Said]]()
    for pause, values in draw(STEPS):
        at += pause
        heard.append((at, values))
    return heard


def run(defined: AlertRuleDefined, heard: Sequence[tuple[int, Said]], until: int) -> Told:
    told = Told(defined)
    for second, values in heard:
        told.reads(second, values)
    told.passes(until)
    return told


@given(stories(), CONDITIONS, st.data())
def test_a_restart_at_any_point_changes_nothing(
    heard: list[tuple[int, Said]], condition: Condition, data: st.DataObject
) -> None:
    defined, end = rule(condition, for_seconds=120), heard[-1][0] + 3600
    place = data.draw(st.integers(0, len(heard)))
    told = Told(defined)
    for second, values in heard[:place]:
        told.reads(second, values)
    told.restart()
    for second, values in heard[place:]:
        told.reads(second, values)
    assert told.passes(end) == run(defined, heard, end).said


@given(stories(), CONDITIONS, st.data())
def test_readings_in_any_order_end_in_the_alerts_of_those_in_order(
    heard: list[tuple[int, Said]], condition: Condition, data: st.DataObject
) -> None:
    defined, end = rule(condition, for_seconds=60), heard[-1][0] + 7200
    shuffled = [*data.draw(st.permutations(heard)), *data.draw(st.lists(st.sampled_from(heard), max_size=5))]
    told = Told(defined)
    for place, (second, values) in enumerate(shuffled):
        told.reads(second, values, recorded=heard[-1][0] + place)
    told.passes(end)
    assert told.standing() == run(defined, heard, end).standing()


def test_an_index_is_computed_where_all_that_it_needs_came_in_one_event_of_a_sensor() -> None:
    told = Told(rule())
    assert told.reads(0, {"temperature": 25.0}) == []
    assert told.reads(1, {"humidity": 90.0}) == []
    assert told.reads(2, {"humidity": 90.0}, sensor="other") == []
    assert told.reads(3, {"temperature": 25.0, "humidity": 90.0}) == [Word.RAISED]
    [raised] = told.said
    assert raised.value == pytest.approx(23.24, abs=0.01)
    assert evidence_of(told.house.state.evaluator, raised) == (b"main/3",)
    assert (raised.subject.sensor, raised.subject.metric) == ("main", "dew_point")
    assert kind_of(rule()) == "DewPointAlert"


def test_what_the_sensor_measures_itself_is_not_computed() -> None:
    told = Told(rule())
    assert told.reads(0, {"temperature": 25.0, "humidity": 90.0, "dew_point": 10.0}) == []
    assert told.reads(1, {"dew_point": 19.0}) == [Word.RAISED]


def test_bad_values_make_no_index_and_neither_does_dry_air() -> None:
    told = Told(rule(Threshold(metric="dew_point", below=100.0)))
    event = SensorReading(
        device_id="box",
        sensor_id="main",
        timestamp=from_micros(START),
        reading={"temperature": 900.0, "humidity": 50.0},
        verdicts={"temperature": "above_range"},
    )
    assert told.tell(event, 0) == []
    assert told.reads(1, {"temperature": 20.0, "humidity": 0.0}) == []
    assert told.reads(2, {"temperature": 20.0, "humidity": 50.0}) == [Word.RAISED]


def test_a_correction_of_what_an_index_follows_from_corrects_it() -> None:
    told = Told(rule())
    assert told.reads(0, {"temperature": 25.0, "humidity": 90.0}) == [Word.RAISED]
    assert told.corrects(60, "humidity", Operation.SCALE, 0.5) == [Word.REFUTED]
    assert told.reads(120, {"temperature": 25.0, "humidity": 90.0}) == []
    assert told.corrects(180, "humidity", Operation.RESTORE) == [Word.RAISED]
    assert told.corrects(240, "temperature", Operation.EXCLUDE) == [Word.REFUTED]


def test_what_is_kept_of_an_index_is_bounded() -> None:
    told = Told(rule())
    told.corrects(0, "temperature", Operation.EXCLUDE)
    for second in range(2 * KEPT):
        told.reads(second, {"temperature": 25.0, "humidity": 90.0})
    listener = told.house.state.evaluator.listeners["box"]["main", "dew_point"]
    assert listener is not None
    assert listener.computed is not None
    assert len(listener.computed.kept) == KEPT
    assert told.corrects(3 * KEPT, "temperature", Operation.RESTORE) == [Word.RAISED]


def test_what_is_told_again_is_known_already_even_where_the_device_calls_it_bad() -> None:
    known = Computed("main", "dew_point")
    for _ in range(2):
        known.add(0, b"event", (float("nan"), float("nan")), ())
    assert len(known.kept) == 1
