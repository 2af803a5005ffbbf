"""Many rules over the same series: each says what it says alone, and those that nothing breaks take no room."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.alerting.episodes import Limits
from domain.alerting.evaluator import Evaluator
from domain.alerting.state import Output, State, Subject
from domain.alerting.watch import Alert, Watch, Word
from domain.corrections import Correction
from schema.events import Operation, SensorReading
from schema.rules import ActiveHours, AlertRuleDefined, Basis, Condition, Rate, Silence, Threshold, Trend, Where
from schema.times import HOUR_US, from_micros, to_micros

START = to_micros(datetime(2026, 11, 24, 6, tzinfo=UTC))
SECOND = 1_000_000
NIGHT = ActiveHours(start="22:00", end="06:20")

CONDITIONS: st.SearchStrategy[Condition] = st.sampled_from([
    *(Threshold(metric="temperature", above=above, hysteresis=1.0) for above in (22.0, 25.5, 28.0, 31.0)),
    Threshold(metric="temperature", above=27.0, below=21.5, hysteresis=0.5),
    Threshold(metric="temperature", below=20.0, basis=Basis.MINUTES),
    Threshold(metric="temperature", above=26.0, basis=Basis.MINUTES),
    Rate(metric="temperature", above=60.0, over_seconds=300),
    Trend(metric="temperature", above=30.0, window_seconds=900),
    Silence(),
])  # fmt: skip
LASTS = st.sampled_from([60.0, 300.0])


class Step(msgspec.Struct, frozen=True):
    """A reading, measured `late` seconds before it comes, or a correction by so much of all that was measured."""

    pause: int
    value: float
    late: int = 0
    offset: float | None = None


PAUSES = st.integers(1, 200)
VALUES = st.floats(17, 33).map(lambda value: round(value, 1))
CORRECTING = st.builds(Step, PAUSES, st.just(0.0), offset=st.sampled_from([-4.0, 4.0, 0.0]))
IN_TIME = st.lists(st.builds(Step, PAUSES, VALUES) | CORRECTING, min_size=5, max_size=50)
LATE = st.lists(st.builds(Step, PAUSES, VALUES, st.sampled_from([0, 0, 0, 45, 700])) | CORRECTING, min_size=5, max_size=50)
HISTORY_US = 12 * HOUR_US
"""Longer than any story: how long minutes are at hand depends on all rules that look at them."""


@st.composite
def rules(draw: st.DrawFn) -> list[AlertRuleDefined]:
    conditions = draw(st.lists(CONDITIONS, min_size=1, max_size=8))
    return [
        AlertRuleDefined(
            rule_id=f"rule-{number}",
            name="Rule",
            condition=condition,
            for_seconds=draw(LASTS) if isinstance(condition, Silence) else draw(LASTS | st.just(0.0)),
            hours=None if isinstance(condition, Silence) else draw(st.sampled_from([None, None, NIGHT])),
            again_seconds=draw(st.sampled_from([0.0, 600.0])),
        )
        for number, condition in enumerate(conditions)
    ]


def told(defined: Sequence[AlertRuleDefined], story: Sequence[Step], restarts_at: int | None = None) -> list[Counter[Output]]:
    """What is said at each step."""
    evaluator = Evaluator()
    for rule in defined:
        evaluator.define(rule, START)
    now, said = 0, []
    for place, step in enumerate(story):
        if place == restarts_at:
            evaluator = Evaluator(msgspec.msgpack.decode(msgspec.msgpack.encode(evaluator.state), type=State))
        now += step.pause
        said.append(Counter(take(evaluator, place, now, step)))
    return [*said, Counter(evaluator.passed(START + (now + 7200) * SECOND))]


def take(evaluator: Evaluator, place: int, now: int, step: Step) -> list[Output]:
    recorded_us = START + now * SECOND
    if step.offset is not None:
        about = ("temperature", START, START + HOUR_US, Operation.OFFSET, step.offset, "off", None, 0)
        return evaluator.corrected("box", [Correction("c", None, *about)], recorded_us)
    at = from_micros(recorded_us - step.late * SECOND)
    event = SensorReading(device_id="box", sensor_id="main", timestamp=at, reading={"temperature": step.value})
    return evaluator.reading(str(place).encode(), event, recorded_us)


@pytest.fixture(scope="module", autouse=True)
def little_is_at_hand() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("domain.alerting.points.KEPT", 10)
        patch.setattr("domain.alerting.series.REVIEWED_US", HISTORY_US)
        yield


@settings(max_examples=60)
@given(rules(), IN_TIME, st.integers(0, 50))
def test_each_rule_says_among_others_what_it_says_alone(
    defined: list[AlertRuleDefined], story: list[Step], restarts_at: int
) -> None:
    alone = [told([rule], story) for rule in defined]
    assert told(defined, story, restarts_at) == [sum(each, Counter()) for each in zip(*alone, strict=True)]


@settings(max_examples=60)
@given(rules(), LATE, st.integers(0, 50))
def test_whatever_comes_late_the_alerts_of_each_rule_are_those_that_it_has_alone(
    defined: list[AlertRuleDefined], story: list[Step], restarts_at: int
) -> None:
    alone = [standing(told([rule], story)) for rule in defined]
    assert standing(told(defined, story, restarts_at)) == {name: alert for each in alone for name, alert in each.items()}


def standing(said: Sequence[Counter[Output]]) -> dict[tuple[Subject, int], Alert]:
    """What stands after all words."""
    found: dict[tuple[Subject, int], Alert] = {}
    for output in (output for words in said for output in words):
        name = (output.subject, output.said.alert.first_us)
        if output.said.word is Word.REFUTED:
            found.pop(name)
        else:
            found[name] = output.said.alert
    return found


def hot(number: int, above: float, **where: str) -> AlertRuleDefined:
    condition = Threshold(metric="temperature", above=above)
    return AlertRuleDefined(rule_id=f"hot-{number}", name="Hot", condition=condition, where=Where(**where))


def silent(number: int) -> AlertRuleDefined:
    return AlertRuleDefined(rule_id=f"silent-{number}", name="Silent", condition=Silence(), for_seconds=900.0)


def calm(defined: Sequence[AlertRuleDefined]) -> Evaluator:
    """A device that breaks no rule."""
    evaluator = Evaluator()
    for rule in defined:
        evaluator.define(rule, START)
    for number in range(300):
        assert take(evaluator, number, number * 10, Step(0, 20.0 + number % 5)) == []
    return evaluator


def kept(evaluator: Evaluator) -> bytes:
    return msgspec.msgpack.encode((evaluator.state.listeners, evaluator.state.silences))


def test_what_is_kept_of_a_device_does_not_grow_with_the_rules_that_it_keeps() -> None:
    one = calm([hot(0, 30.0), silent(0)])
    many = calm([*(hot(number, 30.0 + number) for number in range(200)), *(silent(number) for number in range(100))])
    assert kept(many) == kept(one)


def test_what_a_rule_had_to_remember_is_forgotten_once_nothing_can_change_it() -> None:
    evaluator = calm([hot(0, 30.0)])
    for place, value in enumerate([33.0, 20.0, *([20.0] * 300)], 300):
        take(evaluator, place, place * 10, Step(0, value))
    assert all(not one.series.watched for _, _, one in evaluator.state.listening())


def test_a_new_rule_counts_from_the_next_reading_on_whatever_comes_late() -> None:
    evaluator = calm([hot(0, 30.0)])
    take(evaluator, 300, 3000, Step(0, 26.0))
    evaluator.define(hot(1, 25.0), START + 3001 * SECOND)
    for place in range(301, 400):
        assert take(evaluator, place, place * 10, Step(0, 20.0)) == []
    assert take(evaluator, 400, 4000, Step(0, 20.0, late=905)) == []


def test_an_alert_that_is_over_for_good_is_not_told_again() -> None:
    watch = Watch(Limits(above=30.0, clear_us=60), again_us=0)
    said = [*watch.value(0, 31.0), *watch.value(10, 20.0), *watch.passed(100)]
    assert [each.word for each in said] == [Word.RAISED, Word.CLEARED]
    times, values = np.array([0, 10], np.int64), np.array([31.0, 20.0])
    watch.keep_to(80, times, values)
    assert watch.review(times[:0], values[:0], 200) == []


def test_a_device_that_is_silent_under_two_rules_is_told_under_each_when_its_time_has_come() -> None:
    evaluator = calm([silent(0), msgspec.structs.replace(silent(1), for_seconds=1800.0)])
    last = START + 2990 * SECOND
    assert [output.subject.rule for output in evaluator.passed(last + 1799 * SECOND)] == ["silent-0"]
    assert [output.subject.rule for output in evaluator.passed(last + 1800 * SECOND)] == ["silent-1"]
    cleared = take(evaluator, 300, 5000, Step(0, 20.0))
    assert [(output.subject.rule, output.said.word) for output in cleared] == [
        ("silent-0", Word.CLEARED), ("silent-1", Word.CLEARED),
    ]  # fmt: skip


def test_a_rule_about_silence_begins_with_the_next_word_of_a_device() -> None:
    evaluator = calm([hot(0, 30.0)])
    evaluator.define(silent(0), START + 3000 * SECOND)
    assert evaluator.passed(START + 9000 * SECOND) == []
    take(evaluator, 300, 9000, Step(0, 20.0))
    assert [output.said.word for output in evaluator.passed(START + 9900 * SECOND)] == [Word.RAISED]
