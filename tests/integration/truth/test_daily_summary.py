"""Days of tunnel-1, of UTC and of its site, held against plain SQL over the files."""

import random
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

import pytest

from tests.support.api import House
from tests.support.logger_files import is_true, logged, table

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(600)]

DAYS = """
SELECT sensor, CAST({clock} AS DATE) AS day, count(*), sum(value) / count(*), min(value), max(value),
       list(value ORDER BY value)[CAST(floor(0.5 * (count(*) - 1)) AS INTEGER) + 1],
       list(value ORDER BY value)[CAST(floor(0.95 * (count(*) - 1)) AS INTEGER) + 1],
       arg_min(value, time), arg_max(value, time)
FROM measured GROUP BY sensor, day"""
SUMMARY = """query ($device: ID!, $date: Date!, $calendar: Calendar!) {
  dailySummary(deviceId: $device, date: $date, calendar: $calendar) {
    sensorId metric unit date calendar start end count bad mean min max p50 p95 first last final revision } }"""
SERIES = """query ($selectors: [SeriesSelector!]!, $calendar: Calendar!) {
  series(selectors: $selectors, from: "2021-06-01T00:00:00Z", to: "2023-02-01T00:00:00Z", window: "P1D", calendar: $calendar) {
    sensorId buckets { start end count bad mean min max p50 p95 first last } } }"""
FIGURES = ("count", "mean", "min", "max", "p50", "p95", "first", "last")
CLOCKS = {"UTC": "time", "SITE": "local"}
LOGGERS = ["Temp_4ch_1", "Temp_4ch_2"]
CHANGES = [date(2021, 10, 31), date(2022, 3, 27), date(2022, 10, 30)]


def by_sql(device: str, calendar: str) -> Mapping[tuple[str, date], tuple[Any, ...]]:
    """The figures of each (sensor, day), of what is true in the file."""
    with table([one for one in logged(device) if is_true(one)]) as base:
        found = base.execute(DAYS.format(clock=CLOCKS[calendar])).fetchall()
    return {(sensor, day): tuple(figures) for sensor, day, *figures in found}


def agree(shown: Mapping[str, Any], expected: tuple[Any, ...]) -> bool:
    """A sum that is made in another order differs in its last digits; quantiles are within a thousandth of the true one."""
    near = [
        pytest.approx(figure, rel=1e-3 if name in {"p50", "p95"} else 1e-9)
        for name, figure in zip(FIGURES, expected, strict=True)
    ]
    return [shown[name] for name in FIGURES] == near


@pytest.mark.parametrize("calendar", ["UTC", "SITE"])
@pytest.mark.parametrize("device", LOGGERS)
async def test_summaries_of_days_are_what_sql_over_the_file_says(tunnel: House, device: str, calendar: str) -> None:
    expected = by_sql(device, calendar)
    days = sorted({day for _, day in expected})
    for day in {*random.Random(7).sample(days, 25), days[0], days[-1], *CHANGES}:
        asked = {"device": device, "date": str(day), "calendar": calendar}
        shown = {
            one["sensorId"]: one for one in (await tunnel.ask(SUMMARY, asked))["dailySummary"] if one["metric"] == "temperature"
        }
        there = {sensor: figures for (sensor, of), figures in expected.items() if of == day}
        assert {sensor for sensor, one in shown.items() if one["count"]} == set(there), day
        for sensor, figures in there.items():
            assert agree(shown[sensor], figures), (day, sensor, shown[sensor], figures)
            assert (shown[sensor]["date"], shown[sensor]["calendar"], shown[sensor]["unit"]) == (str(day), calendar, "degC")


@pytest.mark.parametrize("calendar", ["UTC", "SITE"])
@pytest.mark.parametrize("device", LOGGERS)
async def test_every_day_of_the_series_is_what_sql_over_the_file_says(tunnel: House, device: str, calendar: str) -> None:
    selectors = [{"deviceId": device, "sensorId": f"probe-{number}", "metric": "temperature"} for number in range(1, 5)]
    expected = dict(by_sql(device, calendar))
    for line in (await tunnel.ask(SERIES, {"selectors": selectors, "calendar": calendar}))["series"]:
        for day in line["buckets"]:
            if day["count"]:
                middle = datetime.fromisoformat(day["start"]).timestamp() + 12 * 3600
                figures = expected.pop((line["sensorId"], datetime.fromtimestamp(middle, UTC).date()))
                assert agree(day, figures), (line["sensorId"], day, figures)
    assert not expected


async def test_a_site_s_day_on_which_clocks_change_has_23_or_25_hours(tunnel: House) -> None:
    lengths = []
    for day in CHANGES[:2]:
        asked = {"device": "Temp_4ch_1", "date": str(day), "calendar": "SITE"}
        one = (await tunnel.ask(SUMMARY, asked))["dailySummary"][0]
        lengths.append(datetime.fromisoformat(one["end"]) - datetime.fromisoformat(one["start"]))
    assert [length.total_seconds() / 3600 for length in lengths] == [25, 23]


async def test_growing_degree_days_of_a_site_s_day_follow_from_its_extremes(tunnel: House) -> None:
    asked = {"device": "Temp_4ch_1", "date": "2021-10-31", "calendar": "SITE"}
    shown = {(one["sensorId"], one["metric"]): one for one in (await tunnel.ask(SUMMARY, asked))["dailySummary"]}
    for (sensor, day), figures in by_sql("Temp_4ch_1", "SITE").items():
        if str(day) == asked["date"]:
            mean = (figures[2] + figures[3]) / 2
            assert shown[sensor, "growing_degree_days"]["mean"] == pytest.approx(max(0.0, mean - 10.0))
