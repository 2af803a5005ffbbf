"""Indices of a whole day, worked out at read from the windows of the metric that they rest on."""

from collections.abc import Callable

import numpy as np

from domain.columns import Float64, Int64
from domain.indices import DailyIndex
from domain.windows import Windows, begins, merged, windows_of
from schema.times import HOUR_US

DayOf = Callable[[Windows], Int64]
"""Of each window the start of the day that it counts to."""


def daily(index: DailyIndex, windows: Windows, day_of: DayOf) -> Windows:
    """One value for each day with readings, from the windows of a metric in order: days, or hours, or what makes them up.

    Hours are those of the day: where it begins between two of UTC, so do they.
    """
    days = merged(windows, day_of(windows))
    days = days.take(days.count > 0)
    if not index.from_hours:
        return _windows(days, index.formula(days.low, days.high))
    full = windows.take(windows.count > 0)
    midnight = day_of(full)
    hours = merged(full, midnight + (full.start - midnight) // HOUR_US * HOUR_US)
    places = begins(hours.series, day_of(hours))
    return _windows(days, index.formula(hours.mean, np.append(places, len(hours))))


def _windows(days: Windows, values: Float64) -> Windows:
    """A value for each day."""
    return windows_of(days.series, days.start, values, np.zeros(len(days), np.int8))
