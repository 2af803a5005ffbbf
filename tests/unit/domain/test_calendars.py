"""The days of zones, as plain zoneinfo has them."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from domain.calendars import day_bounds, day_ends, day_starts

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
ZONES = (
    "Europe/Rome",
    "Australia/Lord_Howe",  # half an hour of summer time
    "UTC",
    "America/St_Johns",  # clocks were put back at 00:01
    "America/Sao_Paulo",  # and forward at midnight: the day began at 01:00
    "Pacific/Apia",  # skipped 2011-12-30
    "Pacific/Kwajalein",  # skipped 1993-08-21
    "Africa/Monrovia",  # 44 minutes and 30 seconds behind, until 1972
    "Asia/Kathmandu",
)
zones = st.sampled_from(ZONES).map(ZoneInfo)
moments = st.integers(-2_177_000_000 * 1_000_000, 7_240_000_000 * 1_000_000).map(
    lambda time: EPOCH + timedelta(microseconds=time)
)


def us(moment: datetime) -> int:
    return (moment - EPOCH) // timedelta(microseconds=1)


def local(time: int, zone: ZoneInfo) -> datetime:
    return (EPOCH + timedelta(microseconds=time)).astimezone(zone).replace(tzinfo=None)


def column(*times: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return np.array(times, dtype=np.int64)


def hours(day: str, zone: str) -> float:
    start, end = day_bounds(date.fromisoformat(day), ZoneInfo(zone))
    return (end - start) / 3_600_000_000


def date_of(start: int, zone: ZoneInfo) -> date:
    """The date of the day that starts there; that of UTC where no clock tells the zone."""
    moment = EPOCH + timedelta(microseconds=start)
    return moment.astimezone(zone).date() if 1900 <= moment.year <= 2199 else moment.date()


@given(moments, zones)
@example(datetime(2011, 12, 30, 10, tzinfo=UTC), ZoneInfo("Pacific/Apia"))
@example(datetime(2006, 10, 29, 2, 31, 30, tzinfo=UTC), ZoneInfo("America/St_Johns"))
def test_a_day_begins_when_the_zones_clocks_first_show_its_date(moment: datetime, zone: ZoneInfo) -> None:
    start = int(day_starts(column(us(moment)), zone)[0])
    end = int(day_ends(column(start), zone)[0])
    day = date_of(start, zone)
    assert start <= us(moment) < end
    assert local(start, zone) >= datetime.combine(day, datetime.min.time()) > local(start - 1, zone)
    assert date_of(end, zone) > day >= local(us(moment), zone).date()


@given(st.lists(moments, min_size=1, max_size=30), zones)
def test_many_times_are_placed_as_each_by_itself(times: list[datetime], zone: ZoneInfo) -> None:
    starts = day_starts(column(*map(us, times)), zone)
    assert starts.tolist() == [int(day_starts(column(us(time)), zone)[0]) for time in times]
    assert day_starts(starts, zone).tolist() == starts.tolist()
    assert day_starts(day_ends(starts, zone) - 1, zone).tolist() == starts.tolist()


@given(moments, zones)
def test_the_dates_of_times_are_those_of_zoneinfo(moment: datetime, zone: ZoneInfo) -> None:
    start = int(day_starts(column(us(moment)), zone)[0])
    again = local(us(moment), zone).date() < local(start, zone).date()  # an hour that came again after midnight
    assert again or date_of(start, zone) == moment.astimezone(zone).date()


@pytest.mark.parametrize(
    ("day", "zone", "long"),
    [
        ("2021-10-31", "Europe/Rome", 25),
        ("2021-03-28", "Europe/Rome", 23),
        ("2021-06-01", "Europe/Rome", 24),
        ("2021-04-04", "Australia/Lord_Howe", 24.5),
        ("2021-10-03", "Australia/Lord_Howe", 23.5),
        ("2021-10-31", "UTC", 24),
        ("2018-11-04", "America/Sao_Paulo", 23),
        ("2018-02-17", "America/Sao_Paulo", 25),
        ("2011-12-30", "Pacific/Apia", 0),
        ("2011-12-31", "Pacific/Apia", 24),
        ("1972-01-07", "Africa/Monrovia", 24 - 44.5 / 60),
    ],
)
def test_a_day_is_as_long_as_it_was(day: str, zone: str, long: float) -> None:
    assert hours(day, zone) == pytest.approx(long, abs=1e-9)


@pytest.mark.parametrize("year", [1, 2, 1899, 1900, 2199, 2200, 9999])
@pytest.mark.parametrize("zone", ["Europe/Rome", "Pacific/Apia", "America/Sao_Paulo"])
def test_a_clock_that_is_centuries_off_still_has_a_day(year: int, zone: str) -> None:
    for moment in (datetime(year, 1, 1, tzinfo=UTC), datetime(year, 12, 31, 23, 59, 59, tzinfo=UTC)):
        start = day_starts(column(us(moment)), ZoneInfo(zone))
        assert start[0] <= us(moment) < day_ends(start, ZoneInfo(zone))[0]


def test_nothing_has_no_windows() -> None:
    assert day_starts(column(), ZoneInfo("Europe/Rome")).tolist() == []
