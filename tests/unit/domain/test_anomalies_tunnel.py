"""Anomalies on real records: an unheated tunnel of sixteen months, and a heated glasshouse of six weeks."""

import csv
from datetime import UTC, datetime

import numpy as np
import pytest

from domain.anomalies import FLOORS, Anomalies, Severity, anomalies
from domain.columns import Int64
from domain.quality import is_bad, verdicts
from domain.quality_rules import DEFAULT_RULES, rules_of
from schema.times import DAY_US
from tests.support.real_data import real_data

HOUR = DAY_US // 24


def hourly(folder: str, file: str, column: int, style: str, metric: str) -> tuple[Int64, Anomalies]:
    """The hours of that column, without what is bad, and what is unusual among them. Local times, taken as UTC."""
    with (real_data(folder) / file).open(encoding="utf-8-sig") as text:
        rows = [row for row in list(csv.reader(text))[1:] if row[column].strip() not in {"", "NaN"}]
    place = 0 if folder == "lettuce-2022" else 1
    moments = [datetime.strptime(row[place], style).replace(tzinfo=UTC).timestamp() for row in rows]
    order = np.argsort(moments, kind="stable")
    times = (np.array(moments)[order] * 1e6).astype(np.int64)
    values = np.array([float(row[column]) for row in rows])[order]
    good = ~is_bad(verdicts(times, values, np.array([0, len(times)]), rules_of([DEFAULT_RULES[metric]])))
    hours, inside, count = np.unique(times[good] // HOUR * HOUR, return_inverse=True, return_counts=True)
    means = np.bincount(inside, values[good]) / count
    return hours, anomalies(hours, means, np.array([0, len(hours)]), np.array([FLOORS[metric]]))


def by_severity(found: Anomalies) -> list[int]:
    return [
        int(np.count_nonzero(found.severity == severity)) for severity in (Severity.MINOR, Severity.MAJOR, Severity.CRITICAL)
    ]


def test_a_probe_that_failed_is_critical_and_its_honest_neighbour_is_not() -> None:
    _, failed = hourly("tunnel-1", "Temp_4ch_2.csv", 2, "%d/%m/%Y %H:%M:%S", "temperature")
    _, honest = hourly("tunnel-1", "Temp_4ch_2.csv", 5, "%d/%m/%Y %H:%M:%S", "temperature")
    assert np.count_nonzero(failed.severity == Severity.CRITICAL) == 31
    assert np.count_nonzero(honest.severity == Severity.CRITICAL) == 0


def test_a_cold_front_in_an_unheated_tunnel_is_found_and_few_other_hours() -> None:
    hours, found = hourly("tunnel-1", "Temp_4ch_1.csv", 2, "%d/%m/%Y %H:%M:%S", "temperature")
    major = {str(np.datetime64(int(hour), "us"))[:10] for hour in hours[found.severity >= Severity.MAJOR]}
    assert "2022-05-29" in major
    assert by_severity(found)[0] / len(hours) == pytest.approx(0.01, abs=0.005)


def test_a_climate_under_control_has_no_anomalies() -> None:
    for column, metric in ((1, "temperature"), (2, "humidity"), (3, "co2")):
        _, found = hourly("lettuce-2022", "GreenhouseClimate.csv", column, "%m/%d/%Y %H:%M", metric)
        assert by_severity(found) == [0, 0, 0]
