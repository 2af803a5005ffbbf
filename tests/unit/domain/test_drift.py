"""Clock drift: the smallest of recent differences, in any order; and times by our clock."""

from datetime import UTC, datetime, timedelta
from random import Random

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from domain.drift import NO_LAGS, Lags, compensated

HOUR = 3_600_000_000
NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


def drift_of(pairs: list[tuple[int, int]]) -> int | None:
    lags = NO_LAGS
    for received, lag in pairs:
        lags = lags.seen(received - lag, received)
    return lags.drift_us


def test_what_waited_on_its_way_does_not_count_and_a_clock_ahead_is_negative() -> None:
    assert drift_of([]) is None
    assert drift_of([(1, 40), (2, 90_000_000), (3, 30)]) == 30
    assert drift_of([(1, -86_400_000_000), (2, 5)]) == -86_400_000_000


def test_a_clock_that_was_put_right_is_right_after_two_hours_with_readings() -> None:
    assert drift_of([(0, -500), (HOUR, 7), (2 * HOUR, 8)]) == 7
    assert drift_of([(0, -500), (900 * HOUR, 7)]) == -500


@given(st.lists(st.tuples(st.integers(0, 5 * HOUR), st.integers(-9, 9))), st.randoms(use_true_random=False))
def test_any_order_gives_the_same_drift_as_a_look_at_all(pairs: list[tuple[int, int]], chance: Random) -> None:
    hours = sorted({received // HOUR for received, _ in pairs})[-2:]
    expected = min((lag for received, lag in pairs if received // HOUR in hours), default=None)
    chance.shuffle(pairs)
    assert drift_of(pairs) == expected


def test_the_clock_of_the_device_cancels_out() -> None:
    ahead = timedelta(days=1)
    assert compensated(NOON + ahead, NOON + timedelta(minutes=3) + ahead, NOON + timedelta(minutes=3)) == NOON
    assert compensated(datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC), NOON) is None


def test_differences_outlive_the_process() -> None:
    lags = NO_LAGS.seen(5, 12).seen(HOUR, HOUR + 3)
    assert msgspec.json.decode(msgspec.json.encode(lags), type=Lags) == lags
