"""Rules about anomalies: an hour unlike the same hour of the days before, found live by the detector of the history."""

from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.alerting.episodes import Progress, at_time, steps
from domain.alerting.evidence import evidence_of
from domain.alerting.hindsight import Hindsight
from domain.alerting.house import kind_of
from domain.alerting.limiting import limits_of
from domain.alerting.signals import grain_means
from domain.alerting.watch import Word
from domain.anomalies import FLOORS, Severity, anomalies
from schema.events import Operation
from schema.rules import AlertRuleDefined, Anomaly, AnomalySeverity
from schema.times import DAY_US, HOUR_US
from tests.support.ruled import SECOND, START, Told

HOUR, DAY = 3600, 86_400
UTC_ZONE = ZoneInfo("UTC")
Heard = tuple[int, float]
"""Seconds since the start, and a temperature."""


def rule(severity: AnomalySeverity = AnomalySeverity.MAJOR, metric: str = "temperature", **fields: Any) -> AlertRuleDefined:
    condition = Anomaly(metric=metric, severity=severity)
    return AlertRuleDefined(rule_id="r", name="Odd", condition=condition, **{"again_seconds": 0.0, **fields})


@st.composite
def stories(draw: st.DrawFn) -> list[Heard]:
    """Some hours of each of some days, usual or not."""
    usual = st.sampled_from([20.0, 20.5, 21.0])
    hours = st.lists(st.tuples(st.sampled_from([5, 6, 7, 20]), st.integers(0, 59)), min_size=1, max_size=4, unique=True)
    heard: list[Heard] = []
    for day in range(draw(st.integers(7, 18))):
        is_odd = day > 6 and draw(st.booleans())
        for hour, minute in sorted(draw(hours)):
            value = draw(st.sampled_from([29.0, 32.0, 60.0, -5.0])) if is_odd else draw(usual)
            heard.append((day * DAY + hour * HOUR + minute * 60, value))
    return heard


few = settings(max_examples=40)
RULES = st.builds(rule, st.sampled_from(AnomalySeverity), for_seconds=st.sampled_from([0.0, 2.0 * HOUR]))


def run(defined: AlertRuleDefined, heard: Sequence[Heard], until: int) -> Told:
    told = Told(defined)
    for second, value in heard:
        told.reads(second, {"temperature": value})
    told.passes(until)
    return told


@few
@given(stories(), RULES)
def test_live_finds_what_the_detector_of_the_history_finds(heard: list[Heard], defined: AlertRuleDefined) -> None:
    end = heard[-1][0] + 2 * DAY
    times = np.array([START + second * SECOND for second, _ in heard])
    ends, means = grain_means(times, np.array([value for _, value in heard]), HOUR_US)
    found = anomalies(ends - HOUR_US, means, np.array([0, len(ends)]), np.array([FLOORS["temperature"]]))
    limits = limits_of(defined)
    severity = defined.condition.severity.name  # type: ignore[union-attr]
    assert [limits.trips(score) for score in found.score] == list(found.severity >= Severity[severity])
    past = steps(Progress(), limits, ends, found.score)
    last = at_time(past.progress, limits, START + end * SECOND)
    open_one = [] if last.progress.episode is None else [last.progress.episode]
    assert run(defined, heard, end).standing() == [*past.ended, *last.ended, *open_one]


@few
@given(stories(), RULES, st.sampled_from([DAY_US, 100 * DAY_US]))
def test_history_shows_in_chunks_of_days_what_was_told_live(
    heard: list[Heard], defined: AlertRuleDefined, chunk_us: int
) -> None:
    end = heard[-1][0] + 3 * HOUR
    hindsight = Hindsight(defined, UTC_ZONE, START + end * SECOND)
    times = np.array([START + second * SECOND for second, _ in heard])
    chunks = np.flatnonzero(np.diff(times // chunk_us)) + 1
    parts = zip(np.split(times, chunks), np.split(np.array([value for _, value in heard]), chunks), strict=True)
    found = [*(alert for some in parts for alert in hindsight.more(*some)), *hindsight.done()]
    assert [(one.since_us, one.raised_us, one.ended_us, one.cleared_us) for one in found] == [
        (one.since_us, one.raised_us, one.ended_us, one.cleared_us) for one in run(defined, heard, end).standing()
    ]


@few
@given(stories(), RULES, st.data())
def test_a_restart_at_any_point_changes_nothing(heard: list[Heard], defined: AlertRuleDefined, data: st.DataObject) -> None:
    place, end = data.draw(st.integers(0, len(heard))), heard[-1][0] + DAY
    told = Told(defined)
    for second, value in heard[:place]:
        told.reads(second, {"temperature": value})
    told.restart()
    for second, value in heard[place:]:
        told.reads(second, {"temperature": value})
    assert told.passes(end) == run(defined, heard, end).said


@few
@given(stories(), RULES, st.data())
def test_what_comes_within_a_day_ends_in_the_alerts_of_what_came_in_order(
    heard: list[Heard], defined: AlertRuleDefined, data: st.DataObject
) -> None:
    end = heard[-1][0] + 2 * DAY
    told = Told(defined)
    for day in range(heard[-1][0] // DAY + 1):
        those = data.draw(st.permutations([one for one in heard if one[0] // DAY == day]))
        for place, (second, value) in enumerate([*those, *those[:1]]):
            told.reads(second, {"temperature": value}, recorded=(day + 1) * DAY + place)
    told.passes(end)
    assert told.standing() == run(defined, heard, end).standing()


def usual_days(told: Told, days: int, **other: float) -> None:
    for hour in range(days * 24):
        assert told.reads(hour * HOUR, {"temperature": 20.0, **other}) == []


def test_an_hour_is_told_of_once_it_is_over_and_until_a_usual_one_is_over() -> None:
    told = Told(rule())
    usual_days(told, 8)
    begin = 8 * DAY
    assert told.reads(begin, {"temperature": 32.0}) == []
    [raised] = told.passes(begin + HOUR)
    assert (raised.said.word, raised.subject.metric, raised.value) == (Word.RAISED, "temperature", 32.0)
    assert raised.said.alert.episode.since_us == START + (begin + HOUR) * SECOND
    assert evidence_of(told.house.state.evaluator, raised) == (f"main/{begin}".encode(),)
    told.reads(begin + HOUR, {"temperature": 20.0})
    assert told.passes(begin + 2 * HOUR)[-1].said.word is Word.CLEARED
    assert kind_of(rule()) == "TemperatureAnomalyAlert"


@pytest.mark.parametrize(("odd", "raised"), [(1, False), (2, True)])
def test_more_than_an_hour_is_two_of_them_in_a_row(odd: int, *, raised: bool) -> None:
    told = Told(rule(for_seconds=1.5 * HOUR))
    usual_days(told, 8)
    for hour in range(4):
        told.reads(8 * DAY + hour * HOUR, {"temperature": 32.0 if hour < odd else 20.0})
    assert bool(told.passes(9 * DAY)) is raised


def test_a_week_has_to_be_known_first() -> None:
    told = Told(rule())
    usual_days(told, 6)
    told.reads(6 * DAY, {"temperature": 60.0})
    assert told.passes(7 * DAY) == []


@pytest.mark.parametrize(("severity", "raised"), [("MINOR", True), ("MAJOR", True), ("CRITICAL", False)])
def test_only_what_is_as_severe_is_told_of(severity: str, *, raised: bool) -> None:
    told = Told(rule(AnomalySeverity[severity]))
    usual_days(told, 8)
    told.reads(8 * DAY, {"temperature": 20.0 + 8 * FLOORS["temperature"]})
    assert bool(told.passes(9 * DAY)) is raised


def test_an_index_is_unlike_its_days_before_too() -> None:
    told = Told(rule(metric="vapour_pressure_deficit"))
    usual_days(told, 8, humidity=80.0)
    told.reads(8 * DAY, {"temperature": 20.0, "humidity": 5.0})
    assert [output.said.word for output in told.passes(9 * DAY)] == [Word.RAISED]


def test_a_correction_of_what_is_at_hand_shows_that_it_was_none() -> None:
    told = Told(rule())
    usual_days(told, 8)
    told.reads(8 * DAY, {"temperature": 40.0})
    told.passes(8 * DAY + HOUR)
    assert told.corrects(8 * DAY + HOUR, "temperature", Operation.EXCLUDE) == [Word.REFUTED]
    assert told.corrects(8 * DAY + HOUR + 1, "temperature", Operation.RESTORE) == [Word.RAISED]


def test_history_that_is_handed_in_teaches_a_rule_that_judges_it() -> None:
    for judges in (True, False):
        told = Told(rule(evaluate_backfill=judges))
        for hour in range(20 * 24):
            told.reads(hour * HOUR, {"temperature": 32.0 if hour == 10 * 24 else 20.0}, recorded=20 * DAY + 6 * HOUR)
        told.reads(21 * DAY, {"temperature": 32.0})  # six days of this hour were no history when they came
        told.passes(22 * DAY)
        said = [(output.said.word, output.backfilled) for output in told.said]
        assert said == ([(Word.RAISED, True), (Word.CLEARED, True), (Word.RAISED, False)] if judges else [])


def test_of_long_ago_there_are_means_and_of_the_last_two_days_sums() -> None:
    told = Told(rule())
    usual_days(told, 40)
    told.restart()
    one = told.house.state.evaluator.listeners["box"]["main", "temperature\thours"]
    assert one is not None
    assert len(one.series.minutes.sums) <= 2 * 24 + 1
    assert 14 * 24 <= len(one.series.minutes.settled.columns()[0]) <= 16 * 24
    told.reads(40 * DAY, {"temperature": 32.0})
    assert [output.said.word for output in told.passes(41 * DAY)] == [Word.RAISED]
