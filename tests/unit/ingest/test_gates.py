"""The stateless checks: where plausible ends, and when a clock is not believed."""

from datetime import UTC, datetime, timedelta

import pytest

from domain.gates import AHEAD_TOLERANCE, UNSET_BEFORE, clock_verdict, range_verdict
from schema.events import Clock
from schema.metrics import METRICS, Metric

NOW = datetime(2024, 6, 1, 12, 0, tzinfo=UTC)
INSTANT = timedelta(microseconds=1)


@pytest.mark.parametrize("metric", METRICS.values(), ids=lambda metric: metric.name)
def test_the_ends_of_a_range_are_plausible_and_beyond_is_not(metric: Metric) -> None:
    known = METRICS[metric.name]
    assert range_verdict(known.name, known.low) is None
    assert range_verdict(known.name, known.high) is None
    assert range_verdict(known.name, known.low - 0.01) == "below_range"
    assert range_verdict(known.name, known.high + 0.01) == "above_range"


def test_nothing_is_implausible_of_a_metric_that_is_not_known() -> None:
    assert range_verdict("leaf_wetness", 1e300) is None


@pytest.mark.parametrize(
    ("timestamp", "clock"),
    [
        (NOW + AHEAD_TOLERANCE, Clock.OK),
        (NOW + AHEAD_TOLERANCE + INSTANT, Clock.AHEAD),
        (UNSET_BEFORE, Clock.OK),
        (UNSET_BEFORE - INSTANT, Clock.UNSET),
        (NOW - timedelta(days=5_000), Clock.OK),
    ],
)
def test_a_clock_is_believed_from_the_year_2000_to_five_minutes_from_now(timestamp: datetime, clock: Clock) -> None:
    assert clock_verdict(timestamp, NOW) is clock
