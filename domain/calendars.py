"""The days of a zone, of 23, 24 or 25 hours or whatever it had.

Times are microseconds since the epoch in UTC. A day of a zone begins at the first moment at which its clocks show its date
or a later one. So the days of a zone are one unbroken row of windows: a day that the zone skipped (Pacific/Apia, 2011-12-30)
has none, and an hour that comes again after midnight belongs to the day that had begun. Before 1900 and after 2199, where
only clocks that are wrong will be, every zone has the days of UTC.
"""

from bisect import bisect_left
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np

from domain.columns import Bools, Int64
from schema.times import DAY_US

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_DAY: Final = date(1970, 1, 1).toordinal()
_FROM: Final = (date(1900, 1, 1).toordinal() - _EPOCH_DAY) * DAY_US
_TO: Final = (date(2200, 1, 1).toordinal() - _EPOCH_DAY) * DAY_US
_YEARS_KEPT: Final = 2000


def day_starts(times: Int64, zone: ZoneInfo) -> Int64:
    """For each time the start of the day that it lies in."""
    fixed: Int64 = times - times % DAY_US
    if zone.key == "UTC":
        return fixed
    days, place = _find(times, zone)
    return np.where(_has_zone(times), days[place], fixed)


def day_ends(starts: Int64, zone: ZoneInfo) -> Int64:
    """For each start of a day its end, which is the start of the next."""
    fixed: Int64 = starts + DAY_US
    if zone.key == "UTC":
        return fixed
    days, place = _find(starts, zone)
    return np.where(_has_zone(starts), days[place + 1], fixed)


def day_bounds(day: date, zone: ZoneInfo) -> tuple[int, int]:
    """Start and end of a date in a zone; both the same where the zone skipped it."""
    return _start_of(day.toordinal(), zone), _start_of(day.toordinal() + 1, zone)


def _has_zone(times: Int64) -> Bools:
    return (times >= _FROM) & (times < _TO)


def _find(times: Int64, zone: ZoneInfo) -> tuple[Int64, Int64]:
    """The starts of the days of all years that the times are in, and for each time the place of its own among them."""
    inside = np.clip(times, _FROM, _TO - 1)
    years = np.unique(inside.astype("datetime64[us]").astype("datetime64[Y]").astype(np.int64)) + 1970
    days = np.unique(np.concatenate([np.empty(0, np.int64), *(_days_of(int(year), zone) for year in years)]))
    return days, np.searchsorted(days, inside, side="right") - 1


@lru_cache(maxsize=_YEARS_KEPT)
def _days_of(year: int, zone: ZoneInfo) -> Int64:
    """The starts of all days that have a moment in that year of UTC, and the end of the last."""
    around = range(date(year, 1, 1).toordinal() - 1, date(year, 12, 31).toordinal() + 3)
    days = np.unique([_zoned_start(ordinal, zone) for ordinal in around])
    days.setflags(write=False)
    return days


def _start_of(ordinal: int, zone: ZoneInfo) -> int:
    fixed = (ordinal - _EPOCH_DAY) * DAY_US
    return _zoned_start(ordinal, zone) if _FROM <= fixed < _TO else fixed


def _zoned_start(ordinal: int, zone: ZoneInfo) -> int:
    """The first moment at which clocks of the zone show that date or a later one."""
    midnight = datetime.combine(date.fromordinal(ordinal), time.min, zone)
    start = midnight.astimezone(UTC)
    if _local(start, zone) != midnight.replace(tzinfo=None):
        start = _change_between(midnight.replace(fold=1).astimezone(UTC), start, midnight)
    return (start - _EPOCH) // timedelta(microseconds=1)


def _change_between(before: datetime, after: datetime, midnight: datetime) -> datetime:
    """When clocks were put forward over that midnight; zones change at whole seconds."""
    seconds = range((after - before) // timedelta(seconds=1) + 1)
    wanted = midnight.replace(tzinfo=None)
    passed = bisect_left(
        seconds, True, key=lambda second: _local(before + timedelta(seconds=second), midnight.tzinfo) >= wanted
    )
    return before + timedelta(seconds=passed)


def _local(moment: datetime, zone: tzinfo | None) -> datetime:
    return moment.astimezone(zone).replace(tzinfo=None)
