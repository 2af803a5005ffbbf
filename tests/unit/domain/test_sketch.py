"""Sketches: right within their accuracy, whatever the order and however they were merged, and the same bytes every time."""

import math
import sys
from collections.abc import Sequence
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.columns import Float64, Int64, offsets_of
from domain.sketch import Sketches, concatenate, merge, quantiles, sketch, take

QS = (0.0, 0.25, 0.5, 0.95, 1.0)
ACCURACY = 0.001
NEAR = ACCURACY * (1 + 1e-9)  # the bound itself is rounded
READINGS = st.floats(min_value=-1e300, max_value=1e300, allow_subnormal=False)
WINDOWS = st.lists(st.lists(READINGS, max_size=20), max_size=8)


def columns(windows: Sequence[Sequence[float]]) -> tuple[Float64, Int64]:
    return np.array([value for window in windows for value in window]), offsets_of(
        np.array([len(window) for window in windows])
    )


def sketched(windows: Sequence[Sequence[float]]) -> Sketches:
    return sketch(*columns(windows))


def contents(sketches: Sketches) -> tuple[list[int], list[int], list[int]]:
    return sketches.offsets.tolist(), sketches.buckets.tolist(), sketches.counts.tolist()


@given(WINDOWS)
def test_each_quantile_is_within_the_accuracy_of_the_value_of_that_rank(windows: list[list[float]]) -> None:
    found = quantiles(sketched(windows), QS)
    for window, row in zip(windows, found, strict=True):
        if not window:
            assert np.isnan(row).all()
            continue
        true = np.quantile(np.array(window), QS, method="lower")
        assert (np.abs(row - true) <= NEAR * np.abs(true)).all()


@given(WINDOWS, st.randoms(use_true_random=False))
def test_the_order_of_values_does_not_show(windows: list[list[float]], random: Random) -> None:
    shuffled = [random.sample(window, len(window)) for window in windows]
    assert contents(sketched(shuffled)) == contents(sketched(windows))


@given(st.lists(WINDOWS, max_size=4))
def test_merging_windows_gives_the_sketch_of_all_their_values(groups: list[list[list[float]]]) -> None:
    parts = sketched([window for group in groups for window in group])
    whole = sketched([[value for window in group for value in window] for group in groups])
    assert contents(merge(parts, offsets_of(np.array([len(group) for group in groups])))) == contents(whole)


@given(WINDOWS, WINDOWS)
def test_windows_are_joined_and_taken_in_any_order(some: list[list[float]], others: list[list[float]]) -> None:
    joined = concatenate([sketched(some), sketched(others)])
    assert contents(joined) == contents(sketched([*some, *others]))
    backwards = np.arange(len(joined), dtype=np.int64)[::-1]
    assert contents(take(joined, backwards)) == contents(sketched([*some, *others][::-1]))


@pytest.mark.parametrize(
    "value",
    [0.0, -0.0, 1.0, -1.0, 2.0, 0.1, 1e300, -1e300, sys.float_info.max, -sys.float_info.max, sys.float_info.min, 5e-324],
)
def test_every_finite_value_has_a_bucket_near_it(value: float) -> None:
    assert quantiles(sketched([[value]]), [0.5])[0, 0] == pytest.approx(value, rel=NEAR, abs=0)


def test_neighbouring_powers_of_two_and_their_neighbours_stay_within_the_accuracy() -> None:
    powers = np.ldexp(1.0, np.arange(-1000, 1000, 7))
    values = np.concatenate([powers, np.nextafter(powers, 0.0), np.nextafter(powers, np.inf)])
    found = quantiles(sketch(values, np.arange(len(values) + 1)), [0.5])[:, 0]
    assert np.abs(found / values - 1).max() <= NEAR


def test_a_bucket_is_what_it_was_when_it_was_stored() -> None:
    buckets = sketched([[21.5], [0.0], [-21.5], [1e-3]]).buckets.tolist()
    assert buckets == [404409, 0, -404409, 399013]


def test_nothing_at_all_is_well_sketched() -> None:
    nothing = sketched([])
    assert len(nothing) == 0
    assert math.isnan(quantiles(sketched([[]]), [0.5])[0, 0])
