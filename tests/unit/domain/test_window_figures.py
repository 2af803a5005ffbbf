"""Figures of windows, from rows and merged upward."""

import numpy as np

from domain.windows import merged, windows_of

MOST = np.finfo(np.float64).max


def test_a_sum_beyond_all_numbers_is_the_greatest_number_which_every_store_can_hold() -> None:
    where = np.zeros(2, np.int64)
    values = np.array([MOST, MOST, -MOST, -MOST])
    minutes = windows_of(np.repeat([0, 1], 2), np.array([0, 0, 0, 0]), values, np.zeros(4, np.int8))
    assert minutes.total.tolist() == [MOST, -MOST]
    one = windows_of(where, np.array([0, 60]), values[:2], np.zeros(2, np.int8))
    hour = merged(one, where)
    assert hour.total.tolist() == [MOST]
    assert np.isfinite(hour.mean).all()
