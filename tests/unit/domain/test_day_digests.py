"""Digests by device and day: they add up to the digest of all, and tell where two stores differ."""

from datetime import date

import numpy as np

from domain.day_digests import NO_DIGESTS, DayDigests, DeviceDay, day_digests, differing, summed
from domain.digest import digest
from schema.times import DAY_US, HOUR_US

DEVICES = ["tomato-1", "tomato-2"]
DEVICE = np.array([0, 0, 1, 1, 0], np.int64)
TIMES = np.array([0, HOUR_US, 0, DAY_US, 2 * DAY_US], np.int64)
VALUES = np.array([20.0, 21.0, 7.5, 8.0, 22.0])


def of(
    device: "np.ndarray[tuple[int], np.dtype[np.int64]]", values: "np.ndarray[tuple[int], np.dtype[np.float64]]"
) -> DayDigests:
    return day_digests(DEVICES, device, TIMES[: len(values)], [device, TIMES[: len(values)], values])


def test_they_add_up_to_the_digest_of_all_rows() -> None:
    days = of(DEVICE, VALUES)
    assert days.total() == digest([DEVICE, TIMES, VALUES])
    assert sorted(days.rows.tolist()) == [1, 1, 1, 2]


def test_parts_in_any_order_sum_up_to_the_whole() -> None:
    whole = of(DEVICE, VALUES)
    parts = [
        day_digests(DEVICES, DEVICE[place], TIMES[place], [DEVICE[place], TIMES[place], VALUES[place]])
        for place in (np.array([4, 0]), np.array([3]), np.array([1, 2]))
    ]
    assert list(differing(summed(parts), whole)) == []
    assert summed([*parts, NO_DIGESTS]).total() == whole.total()


def test_a_flipped_value_is_named_by_device_and_day() -> None:
    flipped = VALUES.copy()
    flipped[3] = np.nextafter(flipped[3], 9.0)
    assert list(differing(of(DEVICE, VALUES), of(DEVICE, flipped))) == [DeviceDay("tomato-2", date(1970, 1, 2))]


def test_what_one_side_lacks_is_named_whichever_side_that_is() -> None:
    less = of(DEVICE[:4], VALUES[:4])
    gone = [DeviceDay("tomato-1", date(1970, 1, 3))]
    assert list(differing(less, of(DEVICE, VALUES))) == gone
    assert list(differing(of(DEVICE, VALUES), less)) == gone
    assert len(list(differing(NO_DIGESTS, of(DEVICE, VALUES)))) == 4
    assert list(differing(NO_DIGESTS, NO_DIGESTS)) == []
