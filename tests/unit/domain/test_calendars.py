"""Calendars: minutes, hours and days of UTC, and the days of zones as plain zoneinfo has them."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from domain.calendars import DAY, HOUR, MINUTE, SECOND, Span, date_of, day_bounds, days_between, ends, floor

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
moments = st.integers(-2_177_000_000 * SECOND, 7_240_000_000 * SECOND).map(lambda time: EPOCH + timedelta(microseconds=time))


def us(moment: datetime) -> int:
    return (moment - EPOCH) // timedelta(microseconds=1)


def local(time: int, zone: ZoneInfo) -> datetime:
    return (EPOCH + timedelta(microseconds=time)).astimezone(zone).replace(tzinfo=None)


def column(*times: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return np.array(times, dtype=np.int64)


def hours(day: str, zone: str) -> float:
    start, end = day_bounds(date.fromisoformat(day), ZoneInfo(zone))
    return (end - start) / HOUR


@given(moments, zones)
@example(datetime(2011, 12, 30, 10, tzinfo=UTC), ZoneInfo("Pacific/Apia"))
@example(datetime(2006, 10, 29, 2, 31, 30, tzinfo=UTC), ZoneInfo("America/St_Johns"))
def test_a_day_begins_when_the_zones_clocks_first_show_its_date(moment: datetime, zone: ZoneInfo) -> None:
    start = int(floor(column(us(moment)), Span.DAY, zone)[0])
    end = int(ends(column(start), Span.DAY, zone)[0])
    day = date_of(start, zone)
    assert start <= us(moment) < end
    assert local(start, zone) >= datetime.combine(day, datetime.min.time()) > local(start - 1, zone)
    assert date_of(end, zone) > day >= local(us(moment), zone).date()


@given(st.lists(moments, min_size=1, max_size=30), zones, st.sampled_from(Span))
def test_many_times_are_placed_as_each_by_itself(times: list[datetime], zone: ZoneInfo, span: Span) -> None:
    starts = floor(column(*map(us, times)), span, zone)
    assert starts.tolist() == [int(floor(column(us(time)), span, zone)[0]) for time in times]
    assert floor(starts, span, zone).tolist() == starts.tolist()
    assert floor(ends(starts, span, zone) - 1, span, zone).tolist() == starts.tolist()


@given(moments, zones)
def test_the_dates_of_times_are_those_of_zoneinfo(moment: datetime, zone: ZoneInfo) -> None:
    start = int(floor(column(us(moment)), Span.DAY, zone)[0])
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


def test_minutes_and_hours_are_those_of_utc_in_any_zone() -> None:
    time = us(datetime(2021, 10, 31, 1, 23, 45, 678, tzinfo=UTC))
    zone = ZoneInfo("Asia/Kathmandu")
    minute, hour = floor(column(time), Span.MINUTE, zone), floor(column(time), Span.HOUR, zone)
    assert (time - minute[0], time - hour[0]) == (45 * SECOND + 678, 23 * MINUTE + 45 * SECOND + 678)
    assert (ends(minute, Span.MINUTE, zone)[0] - minute[0], ends(hour, Span.HOUR, zone)[0] - hour[0]) == (MINUTE, HOUR)


def test_times_before_the_epoch_go_down_to_their_window() -> None:
    assert floor(column(-1), Span.MINUTE).tolist() == [-MINUTE]
    assert floor(column(-1), Span.DAY).tolist() == [-DAY]


def test_the_days_of_a_week_leave_out_the_one_that_was_skipped() -> None:
    zone = ZoneInfo("Pacific/Apia")
    starts = days_between(date(2011, 12, 28), date(2012, 1, 2), zone)
    assert [date_of(int(start), zone).day for start in starts] == [28, 29, 31, 1, 2, 3]


def test_a_year_of_days_has_the_two_changes_of_the_clock() -> None:
    lengths = np.diff(days_between(date(2023, 1, 1), date(2023, 12, 31), ZoneInfo("Europe/Rome"))) // HOUR
    assert dict(zip(*np.unique(lengths, return_counts=True), strict=True)) == {23: 1, 24: 363, 25: 1}


@pytest.mark.parametrize("year", [1, 2, 1899, 1900, 2199, 2200, 9999])
@pytest.mark.parametrize("zone", ["Europe/Rome", "Pacific/Apia", "America/Sao_Paulo"])
def test_a_clock_that_is_centuries_off_still_has_a_day(year: int, zone: str) -> None:
    for moment in (datetime(year, 1, 1, tzinfo=UTC), datetime(year, 12, 31, 23, 59, 59, tzinfo=UTC)):
        start = floor(column(us(moment)), Span.DAY, ZoneInfo(zone))
        assert start[0] <= us(moment) < ends(start, Span.DAY, ZoneInfo(zone))[0]


def test_nothing_has_no_windows() -> None:
    assert floor(column(), Span.DAY, ZoneInfo("Europe/Rome")).tolist() == []
