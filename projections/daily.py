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
    """One value for each day with readings, from the windows of a metric in order: hours, or what makes up hours.

    An hour counts to the day in which it begins.
    """
    full = windows.take(windows.count > 0)
    if index.from_hours:
        hours = merged(full, full.start // HOUR_US * HOUR_US)
        days = day_of(hours)
        places = begins(hours.series, days)
        return _windows(hours, days, places, index.formula(hours.mean, np.append(places, len(days))))
    whole = merged(full, day_of(full))
    return _windows(whole, whole.start, np.arange(len(whole)), index.formula(whole.low, whole.high))


def _windows(of: Windows, days: Int64, places: Int64, values: Float64) -> Windows:
    good = np.zeros(len(places), np.int8)
    return windows_of(of.series[places], days[places], values, good)
