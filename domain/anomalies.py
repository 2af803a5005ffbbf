"""Anomalies: hours that are unlike the same hour of the recent days.

The modified z-score of B. Iglewicz and D. C. Hoaglin (How to Detect and Handle Outliers, ASQC 1993): the distance of an
hour's mean from the median of its history, in units of their median absolute deviation (MAD, times 1.4826: the standard
deviation of a normal one). Neither is moved by the outliers that are looked for, as a mean and a standard deviation are. A
greenhouse goes by the sun, so an hour is held against the same hour (of UTC: the sun knows no summer time) of the last 14
days; fewer than 7 of them are no history. The scale has a floor for each metric, what a grower would shrug at, or the
stillest nights would alarm at a tenth of a degree.

It sees what lasts for an hour; a single wrong reading is `quality`'s, and is out of the means already. Weather that changes
is an anomaly, too: the first cold front of autumn is unlike the days before it, and is gone from the list when it has become
usual.
"""

from collections.abc import Mapping
from enum import IntEnum
from typing import Final

import msgspec
import numpy as np

from domain.columns import Float64, Int8, Int64, owners
from schema.times import DAY_US

DAYS: Final = 14
ENOUGH_DAYS: Final = 7
_NORMAL: Final = 1.4826


class Severity(IntEnum):
    """How far an hour is from what is usual. Kept as int8: the numbers stay."""

    NONE = 0
    MINOR = 1
    MAJOR = 2
    CRITICAL = 3


THRESHOLDS: Final = (5.0, 7.0, 10.0)
"""The scores at which MINOR, MAJOR and CRITICAL begin.

Iglewicz and Hoaglin say 3.5, for values that do not depend on each other; weather does, and 4 % of the hours of an unheated
tunnel lie beyond it. 5 leaves 1 % of them, 7 one in 500, 10 hardly any but faults.
"""

FLOORS: Final[Mapping[str, float]] = {
    "temperature": 1.5,
    "leaf_temperature": 1.5,
    "soil_temperature": 0.75,
    "pipe_temperature": 8.0,
    "humidity": 5.0,
    "humidity_deficit": 1.0,
    "absolute_humidity": 1.0,
    "co2": 60.0,
    "par": 75.0,
    "illuminance": 4_000.0,
    "radiation": 40.0,
    "soil_moisture": 3.0,
    "water_content": 0.03,
    "ph": 0.3,
    "ec": 0.3,
    "pressure": 8.0,
    "water_level": 10.0,
    "dew_point": 1.5,
    "vapour_pressure_deficit": 0.2,
    "leaf_vapour_pressure_deficit": 0.2,
    "heat_index": 1.5,
}
"""The least scale of each metric, in its unit. Others are switched or swing freely, and have no usual hour."""


class Anomalies(msgspec.Struct, frozen=True, eq=False):
    """One row for each hour that was given; NaN and NONE where there is too little history."""

    expected: Float64
    deviation: Float64
    score: Float64
    severity: Int8


def anomalies(hours: Int64, means: Float64, starts: Int64, floors: Float64) -> Anomalies:
    """How unlike its history each hour is.

    `hours` are starts of hours in microseconds, ascending within each series; series s is rows starts[s]:starts[s + 1] and
    has the least scale floors[s]. The first 14 days are history only for those after them.
    """
    owner = owners(starts)
    history = _history(hours, means, owner)
    days = np.sum(np.isfinite(history), axis=1)
    expected = np.where(days >= ENOUGH_DAYS, _medians(history), np.nan)
    spread = _NORMAL * _medians(np.abs(history - expected[:, None]))
    deviation = means - expected
    score = deviation / np.maximum(spread, floors[owner])
    known = np.where(np.isfinite(score), np.abs(score), 0.0)
    return Anomalies(expected, deviation, score, np.searchsorted(THRESHOLDS, known, side="right").astype(np.int8))


def _history(hours: Int64, means: Float64, owner: Int64) -> Float64:
    """For each row the means of the same hour of the days before, one column a day; NaN where there was none."""
    days, rest = np.divmod(hours, DAY_US)
    first = days.min(initial=0)
    span = np.int64(days.max(initial=0) - first + DAYS + 1)
    hour = rest // (DAY_US // 24)
    series_hour = owner * 24 + hour
    keys = series_hour * span + (days - first + DAYS)
    order = np.argsort(keys, kind="stable")
    ordered, sorted_means = keys[order], means[order]
    history = np.full((len(hours), DAYS), np.nan)
    for back in range(1, DAYS + 1):
        place = np.clip(np.searchsorted(ordered, keys - back), 0, max(len(keys) - 1, 0))
        found = ordered[place] == keys - back
        history[found, back - 1] = sorted_means[place[found]]
    return history


def _medians(rows: Float64) -> Float64:
    """The median of each row's numbers; NaN of a row without any."""
    ordered = np.sort(rows, axis=1)  # NaN last
    count = np.sum(np.isfinite(ordered), axis=1)
    lines = np.arange(len(rows))
    low, high = np.maximum(count - 1, 0) // 2, count // 2
    medians: Float64 = (ordered[lines, low] + ordered[lines, np.minimum(high, rows.shape[1] - 1)]) / 2.0
    return medians
