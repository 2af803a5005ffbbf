"""Verdicts: what is doubted and why, what is left alone, and which verdicts a late reading can change."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.columns import offsets_of
from domain.quality import QUALITY_OF, ROWS_AFTER, ROWS_BEFORE, Reason, affected, is_bad, runs_at_end, verdicts
from domain.quality_rules import DEFAULT_RULES, UNJUDGED, Rule, rules_of
from schema.events import Quality
from schema.metrics import METRICS

MINUTE = 60_000_000
AIR = Rule(low=-40, high=80, spike=5, jump=10, rate=1, flat_minutes=60, flat_readings=4, flat_below=50, gap_minutes=30)

Point = tuple[float, float]
"""A minute and what was read in it."""


def judged(points: Sequence[Point], rule: Rule = AIR) -> list[Reason]:
    times = np.array([minute * MINUTE for minute, _ in points], dtype=np.int64)
    values = np.array([value for _, value in points], dtype=np.float64)
    return [Reason(code) for code in verdicts(times, values, np.array([0, len(points)]), rules_of([rule]))]


def every(minutes: float, *values: float) -> list[Point]:
    return [(place * minutes, value) for place, value in enumerate(values)]


def only(place: int, reason: Reason, of: int) -> list[Reason]:
    return [reason if here == place else Reason.NONE for here in range(of)]


def test_readings_out_of_range_are_bad_and_poison_no_neighbour() -> None:
    found = judged(every(10, 20, 20.1, -94.3, 20.3, 28264, 20.5, 20.6))
    assert found == [0, 0, Reason.BELOW_RANGE, 0, Reason.ABOVE_RANGE, 0, 0]


def test_a_reading_that_both_neighbours_contradict_is_a_spike_and_the_one_after_it_is_good() -> None:
    assert judged(every(1, 20, 20.1, 45, 20.2, 20.3)) == only(2, Reason.SPIKE, of=5)
    assert judged(every(10, 20, 20.1, 8, 20.2, 20.3)) == only(2, Reason.SPIKE, of=5)


def test_a_spike_is_seen_across_a_neighbour_that_is_out_of_range() -> None:
    assert judged(every(5, 20, 20.1, 45, 400, 20.2, 20.3)) == [0, 0, Reason.SPIKE, Reason.ABOVE_RANGE, 0, 0]


def test_probes_in_turbulent_air_make_no_spikes() -> None:
    assert judged(every(15, 32, 36, 41, 29, 38, 30, 29)) == [Reason.NONE] * 7


def test_a_change_that_lasts_is_no_spike() -> None:
    assert judged(every(15, 20, 20, 29, 29.5, 29)) == [Reason.NONE] * 5


def test_the_first_and_the_last_reading_and_one_alone_for_hours_have_no_neighbours() -> None:
    assert judged(every(1, 50)) == [Reason.NONE]
    assert judged([(0, 20), (500, 45), (1000, 20)]) == [Reason.NONE] * 3


def test_a_change_too_fast_is_suspected_by_how_long_it_took() -> None:
    assert judged(every(2, 20, 31.9)) == [Reason.NONE] * 2
    assert judged(every(2, 20, 32.1)) == only(1, Reason.RATE, of=2)
    assert judged(every(20, 20, 49.9)) == [Reason.NONE] * 2


def test_two_readings_of_one_instant_are_neighbours_without_a_rate() -> None:
    assert judged([(0, 20), (0, 25), (1, 22)]) == [Reason.NONE] * 3
    assert judged([(0, 20), (0, 25)], UNJUDGED) == [Reason.NONE] * 2


def test_a_flat_line_begins_when_it_was_long_enough_in_time_and_readings() -> None:
    assert judged(every(15, *[21.5] * 7)) == [*[Reason.NONE] * 4, *[Reason.FLAT_LINE] * 3]
    assert judged([(0, 21.5), (29, 21.5), (58, 21.5), (61, 21.5), (62, 21.5)])[2:] == [0, Reason.FLAT_LINE, Reason.FLAT_LINE]
    assert judged(every(15, *[50.0] * 7)) == [Reason.NONE] * 7  # where it is honestly flat


def test_a_gap_ends_a_flat_line() -> None:
    assert judged([*every(15, *[21.5] * 4), (120, 21.5)]) == [Reason.NONE] * 5


def test_series_do_not_touch_each_other() -> None:
    times = np.array([0, 1, 2, 0, 1, 2], dtype=np.int64) * MINUTE
    values = np.array([20, 20, 45, 20, 20, 1013], dtype=np.float64)
    rules = rules_of([AIR, DEFAULT_RULES["pressure"]])
    found = verdicts(times, values, np.array([0, 3, 6]), rules)
    assert found.tolist() == [0, 0, Reason.RATE, Reason.BELOW_RANGE, Reason.BELOW_RANGE, 0]


def test_range_and_spike_are_bad_rate_and_flat_line_suspected() -> None:
    every_reason = np.array([*Reason], dtype=np.int8)
    assert is_bad(every_reason).tolist() == [QUALITY_OF[reason] is Quality.BAD for reason in Reason]
    assert QUALITY_OF[Reason.RATE] is QUALITY_OF[Reason.FLAT_LINE] is Quality.SUSPECTED


def test_the_range_of_each_metric_is_that_of_the_vocabulary() -> None:
    assert {name: (rule.low, rule.high) for name, rule in DEFAULT_RULES.items()} == {
        name: (metric.low, metric.high) for name, metric in METRICS.items()
    }


def test_nothing_has_no_verdicts() -> None:
    none = np.empty(0, dtype=np.int64)
    assert judged([]) == []
    assert affected(none, none.astype(float), np.array([0, 0]), rules_of([AIR]), none.astype(bool)).tolist() == []


SERIES = st.lists(
    st.tuples(st.sampled_from([0, 0.5, 5, 10, 31]), st.sampled_from([20.0, 20.0, 20.0, 20.5, 26.0, 45.0, 500.0])), max_size=25
)
"""Minutes since the reading before, and a value: half of them on one line, the others near, far and out of range."""


def columns(series: Sequence[Sequence[Point]]) -> tuple[Any, Any, Any]:
    times = [np.cumsum([minutes for minutes, _ in points]) * MINUTE for points in series]
    values = [np.array([value for _, value in points]) for points in series]
    return (
        np.concatenate([np.empty(0), *times]).astype(np.int64),
        np.concatenate([np.empty(0), *values]),
        offsets_of(np.array([len(points) for points in series], dtype=np.int64)),
    )


@given(st.lists(SERIES, min_size=1, max_size=3))
def test_many_series_are_judged_as_each_by_itself(series: list[list[Point]]) -> None:
    rules = rules_of([AIR] * len(series))
    alone = [verdicts(*columns([points]), rules_of([AIR])) for points in series]
    assert verdicts(*columns(series), rules).tolist() == np.concatenate(alone).tolist()


FLAT = Rule(flat_minutes=20, flat_readings=3, gap_minutes=30)
STILL = st.lists(st.tuples(st.sampled_from([0, 5, 10, 31]), st.sampled_from([20.0, 20.0, 20.0, 21.0])), max_size=25)


@given(st.one_of(st.tuples(st.just(AIR), SERIES), st.tuples(st.just(FLAT), STILL)), st.data())
def test_what_came_late_or_changed_changes_no_verdict_but_those_named(
    case: tuple[Rule, list[Point]], data: st.DataObject
) -> None:
    rules, (times, values, starts) = rules_of([case[0]]), columns([case[1]])
    count = len(times)
    kind = np.array(
        data.draw(st.lists(st.sampled_from(["old", "old", "late", "changed"]), min_size=count, max_size=count)), str
    )
    before = np.where(kind == "changed", data.draw(st.sampled_from([20.0, 45.0, 500.0])), values)
    stood = kind != "late"
    old = np.full(count, -1)
    old[stood] = verdicts(times[stood], before[stood], np.array([0, stood.sum()]), rules)
    now = verdicts(times, values, starts, rules)
    named = affected(times, values, starts, rules, kind != "old")
    assert named[old != now].all()
    assert named[kind != "old"].all()


@given(st.lists(SERIES, min_size=1, max_size=3), st.data())
def test_a_run_that_is_carried_counts_as_if_it_were_read_again(series: list[list[Point]], data: st.DataObject) -> None:
    flat = rules_of([FLAT] * len(series))
    cuts = [data.draw(st.integers(0, len(points))) for points in series]
    times, values, starts = columns(series)
    tail = np.concatenate([np.arange(starts[s] + cut, starts[s + 1]) for s, cut in enumerate(cuts)]).astype(np.int64)
    head = np.setdiff1d(np.arange(len(times)), tail)
    carried = runs_at_end(times[head], values[head], offsets_of(np.array(cuts)), flat)
    rest = offsets_of(np.diff(starts) - cuts)
    assert (
        verdicts(times[tail], values[tail], rest, flat, carried).tolist()
        == verdicts(times, values, starts, flat)[tail].tolist()
    )
    whole, resumed = runs_at_end(times, values, starts, flat), runs_at_end(times[tail], values[tail], rest, flat, carried)
    assert [column.tolist() for column in (whole.start, whole.last, whole.count, whole.value)] == [
        column.tolist() for column in (resumed.start, resumed.last, resumed.count, resumed.value)
    ]


@given(SERIES)
def test_a_verdict_looks_at_three_readings_in_range_before_and_two_after(points: list[Point]) -> None:
    rules = rules_of([Rule(low=-40, high=80, spike=5, jump=10, rate=1, gap_minutes=30)])
    times, values, starts = columns([points])
    whole = verdicts(times, values, starts, rules)
    ranged = np.flatnonzero(values <= 80)
    for place, row in enumerate(ranged):
        near = ranged[max(place - ROWS_BEFORE, 0) : place + ROWS_AFTER + 1]
        alone = verdicts(times[near], values[near], np.array([0, len(near)]), rules)
        assert alone[min(place, ROWS_BEFORE)] == whole[row]


def test_a_late_reading_that_breaks_or_joins_a_flat_line_names_the_rest_of_it() -> None:
    points = [*every(5, *[21.5] * 5, 22.0, *[21.5] * 10)]
    new = np.zeros(len(points), dtype=bool)
    new[5] = True
    assert np.flatnonzero(affected(*columns_at(points), rules_of([FLAT]), new)).tolist() == [3, 4, *range(5, 16)]
    joined = [*every(5, *[21.5] * 16)]
    assert np.flatnonzero(affected(*columns_at(joined), rules_of([FLAT]), new)).tolist() == [3, 4, *range(5, 16)]


def columns_at(points: Sequence[Point]) -> tuple[Any, Any, Any]:
    return np.array([m * MINUTE for m, _ in points], np.int64), np.array([v for _, v in points]), np.array([0, len(points)])


def test_a_reading_in_order_names_only_its_own_surroundings() -> None:
    points = [(1.0, 20 + place % 3 / 10) for place in range(1000)]
    new = np.zeros(1000, dtype=bool)
    new[500] = True
    named = np.flatnonzero(affected(*columns([points]), rules_of([AIR]), new))
    assert named.tolist() == [498, 499, 500, 501, 502, 503]


@pytest.mark.parametrize("reason", Reason)
def test_each_reason_keeps_its_number(reason: Reason) -> None:
    assert ["NONE", "BELOW_RANGE", "ABOVE_RANGE", "SPIKE", "RATE", "FLAT_LINE"][reason] == reason.name
