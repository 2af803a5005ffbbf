"""Back-fill: history that is handed in is judged by the rules alone that want it, by its own time, and never taken for now."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.alerting.evaluator import Evaluator
from domain.alerting.state import Output, State
from domain.alerting.watch import Word
from domain.corrections import Correction
from schema.events import Operation, SensorReading
from schema.rules import AlertRuleDefined, Basis, Condition, Rate, Silence, Threshold
from schema.times import DAY_US, HOUR_US, MINUTE_US, from_micros, to_micros

NOW = to_micros(datetime(2026, 11, 24, 6, tzinfo=UTC))
WINTER = NOW - 300 * DAY_US
SECOND = 1_000_000
FROST = Threshold(metric="temperature", below=0.0)
CONDITIONS: list[Condition] = [
    FROST,
    Threshold(metric="temperature", below=0.0, hysteresis=1.0, basis=Basis.MINUTES),
    Rate(metric="temperature", below=-20.0, over_seconds=300),
]
Heard = tuple[int, float]
"""Minutes, and a temperature."""
STORIES = st.lists(st.tuples(st.integers(1, 20), st.sampled_from([-2.0, -0.5, 0.5, 3.0])), min_size=1, max_size=50).map(
    lambda steps: [(sum(pause for pause, _ in steps[: number + 1]), value) for number, (_, value) in enumerate(steps)]
)


def frost(condition: Condition = FROST, **fields: Any) -> AlertRuleDefined:
    more = {"again_seconds": 0.0, "evaluate_backfill": True, **fields}
    return AlertRuleDefined(rule_id="frost", name="Frost", condition=condition, **more)


class Told:
    """An evaluator under one rule, and all that it said. `at` is the log's clock: a millisecond passes with each reading."""

    def __init__(self, rule: AlertRuleDefined, at: int = NOW) -> None:
        self.evaluator, self.at, self.said = Evaluator(), at, list[Output]()
        self.evaluator.define(rule, at)

    def hear(self, time_us: int, value: float, *, device: str = "box") -> list[Output]:
        self.at += 1000
        reading = SensorReading(
            device_id=device, sensor_id="air", timestamp=from_micros(time_us), reading={"temperature": value}
        )
        said = self.evaluator.reading(str(time_us).encode(), reading, self.at)
        self.said += said
        return said

    def hear_all(self, since_us: int, heard: Sequence[Heard]) -> list[Output]:
        return [said for minute, value in heard for said in self.hear(since_us + minute * MINUTE_US, value)]

    def live(self, minute: int, value: float) -> list[Output]:
        self.at = max(self.at, NOW + minute * MINUTE_US)
        return self.hear(NOW + minute * MINUTE_US, value)

    def rest(self, seconds: int = 3600) -> list[Output]:
        """Nothing comes for so long."""
        self.at += seconds * SECOND
        said = self.evaluator.passed(self.at)
        self.said += said
        return said

    def restart(self) -> None:
        kept = msgspec.msgpack.encode(self.evaluator.state)
        self.evaluator = Evaluator(msgspec.msgpack.decode(kept, type=State))


def words(said: Sequence[Output]) -> list[Word]:
    return [output.said.word for output in said]


def episodes(said: Sequence[Output]) -> list[tuple[int, int | None]]:
    """Since when and until when each alert stands at last, what was refuted aside."""
    last = {output.said.alert.first_us: output.said for output in said}
    return sorted(
        (one.alert.episode.since_us, one.alert.episode.ended_us) for one in last.values() if one.word is not Word.REFUTED
    )


def test_a_rule_that_does_not_say_so_hears_nothing_of_what_is_older_than_a_week() -> None:
    told = Told(frost(evaluate_backfill=False))
    assert told.hear_all(WINTER, [(1, -2.0), (2, 3.0), (3, -2.0)]) == []
    assert told.hear(told.at - 7 * DAY_US - MINUTE_US, -2.0) == []
    assert words(told.hear(told.at - 7 * DAY_US + MINUTE_US, -2.0)) == [Word.RAISED]


@given(STORIES, st.sampled_from(CONDITIONS), st.sampled_from([0, 600]))
def test_back_fill_comes_to_the_alerts_that_there_were_then(heard: list[Heard], condition: Condition, lasts: int) -> None:
    then, later = (Told(frost(condition, for_seconds=lasts), at=at) for at in (WINTER, NOW))
    for minute, value in heard:
        then.at = WINTER + minute * MINUTE_US
        then.hear(then.at, value)
    then.rest()
    later.hear_all(WINTER, heard)
    later.rest()
    assert episodes(later.said) == episodes(then.said)
    assert all(output.backfilled for output in later.said)


@given(STORIES, STORIES, st.sampled_from(CONDITIONS), st.data())
def test_a_restart_at_any_point_of_a_back_fill_beside_what_is_live_changes_nothing(
    past: list[Heard], live: list[Heard], condition: Condition, data: st.DataObject
) -> None:
    story = [(WINTER, one) for one in past]
    for one in live:
        story.insert(data.draw(st.integers(0, len(story))), (0, one))
    place = data.draw(st.integers(0, len(story)))
    whole, parted = Told(frost(condition)), Told(frost(condition))
    for told in (whole, parted):
        for number, (since, (minute, value)) in enumerate(story):
            if told is parted and number == place:
                told.restart()
            told.hear(since + minute * MINUTE_US if since else told.at, value)
        told.rest()
    assert parted.said == whole.said


@given(STORIES, STORIES, st.data())
def test_what_is_live_says_the_same_whatever_history_is_handed_in_beside_it(
    past: list[Heard], live: list[Heard], data: st.DataObject
) -> None:
    alone, beside = Told(frost()), Told(frost())
    places = [data.draw(st.integers(0, len(live))) for _ in past]
    for told in (alone, beside):
        told.live(0, 3.0)
        for number, (minute, value) in enumerate(live):
            told.live(minute, value)
            if told is beside:
                for (then, value_then), place in zip(past, places, strict=True):
                    if place == number:
                        told.hear(WINTER + then * MINUTE_US, value_then)
        told.rest()
    assert episodes([output for output in beside.said if not output.backfilled]) == episodes(alone.said)


def test_history_of_a_device_that_speaks_already_leaves_nothing_open() -> None:
    told = Told(frost())
    told.live(0, 20.0)
    assert words(told.hear_all(WINTER, [(0, 3.0), (15, -1.0), (30, -2.0)])) == [Word.RAISED]
    assert words(told.rest(30)) == []
    assert words(told.rest(60)) == [Word.CLEARED]
    assert episodes(told.said) == [(WINTER + 15 * MINUTE_US, WINTER + 30 * MINUTE_US)]


def test_what_is_not_known_to_have_lasted_was_no_alert() -> None:
    told = Told(frost(for_seconds=3600))
    told.live(0, 20.0)
    told.hear_all(WINTER, [(0, 3.0), (15, -1.0), (30, -2.0)])
    told.rest()
    assert told.said == []


def test_the_last_that_is_known_of_a_device_stands_until_it_speaks_again() -> None:
    told = Told(frost())
    told.hear_all(WINTER, [(0, 3.0), (15, -1.0)])
    told.rest()
    assert episodes(told.said) == [(WINTER + 15 * MINUTE_US, None)]
    assert words(told.live(600, 20.0)) == [Word.CLEARED]


@pytest.mark.parametrize("condition", CONDITIONS[:2])
def test_a_frost_that_begins_in_history_and_still_lasts_is_one_alert(condition: Condition) -> None:
    told = Told(frost(condition))
    since = told.at - 8 * DAY_US
    for hour in range(8 * 24):
        told.hear(since + hour * HOUR_US, 3.0 if hour < 10 else -2.0)
    assert words(told.said) == [Word.RAISED]
    told.live(10, -2.0)
    told.live(20, 3.0)
    told.live(30, 3.0)
    [(began, ended)] = episodes(told.said)
    assert began - since in {10 * HOUR_US, 10 * HOUR_US + MINUTE_US}
    assert ended is not None
    assert ended > NOW


def test_a_month_that_is_handed_in_after_a_later_one_is_judged_too() -> None:
    told = Told(frost())
    february, january = WINTER + 31 * DAY_US, WINTER
    months = [(minute, -1.0 if 100 < minute < 200 else 5.0) for minute in range(400)]
    told.hear_all(february, months)
    told.hear_all(january, months)
    told.rest()
    assert episodes(told.said) == [(month + 101 * MINUTE_US, month + 200 * MINUTE_US) for month in (january, february)]


def test_back_fill_neither_begins_a_silence_nor_ends_one() -> None:
    told = Told(AlertRuleDefined(rule_id="quiet", name="Quiet", condition=Silence(), for_seconds=600))
    told.hear_all(WINTER, [(0, 3.0), (15, -1.0)])
    assert told.rest() == []
    told.live(0, 3.0)
    assert words(told.rest()) == [Word.RAISED]
    assert told.hear(WINTER, 3.0) == []


def test_a_correction_of_history_refutes_what_it_had_raised() -> None:
    told = Told(frost())
    told.live(0, 20.0)
    told.hear_all(WINTER, [(0, 3.0), (15, -1.0)])
    off = Correction("c", None, "temperature", WINTER, WINTER + HOUR_US, Operation.OFFSET, 5.0, "off by 5", None, 0)
    said = told.evaluator.corrected("box", [off], told.at)
    assert [(output.said.word, output.backfilled) for output in said] == [(Word.REFUTED, True)]


def test_a_rule_that_changes_withdraws_what_it_said_of_history_too() -> None:
    told = Told(frost())
    told.hear(WINTER, -1.0)
    assert words(told.evaluator.define(frost(evaluate_backfill=False), told.at)) == [Word.WITHDRAWN]
    assert told.hear(WINTER + MINUTE_US, -1.0) == []
