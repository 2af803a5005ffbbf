"""The verdicts on four probes in two loggers of a real tunnel: each fault with its reason, and honest probes untouched.

Times are the loggers' own clocks: two hours ahead of UTC until 2021-10-31, then one.
"""

import csv
from datetime import UTC, datetime
from functools import lru_cache

import numpy as np
import pytest

from domain.columns import Float64, Int8, Int64
from domain.quality import Reason, is_bad, verdicts
from domain.quality_rules import DEFAULT_RULES, rules_of
from tests.support.real_data import real_data

MINUTE = 60_000_000
PROBES = [(file, probe) for file in ("Temp_4ch_1", "Temp_4ch_2") for probe in (1, 2, 3, 4)]


@lru_cache
def judged(file: str, column: int, metric: str = "temperature") -> tuple[Int64, Float64, Int8]:
    with (real_data("tunnel-1") / f"{file}.csv").open(encoding="utf-8-sig") as text:
        rows = [row for row in csv.reader(text) if row[column].strip()[:1] in "-0123456789" and row[column].strip()]
    times = np.array([at(row[1]) for row in rows], dtype=np.int64)
    order = np.argsort(times, kind="stable")
    values = np.array([float(row[column]) for row in rows])[order]
    return times[order], values, verdicts(times[order], values, np.array([0, len(rows)]), rules_of([DEFAULT_RULES[metric]]))


def at(text: str) -> int:
    """Microseconds of `18/08/2021 11:45:00` or `2021-08-18T11:45`, taken as UTC."""
    if "/" in text:
        return int(datetime.strptime(text, "%d/%m/%Y %H:%M:%S").replace(tzinfo=UTC).timestamp()) * 1_000_000
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * 1_000_000


def count(file: str, probe: int, reason: Reason, start: str = "2021-01-01", end: str = "2024-01-01") -> int:
    times, _, found = judged(file, probe + 1)
    return int(np.sum((found == reason) & (times >= at(start)) & (times <= at(end))))


@pytest.mark.parametrize(
    ("file", "probe", "moment", "value", "reason"),
    [
        ("Temp_4ch_2", 4, "2021-09-08T16:30", 28264.0, Reason.ABOVE_RANGE),
        ("Temp_4ch_2", 2, "2021-11-18T10:34", 412.264, Reason.ABOVE_RANGE),
        ("Temp_4ch_2", 4, "2021-11-18T10:34", 101.004, Reason.ABOVE_RANGE),
        ("Temp_4ch_2", 2, "2022-02-03T11:00", 308.983, Reason.ABOVE_RANGE),
        ("Temp_4ch_2", 4, "2022-02-03T11:00", 190.773, Reason.ABOVE_RANGE),
        ("Temp_4ch_2", 3, "2022-03-25T18:00", -93.912, Reason.BELOW_RANGE),
        ("Temp_4ch_2", 1, "2021-10-30T11:15", 19.937, Reason.SPIKE),  # as the others read, but alone among its own
        ("Temp_4ch_2", 1, "2021-11-12T13:30", 66.277, Reason.SPIKE),
        ("Temp_4ch_2", 1, "2022-03-26T16:00", 56.259, Reason.SPIKE),
        ("Temp_4ch_2", 1, "2022-05-24T02:45", 8.438, Reason.SPIKE),
    ],
)
def test_each_single_fault_has_its_reason(file: str, probe: int, moment: str, value: float, reason: Reason) -> None:
    times, values, found = judged(file, probe + 1)
    place = int(np.flatnonzero((times // MINUTE * MINUTE == at(moment)) & (np.abs(values - value) < 0.01))[0])
    assert found[place] == reason


@pytest.mark.parametrize(
    ("file", "probe", "start", "end", "above_and_below"),
    [
        ("Temp_4ch_1", 4, "2022-03-26T16:00", "2022-05-09T09:00", (6059, 0)),  # two probes that drifted off for weeks
        ("Temp_4ch_2", 3, "2022-03-25T18:00", "2022-05-09T09:30", (3274, 132)),
        ("Temp_4ch_1", 4, "2022-06-12T14:00", "2022-06-21T09:15", (305, 0)),  # up to 754 degC in the sun, the cable going
        ("Temp_4ch_2", 4, "2021-09-25T12:15", "2021-10-29T12:45", (541, 0)),
        ("Temp_4ch_2", 1, "2021-10-29T16:15", "2021-11-12T13:15", (216, 0)),
        ("Temp_4ch_2", 1, "2022-03-29T09:30", "2022-04-01T16:45", (44, 0)),
    ],
)
def test_probes_that_leave_the_range_for_days_are_bad_by_range(
    file: str, probe: int, start: str, end: str, above_and_below: tuple[int, int]
) -> None:
    found = [count(file, probe, reason, start, end) for reason in (Reason.ABOVE_RANGE, Reason.BELOW_RANGE)]
    assert tuple(found) == above_and_below


def test_nothing_else_of_these_loggers_is_bad() -> None:
    bad = {(file, probe): int(is_bad(judged(file, probe + 1)[2]).sum()) for file, probe in PROBES}
    assert {key: number for key, number in bad.items() if number} == {
        ("Temp_4ch_1", 4): 6364,
        ("Temp_4ch_2", 1): 263 + 4,  # by range, and the spikes above
        ("Temp_4ch_2", 2): 3,
        ("Temp_4ch_2", 3): 3408,
        ("Temp_4ch_2", 4): 545,
    }


def test_a_change_too_fast_is_only_suspected_where_a_probe_was_failing() -> None:
    suspected = {(file, probe): count(file, probe, Reason.RATE) for file, probe in PROBES}
    assert {key: number for key, number in suspected.items() if number} == {
        ("Temp_4ch_1", 4): 15,
        ("Temp_4ch_2", 1): 8,
        ("Temp_4ch_2", 4): 2,
    }


@pytest.mark.parametrize(
    ("file", "columns"),
    [("Valid_A", [2]), ("Valid_B", [2, 3]), ("Valid_C", [2, 3]), ("Valid_D", [2]), ("TRH_1", [2]), ("TRH_2", [2])],
)
def test_honest_probes_are_not_touched(file: str, columns: list[int]) -> None:
    for column in columns:
        assert not judged(file, column)[2].any()


def test_a_humidity_that_stood_at_one_percent_for_five_days_is_a_flat_line_and_nights_of_saturated_air_are_none() -> None:
    times, values, found = judged("TRH_2", 3, "humidity")
    flat = np.flatnonzero(found == Reason.FLAT_LINE)
    assert (len(flat), set(values[flat])) == (503, {1.0})
    assert at("2021-11-18T18:30") == times[flat[0]]
    assert not judged("TRH_1", 3, "humidity")[2].any()
