"""Looking back: a rule over all of a series comes to the alerts that the evaluator would have told in order."""

from collections.abc import Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from domain.alerting.evaluator import Evaluator
from domain.alerting.hindsight import Hindsight, PastAlert
from domain.alerting.state import Output
from domain.alerting.watch import Word
from schema.events import SensorReading
from schema.rules import ActiveHours, AlertRuleDefined, Basis, Condition, Rate, Silence, Threshold, Trend
from schema.times import MINUTE_US, from_micros, to_micros

UTC_ZONE = ZoneInfo("UTC")
START = to_micros(datetime(2026, 11, 24, 6, tzinfo=UTC))
SECOND = 1_000_000
HOT = Threshold(metric="temperature", above=30.0, hysteresis=1.0)
CONDITIONS: list[Condition] = [
    HOT,
    Threshold(metric="temperature", above=30.0, below=26.0),
    Threshold(metric="temperature", above=30.0, hysteresis=1.0, basis=Basis.MINUTES),
    Rate(metric="temperature", above=20.0, over_seconds=300),
    Trend(metric="temperature", above=12.0, window_seconds=900),
    Silence(),
]
Heard = tuple[int, float]
"""Seconds since the start, and a temperature."""


@st.composite
def stories(draw: st.DrawFn) -> list[Heard]:
    at, heard = 0, []
    for pause, value in draw(
        st.lists(st.tuples(st.integers(1, 900), st.sampled_from([25.0, 28.5, 29.5, 30.5, 33.0])), min_size=1, max_size=60)
    ):
        at += pause
        heard.append((at, value))
    return heard


def rule(condition: Condition = HOT, lasts: float = 0, clears: float = 0, again: float = 0) -> AlertRuleDefined:
    return AlertRuleDefined(
        rule_id="r",
        name="Too hot",
        condition=condition,
        for_seconds=lasts,
        clear_seconds=clears,
        again_seconds=again,
        hours=None if isinstance(condition, Silence) else ActiveHours(start="06:00", end="11:00"),
    )


def told(outputs: Sequence[Output]) -> list[PastAlert]:
    """The alerts that stand after all that was said, without their values."""
    standing: dict[int, PastAlert] = {}
    for output in outputs:
        first, episode = output.said.alert.first_us, output.said.alert.episode
        raised = episode.raised_us if output.said.word is Word.RAISED else standing[first].raised_us
        standing[first] = PastAlert(first, raised, episode.ended_us, episode.cleared_us, None)
    return [standing[first] for first in sorted(standing)]


def live(defined: AlertRuleDefined, heard: Sequence[Heard], until: int) -> list[PastAlert]:
    evaluator = Evaluator()
    outputs = evaluator.define(defined, START)
    for second, value in heard:
        at = from_micros(START + second * SECOND)
        event = SensorReading(device_id="box", sensor_id="main", timestamp=at, reading={"temperature": value})
        outputs += evaluator.reading(str(second).encode(), event, START + second * SECOND)
    return told([*outputs, *evaluator.passed(START + until * SECOND)])


def back(defined: AlertRuleDefined, heard: Sequence[Heard], until: int, chunk_us: int) -> list[PastAlert]:
    hindsight = Hindsight(defined, UTC_ZONE, START + until * SECOND)
    times = np.array([START + second * SECOND for second, _ in heard], np.int64)
    values = np.array([value for _, value in heard])
    chunks = np.flatnonzero(np.diff(times // chunk_us)) + 1
    parts = zip(np.split(times, chunks), np.split(values, chunks), strict=True)
    found = [alert for some_times, some_values in parts for alert in hindsight.more(some_times, some_values)]
    return [*found, *hindsight.done()]


DURATIONS = st.sampled_from([60, 600])


@given(
    stories(),
    st.sampled_from(CONDITIONS),
    st.tuples(DURATIONS, DURATIONS, st.sampled_from([0, 600])),
    st.sampled_from([MINUTE_US, 10 * MINUTE_US, 10_000 * MINUTE_US]),
    st.integers(0, 3600),
)
def test_history_shows_in_chunks_of_any_length_what_was_told_live(
    heard: list[Heard], condition: Condition, durations: tuple[int, int, int], chunk_us: int, rest: int
) -> None:
    defined = rule(condition, *durations)
    until = heard[-1][0] + rest
    found = back(defined, heard, until, chunk_us)
    assert [(one.since_us, one.raised_us, one.ended_us, one.cleared_us) for one in found] == [
        (one.since_us, one.raised_us, one.ended_us, one.cleared_us) for one in live(defined, heard, until)
    ]


def test_the_value_of_an_alert_is_the_one_that_stood_when_it_was_raised() -> None:
    heard = [(0, 31.0), (60, 32.0), (120, 33.0), (180, 20.0)]
    for chunk in (1, 3):
        [alert] = back(rule(lasts=100), heard, 600, chunk * MINUTE_US)
        assert alert.value == 32.0


def test_nothing_heard_is_nothing_told() -> None:
    for condition in CONDITIONS:
        assert Hindsight(rule(condition), UTC_ZONE, START).done() == []
