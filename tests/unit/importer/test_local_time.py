"""From a wall clock to UTC: every zone, both passes of a doubled hour, the hour that never was, dated offsets."""

# ruff: noqa: DTZ001 - a wall clock is naive: that is the subject

import random
from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.local_time import DatedOffsets, LocalClock, Never, Twice, Unplaceable, second_passes

ROME = ZoneInfo("Europe/Rome")
LOGGER = DatedOffsets(timedelta(hours=2), [(datetime(2021, 10, 31, 2, tzinfo=UTC), timedelta(hours=1))])
ZONES = (
    "Europe/Rome",
    "Europe/Amsterdam",
    "Australia/Lord_Howe",
    "America/St_Johns",
    "America/Nuuk",
    "Asia/Kathmandu",
    "Africa/Casablanca",
    "Pacific/Apia",
    "UTC",
)
zones = st.sampled_from(ZONES).map(ZoneInfo)
moments = st.datetimes(datetime(1980, 1, 1), datetime(2037, 12, 31), timezones=st.just(UTC))


def wall_clock(moment: datetime, zone: tzinfo) -> tuple[datetime, bool]:
    shown = moment.astimezone(zone)
    return shown.replace(tzinfo=None, fold=0), bool(shown.fold)


@given(zones, moments)
def test_a_moment_comes_back_from_its_wall_clock_and_its_pass(zone: ZoneInfo, moment: datetime) -> None:
    local, second = wall_clock(moment, zone)
    assert LocalClock(zone, twice=Twice.COUNTER).to_utc(local, second=second) == moment


@given(zones, moments)
def test_first_and_second_are_the_two_moments_and_differ_only_where_the_clock_was_put_back(
    zone: ZoneInfo, moment: datetime
) -> None:
    local, _ = wall_clock(moment, zone)
    first = LocalClock(zone, twice=Twice.FIRST).to_utc(local)
    second = LocalClock(zone, twice=Twice.SECOND).to_utc(local)
    assert isinstance(first, datetime)
    assert isinstance(second, datetime)
    assert moment in {first, second}
    assert (first < second) == LocalClock(zone).is_twice(local)


@given(zones, st.datetimes(datetime(1980, 1, 1), datetime(2037, 12, 31)))
def test_a_local_time_that_never_was_is_read_by_either_offset_or_refused(zone: ZoneInfo, local: datetime) -> None:
    refused = LocalClock(zone, twice=Twice.FIRST).to_utc(local)
    before = LocalClock(zone, twice=Twice.FIRST, never=Never.OFFSET_BEFORE).to_utc(local)
    after = LocalClock(zone, twice=Twice.FIRST, never=Never.OFFSET_AFTER).to_utc(local)
    assert isinstance(before, datetime)
    assert isinstance(after, datetime)
    if isinstance(refused, Unplaceable):
        assert after < before
        assert wall_clock(before, zone)[0] > local > wall_clock(after, zone)[0]
    else:
        assert before == after == refused


@given(st.integers(0, 100), st.sampled_from([1, 5, 10, 15]), st.randoms())
def test_a_counter_tells_the_passes_apart_in_any_order_of_the_rows(start: int, step: int, rng: random.Random) -> None:
    begin = datetime(2021, 10, 30, 22, start % 60, tzinfo=UTC)
    truth = {start + n: begin + timedelta(minutes=step * n) for n in range(300 // step)}
    clock = LocalClock(ROME, twice=Twice.COUNTER)
    rows = [(key, wall_clock(moment, ROME)[0]) for key, moment in truth.items()]
    rng.shuffle(rows)
    passes = second_passes(row for row in rows if clock.is_twice(row[1]))
    assert {key: clock.to_utc(local, second=passes.get((key, local))) for key, local in rows} == truth


def test_two_nights_are_told_apart_from_each_other() -> None:
    later, sooner = datetime(2021, 10, 31, 2, 45), datetime(2021, 10, 31, 2, 0)
    next_year = datetime(2022, 10, 30, 2, 0)
    passes = second_passes([(1, later), (2, sooner), (3, next_year)])
    assert passes == {(1, later): False, (2, sooner): True, (3, next_year): False}


@pytest.mark.parametrize("policy", [Twice.DEAD_LETTER, Twice.COUNTER, Twice.ORDER])
def test_a_time_that_stood_twice_is_refused_where_nothing_tells_its_pass(policy: Twice) -> None:
    answer = LocalClock(ROME, twice=policy).to_utc(datetime(2021, 10, 31, 2, 30))
    assert isinstance(answer, Unplaceable)
    assert "twice" in answer.reason


@pytest.mark.parametrize(
    ("local", "second", "moment"),
    [
        (datetime(2021, 8, 18, 11, 45), None, datetime(2021, 8, 18, 9, 45, tzinfo=UTC)),
        (datetime(2021, 10, 31, 2, 45), None, datetime(2021, 10, 31, 0, 45, tzinfo=UTC)),
        (datetime(2021, 10, 31, 3, 0), False, datetime(2021, 10, 31, 1, 0, tzinfo=UTC)),
        (datetime(2021, 10, 31, 3, 0), True, datetime(2021, 10, 31, 2, 0, tzinfo=UTC)),
        (datetime(2021, 10, 31, 4, 0), None, datetime(2021, 10, 31, 3, 0, tzinfo=UTC)),
        (datetime(2022, 3, 27, 2, 30), None, datetime(2022, 3, 27, 1, 30, tzinfo=UTC)),
    ],
)
def test_dated_offsets_step_back_once_and_never_forward_again(local: datetime, second: bool | None, moment: datetime) -> None:
    assert LocalClock(LOGGER, twice=Twice.COUNTER).to_utc(local, second=second) == moment


@given(st.datetimes(datetime(2021, 1, 1), datetime(2022, 12, 31)), st.sampled_from([0, 1]))
def test_dated_offsets_of_a_zone_are_that_zone(local: datetime, fold: int) -> None:
    changes = [
        (datetime(2021, 3, 28, 1, tzinfo=UTC), timedelta(hours=2)),
        (datetime(2021, 10, 31, 1, tzinfo=UTC), timedelta(hours=1)),
        (datetime(2022, 3, 27, 1, tzinfo=UTC), timedelta(hours=2)),
        (datetime(2022, 10, 30, 1, tzinfo=UTC), timedelta(hours=1)),
    ]
    dated = DatedOffsets(timedelta(hours=1), changes)
    asked = local.replace(fold=fold)
    assert dated.utcoffset(asked) == asked.replace(tzinfo=ROME).utcoffset()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ([datetime(2021, 1, 1)], "needs an offset"),
        ([datetime(2021, 2, 1, tzinfo=UTC), datetime(2021, 1, 1, tzinfo=UTC)], "must be later"),
    ],
)
def test_dated_offsets_without_sense_are_refused(changes: list[datetime], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        DatedOffsets(timedelta(0), [(change, timedelta(hours=1)) for change in changes])


@pytest.mark.parametrize("local", [datetime(1, 1, 1), datetime(9999, 12, 31, 23, 59)])
def test_the_ends_of_the_calendar_are_a_reason_and_no_crash(local: datetime) -> None:
    offset = timedelta(hours=2 if local.year == 1 else -2)
    assert isinstance(LocalClock(DatedOffsets(offset)).to_utc(local), Unplaceable)
