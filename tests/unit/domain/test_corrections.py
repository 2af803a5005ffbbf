"""Corrections over values and columns: in order, in their range, on their series, and back again."""

from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.corrections import EVER, FOR_EVER, UNTOUCHED, Correction, correct, corrected, of_series, standing
from schema.events import Operation

WITH_AMOUNT = [Operation.SCALE, Operation.OFFSET, Operation.REPLACE]


def correction(
    operation: Operation,
    amount: float | None = None,
    *,
    start: int = EVER,
    end: int = FOR_EVER,
    sensor: str | None = None,
    metric: str = "par",
    name: str = "c",
) -> Correction:
    return Correction(name, sensor, metric, start, end, operation, amount, "because", "key:k", 0)


times = st.integers(-5, 25)
values = st.floats(-1e9, 1e9)
decided = st.builds(
    correction,
    st.sampled_from(Operation),
    st.floats(-1e6, 1e6).filter(lambda amount: amount != 0),
    start=st.integers(0, 10) | st.just(EVER),
    end=st.integers(5, 20) | st.just(FOR_EVER),
    sensor=st.sampled_from([None, "one", "two"]),
    metric=st.sampled_from(["par", "par", "co2"]),
)


def one(value: float, time_us: int, *corrections: Correction) -> float:
    return correct(value, time_us, corrections).value


def test_each_correction_works_on_what_the_one_before_left() -> None:
    double, more = correction(Operation.SCALE, 2.0), correction(Operation.OFFSET, 1.0)
    assert (one(10.0, 0, double, more), one(10.0, 0, more, double)) == (21.0, 22.0)


@pytest.mark.parametrize(("time_us", "value"), [(9, 1.0), (10, 5.0), (19, 5.0), (20, 1.0)])
def test_a_range_holds_its_start_and_not_its_end(time_us: int, value: float) -> None:
    assert one(1.0, time_us, correction(Operation.SCALE, 5.0, start=10, end=20)) == value


def test_a_restore_gives_back_what_was_sent_and_what_comes_after_works_on_that() -> None:
    wrong, back, right = correction(Operation.SCALE, 9.0), correction(Operation.RESTORE), correction(Operation.OFFSET, 1.0)
    restored = correct(10.0, 0, [wrong, back])
    assert (restored.value, restored.last, restored.excluded) == (10.0, None, False)
    assert one(10.0, 0, wrong, back, right) == 11.0


def test_an_excluded_value_keeps_its_number_until_another_is_put_in_its_place() -> None:
    out, put = correction(Operation.EXCLUDE), correction(Operation.REPLACE, 3.0)
    assert (correct(10.0, 0, [out]).value, correct(10.0, 0, [out]).excluded) == (10.0, True)
    back_in = correct(10.0, 0, [out, put])
    assert (back_in.value, back_in.excluded, back_in.replaced) == (3.0, False, True)


def test_a_value_that_is_no_number_any_more_is_excluded() -> None:
    assert correct(1e300, 0, [correction(Operation.SCALE, 1e300)]).excluded
    found = corrected(np.array([0]), np.array([1e300]), np.array([0, 1]), {0: [correction(Operation.SCALE, 1e300)]})
    assert found.excluded.tolist() == [True]


@dataclass
class Column:
    sensor: str
    times: list[int]
    values: list[float]


columns = st.lists(
    st.builds(
        lambda sensor, rows: Column(sensor, sorted(time for time, _ in rows), [value for _, value in rows]),
        st.sampled_from(["one", "two", "three"]),
        st.lists(st.tuples(times, values), max_size=8),
    ),
    max_size=4,
)


@given(columns, st.lists(decided, max_size=6))
def test_columns_come_to_what_each_of_their_values_comes_to_alone(series: list[Column], corrections: list[Correction]) -> None:
    by_series = {number: of_series(corrections, each.sensor, "par") for number, each in enumerate(series)}
    starts = np.cumsum([0, *(len(each.times) for each in series)])
    all_times = np.array([time for each in series for time in each.times], np.int64)
    all_values = np.array([value for each in series for value in each.values], np.float64)
    found = corrected(all_times, all_values, starts, by_series)
    for number, each in enumerate(series):
        for row in range(starts[number], starts[number + 1]):
            alone = correct(float(all_values[row]), int(all_times[row]), by_series[number])
            last = None if found.last[row] == UNTOUCHED else by_series[number][found.last[row]]
            shown = (float(found.values[row]), bool(found.excluded[row]), bool(found.replaced[row]), last)
            assert shown == (alone.value, alone.excluded, alone.replaced, alone.last), each


@given(columns, st.lists(decided, max_size=3))
def test_what_was_stored_is_never_changed(series: list[Column], corrections: list[Correction]) -> None:
    for each in series:
        stored = np.array(each.values, np.float64)
        corrected(np.array(each.times, np.int64), stored, np.array([0, len(stored)]), {0: corrections})
        assert stored.tolist() == each.values


@given(st.lists(decided, max_size=8), values, times, st.sampled_from(["one", "two"]))
def test_those_that_stand_come_to_what_all_come_to(
    all_of_them: list[Correction], value: float, time_us: int, sensor: str
) -> None:
    stand: tuple[Correction, ...] = ()
    for each in all_of_them:
        stand = standing(stand, each)
    found = correct(value, time_us, of_series(stand, sensor, "par"))
    assert found == correct(value, time_us, of_series(all_of_them, sensor, "par"))


def test_a_restore_over_all_leaves_nothing_behind() -> None:
    made = [correction(Operation.SCALE, 2.0, start=n, end=n + 5, sensor="one") for n in range(3)]
    stand: tuple[Correction, ...] = ()
    for each in [*made, correction(Operation.RESTORE)]:
        stand = standing(stand, each)
    assert stand == ()


def test_a_restore_of_a_part_stands_beside_what_it_undoes_a_part_of() -> None:
    wide, part = correction(Operation.SCALE, 2.0), correction(Operation.RESTORE, start=5, end=9)
    stand = standing((wide,), part)
    assert stand == (wide, part)
    assert [one(1.0, time_us, *stand) for time_us in (4, 5, 8, 9)] == [2.0, 1.0, 1.0, 2.0]


def test_other_sensors_and_other_metrics_are_left_alone() -> None:
    made = [
        correction(Operation.SCALE, 2.0, sensor="one"),
        correction(Operation.SCALE, 3.0),
        correction(Operation.SCALE, 5.0, metric="co2"),
    ]
    assert [each.amount for each in of_series(made, "one", "par")] == [2.0, 3.0]
    assert [each.amount for each in of_series(made, "two", "par")] == [3.0]
