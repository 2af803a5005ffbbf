"""What a rule's limits are held against: readings as they are, minutes' means, their rate of change, their trend, and how
unlike the days before an hour's mean is.

Times are microseconds since the epoch. A grain, a minute or an hour, is known at its end. NaN is beyond no limit: what is not
known raises nothing.
"""

from typing import Final

import numpy as np

from domain.anomalies import DAYS, FLOORS, anomalies
from domain.columns import Float64, Int64
from schema.rules import Anomaly, Basis, Rate, Silence, Threshold, Trend
from schema.times import DAY_US, HOUR_US, MINUTE_US

MEASURED = Threshold | Rate | Trend | Anomaly
MILLIONTHS: Final = 1_000_000
TREND_POINTS: Final = 5
"""Fewer minutes have no trend."""


def by_means(condition: MEASURED) -> bool:
    """Whether the condition looks at means of grains rather than at readings."""
    return not isinstance(condition, Threshold) or condition.basis is Basis.MINUTES


def grain_us(condition: MEASURED) -> int:
    """Of which grains it looks at the means."""
    return HOUR_US if isinstance(condition, Anomaly) else MINUTE_US


def reach_us(condition: MEASURED) -> int:
    """How far back a value looks, its own grain aside."""
    match condition:
        case Rate():
            return round(condition.over_seconds * 1e6)
        case Trend():
            return round(condition.window_seconds * 1e6)
        case Anomaly():
            return DAYS * DAY_US
    return 0


def metric_of(condition: MEASURED | Silence) -> str | None:
    return None if isinstance(condition, Silence) else condition.metric


def grain_means(times: Int64, values: Float64, grain: int = MINUTE_US) -> tuple[Int64, Float64]:
    """The mean of each grain that has readings, at its end. Times ascend. Sums are whole millionths: no order shows."""
    grains, first = np.unique(times // grain, return_index=True)
    counts = np.diff(np.append(first, len(times)))
    sums = np.add.reduceat(np.rint(values * MILLIONTHS).astype(np.int64), first) if len(first) else np.empty(0, np.int64)
    return (grains + 1) * grain, sums / (MILLIONTHS * counts)


def signal(condition: MEASURED, ends: Int64, means: Float64, first: int = 0) -> Float64:
    """The value at each grain from `first` on, from it and those that it looks back on."""
    match condition:
        case Rate():
            return _rates(ends, means, reach_us(condition), first)
        case Trend():
            return _trends(ends, means, reach_us(condition), first)
        case Anomaly():
            return _scores(ends, means, FLOORS[condition.metric], first)
    return means[first:]


def _rates(ends: Int64, means: Float64, over_us: int, first: int) -> Float64:
    """The change since the earliest minute within reach, by the time between the two, an hour."""
    before = np.searchsorted(ends, ends[first:] - over_us)
    elapsed = (ends[first:] - ends[before]).astype(np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(elapsed > 0, (means[first:] - means[before]) / elapsed * HOUR_US, np.nan)


def _trends(ends: Int64, means: Float64, window_us: int, first: int) -> Float64:
    lows = np.searchsorted(ends, ends[first:] - window_us, side="right")
    return np.array([slope(ends[low:high], means[low:high]) for high, low in enumerate(lows.tolist(), first + 1)])


def _scores(ends: Int64, means: Float64, floor: float, first: int) -> Float64:
    """Held against the same hour of the days before: others are not looked at."""
    alike = np.isin(ends % DAY_US, ends[first:] % DAY_US)
    found = anomalies(ends[alike] - HOUR_US, means[alike], np.array([0, np.count_nonzero(alike)]), np.array([floor]))
    return found.score[np.count_nonzero(alike[:first]) :]


def slope(times: Int64, values: Float64) -> float:
    """The median of the slopes of all pairs (H. Theil 1950, P. K. Sen 1968), an hour: a third of the values may be wrong.

    NaN for fewer than TREND_POINTS.
    """
    if len(times) < TREND_POINTS:
        return float("nan")
    later, earlier = np.tril_indices(len(times), -1)
    return float(np.median((values[later] - values[earlier]) / (times[later] - times[earlier])) * HOUR_US)
