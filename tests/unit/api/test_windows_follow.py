"""What people decide, and what comes late, reaches windows: corrections, replacements, retirements, zones, revisions."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from domain.climate import dew_point
from tests.support.api import House, small_house
from tests.support.asking import (
    HEAT,
    REGISTER,
    REPLACE,
    RETIRE,
    SITE,
    SUMMARY,
    change,
    correct,
    line,
    lines,
    moment,
    selector,
)
from tests.support.house_events import START, at, reading
from tests.support.memory_log import MemoryLog

DEW = selector(metric="dew_point")
DAY = 86_400
AT_TWO_SITES = (("a", 20.0, "farm"), ("b", 30.0, "tunnel"))
AFTERWARDS = round((START + timedelta(days=5)).timestamp() * 1e6)


def air(second: float, temperature: float, device: str = "a", **more: Any) -> Any:
    return reading(device, second, temperature=temperature, humidity=60.0, **more)


def dew(*temperatures: float) -> Any:
    return pytest.approx(float(dew_point(np.array(temperatures), np.full(len(temperatures), 60.0)).mean()))


CORRECTIONS: list[tuple[str, float | None, list[float]]] = [
    ("SCALE", 0.5, [10.0, 11.0, 24.0]),
    ("OFFSET", -4.0, [16.0, 18.0, 24.0]),
    ("REPLACE", 15.0, [15.0, 15.0, 24.0]),
    ("EXCLUDE", None, [24.0]),
    ("RESTORE", None, [20.0, 22.0, 24.0]),
]


@pytest.mark.parametrize(("operation", "amount", "values"), CORRECTIONS)
async def test_windows_and_indices_follow_a_correction_of_their_inputs_in_every_span(
    house: House, operation: str, amount: float | None, values: list[float]
) -> None:
    await house.says([air(10, 20.0), air(20, 22.0), air(30, 24.0)])
    await correct(house, operation, amount, 10, 30)
    for window, calendar in (("PT1M", "UTC"), ("PT15M", "UTC"), ("PT1H", "UTC"), ("P1D", "UTC"), ("P1D", "SITE")):
        [[found], [index]] = await lines(house, selector(), DEW, window=window, calendar=calendar)
        assert (found["count"], found["bad"], found["min"], found["max"]) == (
            len(values),
            3 - len(values),
            min(values),
            max(values),
        )
        assert (found["mean"], found["first"], found["last"]) == (
            pytest.approx(sum(values) / len(values)),
            values[0],
            values[-1],
        )
        assert (index["count"], index["bad"], index["mean"]) == (len(values), 3 - len(values), dew(*values))


async def test_corrections_work_one_on_the_other_and_restore_brings_back_what_came(house: House) -> None:
    await house.says([air(10, 20.0)])
    before = await lines(house, selector(), DEW)
    await correct(house, "SCALE", 0.5, None, None)
    await correct(house, "OFFSET", 3.0, None, None)
    [[found], [index]] = await lines(house, selector(), DEW)
    assert (found["mean"], index["mean"]) == (13.0, dew(13.0))
    await correct(house, "EXCLUDE", None, None, None)
    [[found], [index]] = await lines(house, selector(), DEW)
    assert [(one["count"], one["bad"], one["mean"]) for one in (found, index)] == [(0, 1, None)] * 2
    await correct(house, "RESTORE", None, None, None)
    assert await lines(house, selector(), DEW) == before


async def test_a_correction_heals_what_was_out_of_range_and_spoils_what_goes_there(house: House) -> None:
    await house.says([air(10, 900.0), air(20, 20.0)])
    assert [(one["count"], one["bad"]) for one in await line(house)] == [(1, 1)]
    await correct(house, "SCALE", 0.02, 10, 11)
    assert [(one["count"], one["bad"], one["max"]) for one in await line(house)] == [(2, 0, 20.0)]
    await correct(house, "OFFSET", 500.0, 20, 21)
    assert [(one["count"], one["bad"], one["mean"]) for one in await line(house)] == [(1, 1, 18.0)]


async def test_a_correction_without_an_end_is_in_the_windows_of_what_comes(house: House) -> None:
    await correct(house, "OFFSET", 1.0, 60, None)
    await house.says([air(30, 20.0), air(90, 20.0)])
    assert [one["mean"] for one in await line(house)] == [20.0, 21.0]


async def test_a_corrected_value_can_make_its_neighbour_a_spike(house: House) -> None:
    await house.says([air(60 * minute, 20.0 + minute / 10) for minute in range(5)])
    await correct(house, "OFFSET", 20.0, 120, 180)
    assert [(one["count"], one["bad"]) for one in await line(house)] == [(1, 0), (1, 0), (0, 1), (1, 0), (1, 0)]
    await correct(house, "RESTORE", None, None, None)
    assert [one["bad"] for one in await line(house)] == [0] * 5


async def test_summaries_and_the_heat_map_follow_a_correction(house: House) -> None:
    await change(house, REGISTER, deviceId="a", location="farm")
    await house.says([air(60, 30.0), air(120, 30.0)])
    cursor = await correct(house, "OFFSET", -10.0, 60, 120)
    found = (await house.ask(SUMMARY, {"device": "a", "date": "2026-06-01", "calendar": "SITE", "atLeast": cursor}))[
        "dailySummary"
    ]
    shown = {one["metric"]: one["mean"] for one in found}
    assert (shown["temperature"], shown["dew_point"], shown["growing_degree_days"]) == (25.0, dew(20.0, 30.0), 15.0)
    span = {"metric": "temperature", "from": moment(0), "to": moment(600), "atLeast": cursor}
    assert [cell["mean"] for cell in (await house.ask(HEAT, span))["heatMap"]] == [25.0]


async def replaced(house: House, seconds: float, by: str = "b", device: str = "a") -> None:
    house.now = at(DAY)
    await change(house, REPLACE, deviceId=device, sensorId="main", by={"deviceId": by, "sensorId": "main"}, at=moment(seconds))


async def test_a_series_goes_on_in_the_sensor_that_took_over_on_another_device(house: House) -> None:
    await house.says([air(60 * minute, 10.0, "a") for minute in range(6)])
    await house.says([air(60 * minute, 20.0, "b") for minute in range(6)])
    await replaced(house, 120)
    assert [one["mean"] for one in await line(house, end=360)] == [10.0, 10.0, 20.0, 20.0, 20.0, 20.0]
    assert [one["mean"] for one in await line(house, DEW, end=360)] == [dew(10.0)] * 2 + [dew(20.0)] * 4
    assert [one["mean"] for one in await line(house, selector("b"), end=360)] == [20.0] * 6


@pytest.mark.parametrize(("window", "calendar"), [("PT5M", "UTC"), ("PT1H", "UTC"), ("P1D", "UTC"), ("P1D", "SITE")])
async def test_a_window_in_which_a_sensor_was_replaced_holds_what_each_measured_while_it_did(
    house: House, window: str, calendar: str
) -> None:
    await house.says([air(60 * minute, value, device) for minute in range(5) for device, value in (("a", 10.0), ("b", 20.0))])
    await replaced(house, 120)
    [found] = await line(house, window=window, calendar=calendar)
    assert (found["count"], found["mean"], found["first"], found["last"]) == (5, 16.0, 10.0, 20.0)


@pytest.mark.parametrize("calendar", ["UTC", "SITE"])
async def test_days_after_a_replacement_are_those_of_the_sensor_that_took_over(house: House, calendar: str) -> None:
    await change(house, SITE, siteId="farm", timeZone="Australia/Lord_Howe")
    both = (("a", 20.0), ("b", 30.0))
    await house.says([air(3600 * hour, value, device) for hour in range(96) for device, value in both])
    await replaced(house, 3600)
    after = {"start": 2 * DAY, "end": 3 * DAY, "window": "P1D", "calendar": calendar}
    assert {one["mean"] for one in await line(house, **after)} == {30.0}
    assert await line(house, **after) == await line(house, selector("b"), **after)
    asked = {"device": "a", "date": "2026-06-04", "calendar": calendar}
    shown = {one["metric"]: one["mean"] for one in (await house.ask(SUMMARY, asked))["dailySummary"]}
    assert (shown["temperature"], shown["growing_degree_days"], shown["dew_point"]) == (30.0, 20.0, dew(30.0))


async def test_days_after_a_replacement_are_those_of_the_site_of_the_sensor_that_was_asked_for(house: House) -> None:
    await change(house, SITE, siteId="farm", timeZone="Asia/Kolkata")
    await house.says([air(3600 * hour, value, name, site=site) for hour in range(96) for name, value, site in AT_TWO_SITES])
    await replaced(house, 3600)
    found = await line(house, start=2 * DAY, end=2 * DAY + 60, window="P1D", calendar="SITE")
    assert [(one["start"], one["count"], one["mean"]) for one in found] == [(moment(2 * DAY - 19_800), 24, 30.0)]


async def test_windows_shorter_than_a_minute_change_over_within_it(house: House) -> None:
    await house.says([air(10 * number, value, device) for number in range(6) for device, value in (("a", 10.0), ("b", 20.0))])
    await replaced(house, 30)
    assert [one["mean"] for one in await line(house, window="PT10S")] == [10.0] * 3 + [20.0] * 3


async def test_a_rolling_average_looks_back_over_a_replacement(house: House) -> None:
    await house.says([air(60 * minute, value, device) for minute in range(4) for device, value in (("a", 10.0), ("b", 20.0))])
    await replaced(house, 120)
    found = await line(house, end=240, window="PT1M", rolling="PT2M")
    assert [one["mean"] for one in found] == [10.0, 10.0, 15.0, 20.0]


async def test_a_series_goes_through_all_who_took_over_one_after_the_other(house: House) -> None:
    await house.says([air(60 * minute, 10.0 * place, name) for minute in range(3) for place, name in enumerate("abc", 1)])
    await replaced(house, 60)
    await replaced(house, 120, by="c", device="b")
    assert [one["mean"] for one in await line(house)] == [10.0, 20.0, 30.0]
    assert [one["mean"] for one in await line(house, window="PT1H")] == [20.0]


async def test_a_device_that_retired_is_answered_for_as_before(house: House) -> None:
    await change(house, REGISTER, deviceId="a", location="farm")
    await house.says([air(60, 10.0), air(120, 20.0)])
    before = await line(house)
    await change(house, RETIRE, deviceId="a", at=moment(90), reason="broken")
    assert await line(house) == before
    span = {"metric": "temperature", "from": moment(0), "to": moment(600)}
    assert [cell["count"] for cell in (await house.ask(HEAT, span))["heatMap"]] == [
        2,
    ]


async def test_the_days_of_a_site_are_made_anew_when_its_zone_is_another(house: House) -> None:
    await house.says([reading("a", 3600 * hour, temperature=20.0 + hour / 10) for hour in range(0, 48, 3)])
    days = {"window": "P1D", "start": 0, "end": 2 * DAY}
    assert [one["count"] for one in await line(house, calendar="SITE", **days)] == [8, 8]
    await change(house, SITE, siteId="farm", timeZone="Asia/Kolkata")
    found = await line(house, calendar="SITE", **days)
    assert [(one["start"], one["count"]) for one in found] == [
        (moment(-19_800), 7),
        (moment(DAY - 19_800), 8),
        (moment(2 * DAY - 19_800), 1),
    ]
    assert [one["count"] for one in await line(house, calendar="UTC", **days)] == [8, 8]
    await house.says([reading("a", 1, temperature=20.0)])
    assert [one["count"] for one in await line(house, calendar="SITE", **days)] == [8, 8, 1]
    await change(house, SITE, siteId="farm", timeZone="UTC")
    assert [one["count"] for one in await line(house, calendar="SITE", **days)] == [9, 8]


@pytest.mark.parametrize(("zone", "begins"), [("Asia/Kolkata", 18.5), ("Asia/Kathmandu", 18.25), ("Australia/Lord_Howe", 13.5)])
async def test_indices_of_days_that_begin_between_two_hours_are_the_same_alone_and_among_others(
    house: House, zone: str, begins: float
) -> None:
    await change(house, SITE, siteId="farm", timeZone=zone)
    quarters = {900.0 * number: 5.0 * number for number in range(3 * 96)}
    await house.says([reading("a", second, temperature=value / 50, par=value) for second, value in quarters.items()])
    indices = [selector(metric=metric) for metric in ("daily_light_integral", "growing_degree_days")]
    together = await lines(house, *indices, start=0, end=3 * DAY, window="P1D", calendar="SITE")
    for number in (1, 2):
        start, end = (3600 * begins + (number + more) * DAY for more in (-1, 0))
        there = [value for second, value in quarters.items() if start <= second < end]
        expected = [sum(there) * 900 / 1e6, max((there[0] + there[-1]) / 100 - 10, 0)]
        asked = {"device": "a", "date": f"2026-06-0{number + 1}", "calendar": "SITE"}
        alone = {one["metric"]: one["mean"] for one in (await house.ask(SUMMARY, asked))["dailySummary"]}
        assert [alone[one["metric"]] for one in indices] == pytest.approx(expected)
        assert [days[number]["mean"] for days in together] == pytest.approx(expected)


@pytest.fixture
async def later(tmp_path: Path) -> AsyncIterator[House]:
    """A house whose log is written a day after what it holds was measured."""
    log = MemoryLog(start_us=round((START + timedelta(days=1)).timestamp() * 1e6))
    async with small_house(tmp_path, log=log) as built:
        built.now = START + timedelta(days=1)
        yield built


async def test_a_window_is_final_once_its_device_has_come_past_it_by_the_lateness_that_is_allowed(later: House) -> None:
    await later.says([air(0, 20.0), air(659, 20.0)])
    assert [one["final"] for one in await line(later)] == [False, False]
    await later.says([air(660, 20.0)])
    assert [one["final"] for one in await line(later)] == [True, False, False]
    assert [one["final"] for one in await line(later, window="PT1H")] == [False]


async def test_time_passes_for_a_device_of_which_nothing_is_heard(later: House) -> None:
    await later.says([air(0, 20.0)])
    assert [one["final"] for one in await line(later)] == [False]
    later.now = START + timedelta(days=1, minutes=61)
    assert [one["final"] for one in await line(later)] == [True]


async def test_a_window_is_final_by_the_devices_that_measured_in_it(later: House) -> None:
    await later.says([air(60 * minute, 10.0, "a") for minute in range(40)])
    await later.says([air(60 * minute, 20.0, "b") for minute in range(20)])
    await replaced(later, 300)
    assert [one["final"] for one in await line(later, end=1200, window="PT5M")] == [True, False, False, False]
    await later.says([air(60 * minute, 20.0, "b") for minute in range(20, 31)])
    assert [one["final"] for one in await line(later, end=1200, window="PT5M")] == [True] * 4


async def test_a_window_in_which_a_sensor_was_replaced_waits_for_neither_longer_than_it_measured(later: House) -> None:
    await later.says([air(60 * minute, 10.0, "a") for minute in range(14)])
    await later.says([air(60 * minute, 20.0, "b") for minute in range(40)])
    await replaced(later, 180)
    assert [one["final"] for one in await line(later, end=1200, window="PT5M")] == [True] * 4
    assert [one["final"] for one in await line(later, end=300, window="PT5M", rolling="PT10M")] == [True]


async def test_what_is_late_by_less_than_is_allowed_revises_nothing_and_what_is_later_counts(later: House) -> None:
    await later.says([air(0, 20.0), air(600, 20.0), air(30, 22.0)])
    assert [(one["count"], one["final"], one["revision"]) for one in await line(later)] == [(2, False, 0), (1, False, 0)]
    await later.says([air(700, 20.0), air(40, 24.0), air(50, 24.0)])
    [first, *_] = await line(later)
    assert (first["count"], first["final"], first["revision"], first["last"]) == (4, True, 2, 24.0)
    assert [one["revision"] for one in await line(later, window="PT1H")] == [0]


async def test_a_reading_that_is_delivered_again_changes_no_figure(later: House) -> None:
    told = [air(0, 20.0), air(700, 20.0)]
    await later.says(told)
    before = [{**one, "revision": 0} for one in await line(later)]
    await later.says(told)
    assert [{**one, "revision": 0} for one in await line(later)] == before


async def test_a_correction_revises_each_final_window_once(later: House) -> None:
    await later.says([air(0, 20.0), air(60, 20.0), air(700, 20.0)])
    await correct(later, "OFFSET", 1.0, 0, 60)
    assert [(one["mean"], one["revision"]) for one in await line(later)] == [(21.0, 1), (20.0, 0), (20.0, 0)]
    await correct(later, "RESTORE", None, None, None)
    assert [(one["mean"], one["final"], one["revision"]) for one in await line(later)] == [
        (20.0, True, 2),
        (20.0, False, 0),
        (20.0, False, 0),
    ]


async def revisions(house: House, *selectors: dict[str, str], **more: Any) -> list[list[int]]:
    return [[one["revision"] for one in found] for found in await lines(house, *selectors, **more)]


HUMIDITY = selector(metric="humidity")


async def test_a_correction_revises_the_metric_that_it_is_about_and_its_indices_and_no_other(later: House) -> None:
    await later.says([air(0, 20.0), air(700, 20.0)])
    await correct(later, "OFFSET", 1.0, 0, 60)
    assert await revisions(later, selector(), HUMIDITY, DEW) == [[1, 0], [0, 0], [1, 0]]


async def test_what_comes_late_revises_the_indices_that_follow_from_it(later: House) -> None:
    await later.says([air(0, 20.0), air(700, 20.0), air(30, 22.0), reading("a", 40, temperature=22.0)])
    assert await revisions(later, selector(), HUMIDITY, DEW) == [[2, 0], [1, 0], [1, 0]]


async def test_a_correction_revises_what_is_final_since_its_device_fell_silent(tmp_path: Path) -> None:
    async with small_house(tmp_path, log=MemoryLog(start_us=AFTERWARDS, step_us=2 * 3_600_000_000)) as house:
        await house.says([air(0, 20.0)])
        await correct(house, "OFFSET", 1.0, None, None)
        await house.says([air(30, 20.0)])
        assert await revisions(house, selector()) == [[2]]


async def test_an_index_of_days_is_revised_with_its_day(tmp_path: Path) -> None:
    async with small_house(tmp_path, log=MemoryLog(start_us=AFTERWARDS)) as house:
        await house.says([air(0, 20.0), air(7200, 20.0), air(2 * DAY, 20.0), air(2 * DAY + 7200, 20.0)])
        await correct(house, "OFFSET", 1.0, None, None)
        degrees = selector(metric="growing_degree_days")
        for calendar in ("UTC", "SITE"):
            days = {"end": 3 * DAY, "window": "P1D", "calendar": calendar}
            assert await revisions(house, selector(), degrees, **days) == [[1, 0], [1, 0]]


SHOWN = """query ($first: Int!, $after: String) {
  readings(deviceId: "a", metric: "temperature", first: $first, after: $after) {
    nodes { timestamp value quality verdict } pageInfo { hasNextPage endCursor } } }"""


async def verdicts(house: House, size: int = 500) -> list[tuple[str, str | None]]:
    """Quality and verdict of each reading, read in pages of that size."""
    found: list[tuple[str, str | None]] = []
    after = None
    while True:
        page = (await house.ask(SHOWN, {"first": size, "after": after}))["readings"]
        found += [(node["quality"], node["verdict"]) for node in page["nodes"]]
        if not page["pageInfo"]["hasNextPage"]:
            return found
        after = page["pageInfo"]["endCursor"]


GOOD = ("GOOD", None)


@pytest.mark.parametrize("size", [1, 2, 500])
async def test_a_spike_and_a_jump_are_seen_among_their_neighbours_on_whatever_page_these_are(house: House, size: int) -> None:
    values = [20.0, 20.1, 45.0, 20.2, 20.1, 20.0, 34.0, 34.1]
    await house.says([reading("a", 60 * minute, temperature=value) for minute, value in enumerate(values)])
    assert await verdicts(house, size) == [
        GOOD, GOOD, ("BAD", "spike"), GOOD, GOOD, GOOD, ("SUSPECTED", "rate"), GOOD,
    ]  # fmt: skip


async def test_the_last_reading_is_a_spike_only_once_another_contradicts_it(house: House) -> None:
    await house.says([reading("a", 60 * minute, temperature=value) for minute, value in enumerate([20.0, 20.1, 45.0])])
    assert (await verdicts(house))[-1] == ("SUSPECTED", "rate")
    await house.says([reading("a", 180, temperature=20.2)])
    assert (await verdicts(house))[-2:] == [("BAD", "spike"), GOOD]


@pytest.mark.parametrize("size", [1, 7, 500])
async def test_a_flat_line_is_seen_across_pages_and_counts(house: House, size: int) -> None:
    await house.says([reading("a", 1800 * number, temperature=20.0) for number in range(16)])
    await house.says([reading("a", 1800 * 16, temperature=20.5)])
    assert await verdicts(house, size) == [GOOD] * 12 + [("SUSPECTED", "flat_line")] * 4 + [GOOD]
    [day] = await line(house, window="P1D")
    assert (day["count"], day["suspected"], day["bad"]) == (17, 4, 0)
