"""The evaluator: the same alerts live, after a restart at any point, and over history at once, in any order of arrival."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.alerting.episodes import Episode, Limits, Progress, at_time, step, steps
from domain.alerting.evaluator import Evaluator
from domain.alerting.hours import in_force
from domain.alerting.places import Place
from domain.alerting.signals import grain_means, signal, slope
from domain.alerting.state import Output, State
from domain.alerting.watch import Word
from domain.corrections import Correction
from schema.events import Operation, SensorReading
from schema.rules import ActiveHours, AlertRuleDefined, Basis, Condition, Rate, Silence, Threshold, Trend, Where
from schema.times import HOUR_US, MINUTE_US, from_micros, to_micros

START = to_micros(datetime(2026, 11, 24, 6, tzinfo=UTC))
SECOND = 1_000_000
HOT = Threshold(metric="temperature", above=30.0, hysteresis=1.0)
HOT_MINUTES = Threshold(metric="temperature", above=30.0, hysteresis=1.0, basis=Basis.MINUTES)
RISING = Rate(metric="temperature", above=20.0, over_seconds=300)
TREND = Trend(metric="temperature", above=12.0, window_seconds=900)

Heard = tuple[int, float]
"""Seconds since the start, and a temperature."""


def rule(condition: Condition = HOT, **fields: Any) -> AlertRuleDefined:
    return AlertRuleDefined(rule_id="r", name="Too hot", condition=condition, **{"again_seconds": 0.0, **fields})


def told(outputs: Sequence[Output]) -> list[Episode]:
    """The alerts that stand after all that was said."""
    standing: dict[int, Episode] = {}
    for output in outputs:
        alert = output.said.alert
        if output.said.word in {Word.REFUTED, Word.WITHDRAWN}:
            standing.pop(alert.first_us)
        else:
            standing[alert.first_us] = alert.episode
    return sorted(standing.values(), key=lambda episode: episode.since_us)


def tell(evaluator: Evaluator, second: int, value: float, *, recorded: int | None = None, device: str = "box") -> list[Output]:
    at = from_micros(START + second * SECOND)
    event = SensorReading(device_id=device, sensor_id="main", timestamp=at, reading={"temperature": value})
    recorded_us = START + (second if recorded is None else recorded) * SECOND
    return evaluator.reading(f"{device}/{second}".encode(), event, recorded_us)


def run(defined: AlertRuleDefined, heard: Sequence[Heard], until: int) -> list[Output]:
    evaluator = Evaluator()
    evaluator.define(defined, START)
    outputs = [output for second, value in heard for output in tell(evaluator, second, value)]
    return [*outputs, *evaluator.passed(START + until * SECOND)]


TEMPERATURES = st.sampled_from([25.0, 28.5, 29.5, 30.5, 33.0])
HISTORY_US = 12 * HOUR_US
"""Longer than any story: all of it is at hand."""
STEPS = st.lists(st.tuples(st.integers(1, 400), TEMPERATURES), min_size=1, max_size=60)


@st.composite
def stories(draw: st.DrawFn) -> list[Heard]:
    at, heard = 0, []
    for pause, value in draw(STEPS):
        at += pause
        heard.append((at, value))
    return heard


def limits_of(defined: AlertRuleDefined) -> Limits:
    return Limits(above=30.0, hysteresis=1.0, for_us=int(defined.for_seconds * 1e6), clear_us=int(defined.clear_seconds * 1e6))


DURATIONS = st.sampled_from([0, 60, 600])


@given(stories(), DURATIONS, DURATIONS)
def test_one_value_after_the_other_and_all_at_once_come_to_the_same(heard: list[Heard], lasts: int, clears: int) -> None:
    limits = Limits(above=30.0, below=26.0, hysteresis=1.0, for_us=lasts * SECOND, clear_us=clears * SECOND)
    progress = Progress()
    ended: list[Episode] = []
    for second, value in heard:
        found = step(progress, limits, second * SECOND, value)
        progress = found.progress
        ended += found.ended
    times = np.array([second * SECOND for second, _ in heard], np.int64)
    at_once = steps(Progress(), limits, times, np.array([value for _, value in heard]))
    assert (at_once.progress, list(at_once.ended)) == (progress, ended)


@given(stories(), DURATIONS, DURATIONS)
def test_live_says_what_history_shows(heard: list[Heard], lasts: int, clears: int) -> None:
    defined = rule(for_seconds=lasts, clear_seconds=clears)
    end = heard[-1][0] + 3600
    times = np.array([START + second * SECOND for second, _ in heard], np.int64)
    found = steps(Progress(), limits_of(defined), times, np.array([value for _, value in heard]))
    last = at_time(found.progress, limits_of(defined), START + end * SECOND)
    open_one = [] if last.progress.episode is None else [last.progress.episode]
    episodes = [*found.ended, *last.ended, *open_one]
    goes_on = {episode.since_us for episode in episodes}  # what begins at the very moment of an end is the same alert
    assert told(run(defined, heard, end)) == [one for one in episodes if one.cleared_us not in goes_on]


@given(stories(), DURATIONS, st.sampled_from([HOT, HOT_MINUTES, RISING, TREND]), st.data())
def test_readings_in_any_order_end_in_the_alerts_of_those_in_order(
    heard: list[Heard], lasts: int, condition: Condition, data: st.DataObject
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("domain.alerting.series.REVIEWED_US", HISTORY_US)
        defined = rule(condition, for_seconds=lasts)
        end = heard[-1][0] + 7200
        shuffled = data.draw(st.permutations(heard))
        twice = [*shuffled, *data.draw(st.lists(st.sampled_from(heard), max_size=5))]
        evaluator = Evaluator()
        evaluator.define(defined, START)
        said = []
        for place, (second, value) in enumerate(twice):
            said += tell(evaluator, second, value, recorded=heard[-1][0] + place)
        said += evaluator.passed(START + end * SECOND)
        assert told(said) == told(run(defined, heard, end))


@given(stories(), st.sampled_from([HOT, HOT_MINUTES, RISING, TREND, Silence()]), st.data())
def test_a_restart_at_any_point_changes_nothing(heard: list[Heard], condition: Condition, data: st.DataObject) -> None:
    defined = rule(condition, for_seconds=120)
    place = data.draw(st.integers(0, len(heard)))
    evaluator = Evaluator()
    said = evaluator.define(defined, START)
    for second, value in heard[:place]:
        said += tell(evaluator, second, value)
    kept = msgspec.msgpack.encode(evaluator.state)
    evaluator = Evaluator(msgspec.msgpack.decode(kept, type=State))
    for second, value in heard[place:]:
        said += tell(evaluator, second, value)
    end = heard[-1][0] + 3600
    said += evaluator.passed(START + end * SECOND)
    assert said == run(defined, heard, end)


def test_a_threshold_has_to_be_passed_for_as_long_as_the_rule_says() -> None:
    defined = rule(for_seconds=600)
    assert run(defined, [(0, 31.0), (599, 31.0)], until=599) == []
    [raised] = run(defined, [(0, 31.0)], until=600)
    assert raised.said.word is Word.RAISED
    assert raised.said.alert.episode.raised_us == START + 600 * SECOND


def test_a_device_that_hands_in_a_backlog_is_not_judged_by_our_clock() -> None:
    evaluator = Evaluator()
    evaluator.define(rule(for_seconds=600), START)
    said = tell(evaluator, 0, 31.0, recorded=7200)
    said += tell(evaluator, 60, 25.0, recorded=7201)
    assert told(said) == []
    said += evaluator.passed(START + 8000 * SECOND)
    assert told(said) == []


def test_what_begins_anew_is_the_same_alert_whatever_comes_late() -> None:
    heard = [(0, 33.0), (100, 20.0), (200, 33.0), (150, 20.0), (400, 20.0), (420, 33.0), (410, 20.0), (300, 20.0)]
    said = [(output.said.word, output.said.alert.first_us) for output in run(rule(again_seconds=600), heard, until=430)]
    words = [Word.RAISED, Word.CLEARED, Word.AGAIN, Word.CLEARED, Word.AGAIN]
    assert said == [(word, START) for word in words]


def test_what_came_between_and_was_told_of_late_is_the_same_alert() -> None:
    heard = [(0, 33.0), (100, 20.0), (300, 20.0), (200, 33.0), (700, 33.0)]
    said = [(output.said.word, output.said.alert.first_us) for output in run(rule(again_seconds=600), heard, until=700)]
    assert said == [(word, START) for word in (Word.RAISED, Word.CLEARED, Word.AGAIN, Word.CLEARED, Word.AGAIN)]


def test_a_late_reading_shows_that_an_alert_was_none() -> None:
    evaluator = Evaluator()
    evaluator.define(rule(for_seconds=600), START)
    said = [*tell(evaluator, 0, 31.0), *tell(evaluator, 600, 31.0)]
    assert [output.said.word for output in said] == [Word.RAISED]
    refuting = tell(evaluator, 300, 20.0, recorded=601)
    assert [output.said.word for output in refuting] == [Word.REFUTED]


def test_a_correction_shows_that_an_alert_was_none_and_may_be_taken_back() -> None:
    evaluator = Evaluator()
    evaluator.define(rule(), START)
    assert [output.said.word for output in tell(evaluator, 10, 31.0)] == [Word.RAISED]
    offset = Correction("c", None, "temperature", START, START + HOUR_US, Operation.OFFSET, -5.0, "off by 5", None, 0)
    after = evaluator.corrected("box", [offset], START + 20 * SECOND)
    assert [output.said.word for output in after] == [Word.REFUTED]
    back = evaluator.corrected("box", [], START + 30 * SECOND)
    assert [output.said.word for output in back] == [Word.RAISED]


def test_what_begins_anew_soon_after_its_end_is_the_same_alert() -> None:
    heard = [(0, 31.0), (60, 20.0), (120, 31.0), (2000, 20.0), (4000, 31.0)]
    said = run(rule(again_seconds=600), heard, until=4000)
    words = [output.said.word for output in said]
    assert words == [Word.RAISED, Word.CLEARED, Word.AGAIN, Word.CLEARED, Word.RAISED]
    assert said[2].said.alert.first_us == said[0].said.alert.first_us


def test_silence_is_raised_by_time_alone_and_ends_with_a_word() -> None:
    evaluator = Evaluator()
    evaluator.define(rule(Silence(), for_seconds=900), START)
    said = tell(evaluator, 0, 20.0)
    assert evaluator.passed(START + 899 * SECOND) == []
    said += evaluator.passed(START + 900 * SECOND)
    said += tell(evaluator, 1000, 20.0)
    assert [(output.said.word, output.subject.sensor) for output in said] == [(Word.RAISED, None), (Word.CLEARED, None)]


def test_a_rule_is_about_what_it_names_alone_and_follows_a_device_that_moves() -> None:
    evaluator = Evaluator()
    evaluator.define(rule(where=Where(location="north/house-1")), START)
    evaluator.place("box", Place("north", "north/house-1/zone-2"), START)
    evaluator.place("other", Place("north", "north/house-10"), START)
    assert [output.said.word for output in tell(evaluator, 1, 31.0)] == [Word.RAISED]
    assert tell(evaluator, 1, 31.0, device="other") == []
    moved = evaluator.place("box", Place("north", "north/house-2"), START + 5 * SECOND)
    assert [output.said.word for output in moved] == [Word.WITHDRAWN]


def test_a_rule_that_is_changed_withdraws_what_it_said_and_begins_anew() -> None:
    evaluator = Evaluator()
    evaluator.define(rule(), START)
    tell(evaluator, 1, 31.0)
    changed = evaluator.define(rule(Threshold(metric="temperature", above=35.0)), START + 2 * SECOND)
    assert [output.said.word for output in changed] == [Word.WITHDRAWN]
    assert tell(evaluator, 3, 34.0) == []
    assert [output.said.word for output in tell(evaluator, 4, 36.0)] == [Word.RAISED]


def test_a_rule_sees_nothing_outside_of_its_hours_by_the_clock_of_the_site() -> None:
    night = ActiveHours(start="22:00", end="05:00", days=(0,))
    rome = ZoneInfo("Europe/Rome")
    monday_evening = to_micros(datetime(2026, 11, 23, 20, 59, tzinfo=UTC))
    times = np.array([monday_evening, monday_evening + MINUTE_US, monday_evening + 7 * HOUR_US, monday_evening + 24 * HOUR_US])
    assert in_force(night, rome, times).tolist() == [False, True, True, False]


def test_a_trend_is_not_moved_by_a_third_of_wrong_minutes() -> None:
    ends = np.arange(1, 31, dtype=np.int64) * MINUTE_US
    means = np.linspace(20.0, 22.9, 30)
    means[::4] += 50
    assert slope(ends, means) == pytest.approx(6.0, abs=0.5)
    assert np.isnan(slope(ends[:4], means[:4]))


def test_a_rate_is_told_by_the_hour() -> None:
    times = np.arange(11, dtype=np.int64) * MINUTE_US
    ends, means = grain_means(times, np.linspace(20, 25, 11))
    assert signal(Rate(metric="temperature", over_seconds=300), ends, means)[-1] == pytest.approx(30.0)


@given(stories(), DURATIONS, st.sampled_from([HOT, HOT_MINUTES, RISING, TREND]), st.data())
def test_what_was_let_go_of_still_counts_and_what_is_a_little_late_finds_its_place(
    heard: list[Heard], lasts: int, condition: Condition, data: st.DataObject
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("domain.alerting.points.KEPT", 8)
        patch.setattr("domain.alerting.series.REVIEWED_US", 30 * MINUTE_US)
        defined = rule(condition, for_seconds=lasts)
        end = heard[-1][0] + 7200
        delays = data.draw(st.lists(st.integers(0, 3), min_size=len(heard), max_size=len(heard)))
        order = sorted(range(len(heard)), key=lambda place: (place + delays[place], place))
        evaluator = Evaluator()
        evaluator.define(defined, START)
        said = []
        for number, place in enumerate(order):
            said += tell(evaluator, *heard[place], recorded=heard[-1][0] + number)
        said += evaluator.passed(START + end * SECOND)
        assert told(said) == told(run(defined, heard, end))
