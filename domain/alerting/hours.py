"""When a rule is in force, by the clocks of a site."""

from datetime import datetime, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np

from domain.columns import Bools, Float64, Int64
from schema.rules import ActiveHours
from schema.times import HOUR_US, from_micros

_QUARTER_US: Final = HOUR_US // 4
"""Clocks of sites are whole quarters of an hour off UTC, and change at one of them."""


def in_force(hours: ActiveHours, zone: ZoneInfo, times: Int64) -> Bools:
    """Of each time whether the rule is in force then."""
    quarters, which = np.unique(times // _QUARTER_US, return_inverse=True)
    begun = np.array([_local_minute(zone, int(quarter)) for quarter in quarters.tolist()], np.int64).reshape(-1, 2)
    minute = begun[which, 0] + (times % _QUARTER_US) // 60_000_000
    start, end = minute_of(hours.start), minute_of(hours.end)
    today = begun[which, 1]
    late, early = minute >= start, minute < end
    inside: Bools = late & early & _on(hours, today)
    if start >= end:
        inside = (late & _on(hours, today)) | (early & _on(hours, (today - 1) % 7))
    return inside


def is_in_force(hours: ActiveHours | None, zone: ZoneInfo, time_us: int) -> bool:
    return hours is None or bool(in_force(hours, zone, np.array([time_us], np.int64))[0])


def masked(hours: ActiveHours | None, zone: ZoneInfo, times: Int64, values: Float64) -> Float64:
    """Out of its hours a rule sees nothing."""
    return values if hours is None or not len(times) else np.where(in_force(hours, zone, times), values, np.nan)


def minute_of(text: str) -> int:
    """Minutes since midnight of "HH:MM"; ValueError where it is none."""
    at = datetime.strptime(text, "%H:%M")  # noqa: DTZ007  # a time of day
    return at.hour * 60 + at.minute


def _on(hours: ActiveHours, days: Int64) -> Bools:
    return np.isin(days, hours.days) if hours.days else np.ones(len(days), np.bool_)


@lru_cache(maxsize=4096)
def _local_minute(zone: ZoneInfo, quarter: int) -> tuple[int, int]:
    """Minutes since midnight, and day of the week, at the start of a quarter of an hour."""
    local = (from_micros(0) + timedelta(microseconds=quarter * _QUARTER_US)).astimezone(zone)
    return local.hour * 60 + local.minute, local.weekday()
