"""The evidence of an alert: whatever came and went, the first reading and the last of the stretch that raised it."""

from collections.abc import Iterator
from datetime import UTC, datetime
from unittest import mock

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.alerting import points
from domain.alerting.evaluator import Evaluator
from domain.alerting.evidence import evidence_of, portion_us
from domain.alerting.state import Output
from domain.alerting.watch import Word
from schema.events import SensorReading
from schema.rules import AlertRuleDefined, Anomaly, Basis, Silence, Threshold
from schema.times import HOUR_US, MINUTE_US, from_micros, to_micros

START = to_micros(datetime(2026, 11, 24, 6, tzinfo=UTC))
HOT = Threshold(metric="temperature", above=25.0)
BY_MINUTES = Threshold(metric="temperature", above=25.0, basis=Basis.MINUTES)
STORIES = st.lists(st.tuples(st.integers(1, 90), st.sampled_from([20.0, 26.0, 30.0])), min_size=1, max_size=60)


def told(
    story: list[tuple[int, float]], condition: Threshold | Anomaly, lasts: float
) -> Iterator[tuple[Output, tuple[bytes, ...], list[tuple[int, bytes]]]]:
    """Each word that an alert began, its evidence, and all readings up to then: their times and ids."""
    evaluator, now_us = Evaluator(), START
    rule = AlertRuleDefined(
        rule_id="hot", name="Hot", condition=condition, for_seconds=lasts, clear_seconds=40, again_seconds=0
    )
    evaluator.define(rule, now_us)
    heard: list[tuple[int, bytes]] = []
    for number, (pause, value) in enumerate(story):
        now_us += pause * 1_000_000
        event = SensorReading(device_id="box", sensor_id="main", timestamp=from_micros(now_us), reading={"temperature": value})
        event_id = number.to_bytes(16, "big")
        for output in evaluator.passed(now_us - 1):
            yield output, evidence_of(evaluator.state, output), list(heard)
        heard.append((now_us, event_id))
        for output in evaluator.reading(event_id, event, now_us):
            yield output, evidence_of(evaluator.state, output), list(heard)


@pytest.mark.parametrize("kept", [2, 4, 256])
@pytest.mark.parametrize(("condition", "lasts"), [(HOT, 0.0), (HOT, 100.0), (BY_MINUTES, 0.0), (BY_MINUTES, 180.0)])
@given(story=STORIES)
def test_however_few_readings_are_at_hand_the_first_and_the_last_are_named(
    kept: int, condition: Threshold, lasts: float, story: list[tuple[int, float]]
) -> None:
    with mock.patch.object(points, "KEPT", kept):
        for output, evidence, heard in told(story, condition, lasts):
            episode = output.said.alert.episode
            if output.said.word is Word.RAISED and episode.ended_us is None:
                portion = portion_us(condition)
                begin, end = episode.since_us - portion, episode.raised_us - (1 if portion else 0)
                stretch = [event_id for time_us, event_id in heard if begin <= time_us <= end]
                at_first = sum(begin <= time_us <= episode.since_us for time_us, _ in heard)
                if at_first < kept:  # else it was let go before anybody could know what it began
                    assert evidence == tuple(dict.fromkeys([stretch[0], stretch[-1]]))
                assert evidence[-1] == stretch[-1]
                assert len(evidence) == 1 or evidence[0] == stretch[0]


@pytest.mark.parametrize(("kept", "named"), [(2, [-1]), (3, [0, -1]), (256, [0, -1])])
def test_hours_that_are_unlike_those_before_are_shown_by_their_own_readings(kept: int, named: list[int]) -> None:
    """With two at hand the first is gone before the hour is over, and nobody takes another one for it."""
    days = [(1170, 20.0), *((1200, 20.0 + number % 2 / 10) for number in range(9 * 72 - 1))]
    with mock.patch.object(points, "KEPT", kept):
        [(output, evidence, heard)] = told([*days, *[(1200, 40.0)] * 9], Anomaly(metric="temperature"), 3600.0)
    episode = output.said.alert.episode
    hours = [event_id for time_us, event_id in heard if episode.since_us - HOUR_US <= time_us < episode.raised_us]
    assert len(hours) == 6
    assert evidence == tuple(hours[place] for place in named)


def test_a_device_that_is_silent_shows_nothing() -> None:
    evaluator = Evaluator()
    evaluator.define(AlertRuleDefined(rule_id="mute", name="Mute", condition=Silence(), for_seconds=60), START)
    evaluator.heard("box", START)
    [output] = evaluator.passed(START + 2 * MINUTE_US)
    assert evidence_of(evaluator.state, output) == ()
