"""Anomalies: hours held against the same hour of recent days, by median and MAD, and hardly any on honest records."""

import statistics
from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.anomalies import DAYS, ENOUGH_DAYS, FLOORS, THRESHOLDS, Anomalies, Severity, anomalies
from schema.metrics import METRICS
from schema.times import DAY_US

HOUR = DAY_US // 24

Hours = Sequence[tuple[int, float]]
"""Hours since the epoch, and their means."""


def found(series: Sequence[Hours], floor: float = 1.0) -> Anomalies:
    rows = [hour for hours in series for hour in hours]
    starts = np.cumsum([0, *map(len, series)])
    times = np.array([hour * HOUR for hour, _ in rows], dtype=np.int64)
    return anomalies(times, np.array([mean for _, mean in rows], dtype=np.float64), starts, np.full(len(series), floor))


def days(means: Sequence[float], hour: int = 12) -> Hours:
    return [(day * 24 + hour, mean) for day, mean in enumerate(means)]


def test_an_hour_unlike_the_same_hour_of_recent_days_is_an_anomaly_by_how_far_it_is() -> None:
    for mean, severity in ((24.9, Severity.NONE), (25, Severity.MINOR), (13, Severity.MAJOR), (30, Severity.CRITICAL)):
        last = found([days([20.0] * 14 + [mean])])
        assert (last.severity[-1], last.expected[-1], last.deviation[-1]) == (severity, 20.0, mean - 20.0)


def test_other_hours_of_the_day_other_series_and_older_days_do_not_count() -> None:
    night = [(day * 24, 5.0) for day in range(15)]
    noon = days([20.0] * 14 + [20.5])
    assert found([sorted([*night, *noon]), days([900.0] * 20)]).score[-21] == pytest.approx(0.5)
    assert found([days([90.0] * 20 + [20.0] * 15)]).expected[-1] == 20.0


def test_a_wide_spread_makes_the_same_distance_usual() -> None:
    swinging = days([10.0, 30.0] * 7 + [34.0])
    assert found([swinging]).severity[-1] == Severity.NONE


def test_a_few_outliers_in_the_history_move_neither_the_expected_nor_the_scale() -> None:
    assert found([days([20.0] * 10 + [500.0] * 4 + [25.0])]).score[-1] == pytest.approx(5.0)


def test_too_little_history_says_nothing() -> None:
    few = found([days([20.0] * (ENOUGH_DAYS - 1) + [90.0])])
    assert np.isnan(few.score).all()
    assert not few.severity.any()
    assert found([days([20.0] * ENOUGH_DAYS + [90.0])]).severity[-1] == Severity.CRITICAL
    assert len(found([[]]).score) == 0


HOURS = st.dictionaries(st.integers(-100, 100).map(lambda step: step * 12), st.floats(-50, 50), max_size=60)


@given(st.lists(HOURS, min_size=1, max_size=3))
def test_the_scores_are_those_of_a_plain_calculation(series: list[dict[int, float]]) -> None:
    scores = found([sorted(hours.items()) for hours in series], floor=0.5).score
    plain = [plain_score(hours, hour) for hours in series for hour in sorted(hours)]
    np.testing.assert_allclose(scores, plain, rtol=1e-9, atol=1e-12)


def plain_score(hours: dict[int, float], hour: int) -> float:
    history = [hours[hour - 24 * back] for back in range(1, DAYS + 1) if hour - 24 * back in hours]
    if len(history) < ENOUGH_DAYS:
        return float("nan")
    expected = statistics.median(history)
    spread = 1.4826 * statistics.median([abs(mean - expected) for mean in history])
    return (hours[hour] - expected) / max(spread, 0.5)


def test_each_floor_is_of_a_metric_and_within_its_range() -> None:
    assert all(0 < floor < METRICS[name].high - METRICS[name].low for name, floor in FLOORS.items())
    assert sorted(THRESHOLDS) == list(THRESHOLDS)
    assert len(THRESHOLDS) == len(Severity) - 1


def test_a_clock_at_the_end_of_time_breaks_nothing() -> None:
    far = int(datetime(9999, 12, 31, 23, tzinfo=UTC).timestamp()) // 3600
    assert np.isnan(found([[(-17_000_000, 1.0), (far, 2.0)]]).score).all()
