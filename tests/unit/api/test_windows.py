"""Series, days and the heat map: each argument, and each refusal."""

from dataclasses import replace
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from api.app import build_app
from schema.envelope import Cursor, Position
from tests.support.api import House
from tests.support.asking import (
    HEAT,
    REGISTER,
    SERIES,
    SITE,
    SUMMARY,
    asked,
    change,
    line,
    lines,
    moment,
    selector,
)
from tests.support.house_events import Said, reading

DAY = 86_400


def ramp(*seconds: float, device: str = "a", **more: Any) -> list[Said]:
    """Readings whose temperature is the minute that they lie in."""
    return [reading(device, second, temperature=second // 60 / 1.0, **more) for second in seconds]


def heat(metric: str = "temperature", start: float = 0, end: float = 3600, **more: Any) -> dict[str, Any]:
    return {"metric": metric, "from": moment(start), "to": moment(end), **more}


async def test_windows_are_whole_and_aligned_whatever_part_of_them_is_asked_for(house: House) -> None:
    await house.says(ramp(0, 60, 300, 420, 599, 600, 900))
    found = await line(house, start=301, end=601, window="PT5M")
    assert [(one["start"], one["end"], one["count"]) for one in found] == [
        (moment(300), moment(600), 3),
        (moment(600), moment(900), 1),
    ]


@pytest.mark.parametrize(
    ("window", "counts"),
    [
        ("PT1S", [1] * 5),
        ("PT30S", [2, 1, 1, 1]),
        ("PT7M", [3, 1, 1]),
        ("PT15M", [4, 1]),
        ("PT1H", [5]),
        ("P1D", [5]),
        ("P1W", [5]),
    ],
)
async def test_windows_have_any_length(house: House, window: str, counts: list[int]) -> None:
    await house.says(ramp(0, 10, 30, 500, 899 + 60))
    assert [one["count"] for one in await line(house, window=window)] == counts


async def test_each_window_has_all_figures(house: House) -> None:
    await house.says(
        [reading("a", second, temperature=value) for second, value in ((5, 21.0), (15, 19.0), (25, 90.0), (35, 20.5))]
    )
    [found] = await line(house)
    assert {name: found[name] for name in ("count", "suspected", "bad", "min", "max", "first", "last")} == {
        "count": 3, "suspected": 0, "bad": 1, "min": 19.0, "max": 21.0, "first": 21.0, "last": 20.5,
    }  # fmt: skip
    assert found["mean"] == pytest.approx(60.5 / 3)
    assert (found["p50"], found["p95"]) == (pytest.approx(20.5, rel=1e-3), pytest.approx(20.5, rel=1e-3))


async def test_a_window_of_nothing_but_bad_values_has_no_figures_and_says_how_many(house: House) -> None:
    await house.says([reading("a", second, temperature=900.0) for second in (0, 1)])
    [found] = await line(house)
    assert (found["count"], found["bad"], found["mean"], found["min"], found["p50"], found["first"]) == (
        0,
        2,
        None,
        None,
        None,
        None,
    )


async def test_many_series_come_in_the_order_asked_an_unknown_one_empty_and_one_asked_twice_twice(house: House) -> None:
    await house.says([*ramp(0, 60), *ramp(0, device="b", sensor="t")])
    wanted = [selector("b", "t"), selector("nobody"), selector(), selector("b", "t")]
    assert [len(found) for found in await lines(house, *wanted)] == [1, 0, 2, 1]


async def test_indices_are_asked_for_like_any_metric_in_windows_of_any_length(house: House) -> None:
    await house.says([reading("a", second, temperature=25.0, humidity=60.0) for second in (0, 20, 40, 60)])
    for window, counts in (("PT20S", [1, 1, 1, 1]), ("PT1M", [3, 1]), ("PT1H", [4])):
        found = await line(house, selector(metric="dew_point"), window=window)
        assert [one["count"] for one in found] == counts
        assert all(one["mean"] == pytest.approx(16.7, abs=0.05) for one in found)


@pytest.mark.parametrize("window", ["PT20S", "PT1M"])
async def test_what_a_sensor_measures_itself_is_not_calculated(house: House, window: str) -> None:
    await house.says(
        [reading("a", 0, temperature=25.0, humidity=60.0, dew_point=11.0), reading("a", 20, temperature=25.0, humidity=60.0)]
    )
    found = await line(house, selector(metric="dew_point"), window=window)
    assert sum(one["count"] for one in found) == 2
    assert min(one["min"] for one in found) == 11.0


async def test_a_rolling_average_looks_back_from_the_end_of_each_window(house: House) -> None:
    await house.says(ramp(0, 60, 120, 180, 600))
    found = await line(house, start=60, end=720, window="PT1M", rolling="PT3M")
    assert {one["start"]: (one["count"], one["mean"], one["first"], one["last"]) for one in found} == {
        moment(60): (2, 0.5, 0.0, 1.0),
        moment(120): (3, 1.0, 0.0, 2.0),
        moment(180): (3, 2.0, 1.0, 3.0),
        moment(240): (2, 2.5, 2.0, 3.0),
        moment(300): (1, 3.0, 3.0, 3.0),
        moment(600): (1, 10.0, 10.0, 10.0),
        moment(660): (1, 10.0, 10.0, 10.0),
    }
    assert {one["end"] for one in found} == {moment(60 * minute) for minute in (2, 3, 4, 5, 6, 11, 12)}


async def test_a_rolling_average_of_one_window_is_that_window(house: House) -> None:
    await house.says(ramp(0, 30, 60, 600))
    assert await line(house, rolling="PT1M") == await line(house)


async def test_days_of_the_site_are_those_of_its_zone(house: House) -> None:
    await change(house, SITE, siteId="farm", timeZone="America/New_York")
    await house.says([reading("a", hour * 3600, temperature=20.0) for hour in (0, 3, 5)])
    found = await line(house, window="P1D", calendar="SITE", start=0, end=DAY)
    assert [(one["start"], one["end"], one["count"]) for one in found] == [
        (moment(-20 * 3600), moment(4 * 3600), 2),
        (moment(4 * 3600), moment(28 * 3600), 1),
    ]
    assert [one["count"] for one in await line(house, window="P1D", start=0, end=DAY)] == [3]


async def test_indices_of_days_come_with_windows_of_a_day_in_both_calendars(house: House) -> None:
    await house.says([reading("a", hour * 3600, temperature=20.0 + hour, par=500.0) for hour in range(4)])
    for calendar in ("UTC", "SITE"):
        degrees, light = await lines(
            house,
            selector(metric="growing_degree_days"),
            selector(metric="daily_light_integral"),
            window="P1D",
            calendar=calendar,
        )
        assert [one["mean"] for one in degrees] == [11.5]
        assert [one["mean"] for one in light] == [pytest.approx(4 * 3600 * 500 / 1e6)]


REFUSED: dict[str, dict[str, Any]] = {
    "from must lie before to": {"start": 60, "end": 60},
    "window must be at least PT1S": {"window": "PT0.5S"},
    "window must be at most P36525D": {"window": "P450000W"},
    "rolling must be at most P36525D": {"window": "P1D", "rolling": "P999999D"},
    "window must be whole minutes, or shorter than one": {"window": "PT90S"},
    "by the calendar of the site the window must be P1D": {"window": "PT1H", "calendar": "SITE"},
    "by the calendar of the site the window must be P1D; ": {"window": "P2D", "calendar": "SITE"},
    "rolling must be a multiple of window": {"rolling": "PT90S"},
    "rolling must be a multiple of window, ": {"window": "PT5M", "rolling": "PT1M"},
    "rolling must be a multiple of window, and": {"window": "PT30S", "rolling": "PT1M"},
    "rolling must be a multiple of window, and window": {"window": "P1D", "rolling": "P2D", "calendar": "SITE"},
    "Duration must be ISO 8601": {"window": "P1M"},
}


@pytest.mark.parametrize(("message", "given"), REFUSED.items())
async def test_a_series_that_makes_no_sense_is_refused_in_plain_words(
    house: House, message: str, given: dict[str, Any]
) -> None:
    [error] = (await house.answer(SERIES, asked(**given)))["errors"]
    assert error["extensions"]["code"] == "INVALID_INPUT"
    assert message in error["message"]


@pytest.mark.parametrize("metric", ["daily_light_integral", "growing_degree_days"])
@pytest.mark.parametrize("given", [{"window": "PT1H"}, {"window": "P1D", "rolling": "P2D"}])
async def test_an_index_of_days_in_other_windows_is_refused(house: House, metric: str, given: dict[str, Any]) -> None:
    [error] = (await house.answer(SERIES, asked(selector(metric=metric), **given)))["errors"]
    assert (error["extensions"]["code"], f"{metric} is of whole days" in error["message"]) == ("INVALID_INPUT", True)


@pytest.mark.parametrize(
    ("series", "given", "limit"),
    [
        (21, {}, "selectors"),
        (1, {"end": 10_001 * 60}, "windows"),
        (20, {"end": 501 * 60}, "windows"),
        (1, {"end": 5_000 * 60, "rolling": "P1D"}, "windows that rolling goes over"),
    ],
)
async def test_more_than_an_answer_holds_is_refused_with_the_limit(
    house: House, series: int, given: dict[str, Any], limit: str
) -> None:
    many = {"selectors": [selector()] * series}
    [error] = (await house.answer(SERIES, asked(**given) | many))["errors"]
    assert error["extensions"]["code"] == "LIMIT_EXCEEDED"
    assert limit in error["message"]


async def test_what_rolling_goes_over_is_counted_for_all_fields_together(house: House) -> None:
    text = """query ($selectors: [SeriesSelector!]!) { FIELDS }"""
    field = 'series(selectors: $selectors, from: "2026-06-01T00:00:00Z", to: "2026-06-01T08:20:00Z", LENGTHS) { metric }'
    lengths = 'window: "PT1M", rolling: "PT1000M"'
    for count, codes in ((2, []), (3, ["LIMIT_EXCEEDED"])):
        fields = " ".join(f"f{number}: {field.replace('LENGTHS', lengths)}" for number in range(count))
        answer = await house.answer(text.replace("FIELDS", fields), {"selectors": [selector()]})
        assert [error["extensions"]["code"] for error in answer.get("errors", [])] == codes


async def test_a_day_is_summed_up_for_every_sensor_metric_and_index(house: House) -> None:
    await house.says([reading("a", 3600, temperature=25.0, humidity=60.0), reading("a", 7200, sensor="soil", ph=6.5)])
    await house.says([reading("b", 3600, temperature=1.0)])
    found = (await house.ask(SUMMARY, {"device": "a", "date": "2026-06-01", "calendar": "UTC"}))["dailySummary"]
    metrics = {(one["sensorId"], one["metric"]) for one in found}
    assert metrics >= {("main", name) for name in ("temperature", "humidity", "dew_point", "growing_degree_days")} | {
        ("soil", "ph")
    }
    assert {(one["deviceId"], one["date"], one["calendar"], one["start"], one["end"]) for one in found} == {
        ("a", "2026-06-01", "UTC", moment(0), moment(DAY))
    }
    units = {one["metric"]: one["unit"] for one in found}
    assert (units["temperature"], units["humidity"], units["growing_degree_days"]) == ("degC", "%", "degC.d")


@pytest.mark.parametrize("day", ["2026-05-31", "2026-06-02", "0001-01-01", "9999-12-30"])
async def test_a_day_without_readings_has_no_summaries(house: House, day: str) -> None:
    await house.says(ramp(0))
    for calendar in ("UTC", "SITE"):
        assert await house.ask(SUMMARY, {"device": "a", "date": day, "calendar": calendar}) == {"dailySummary": []}
    assert await house.ask(SUMMARY, {"device": "nobody", "date": "2026-06-01", "calendar": "UTC"}) == {"dailySummary": []}


async def test_a_day_that_the_site_s_zone_skipped_has_no_summaries(house: House) -> None:
    await change(house, SITE, siteId="farm", timeZone="Pacific/Apia")
    await house.says(ramp(0))
    assert await house.ask(SUMMARY, {"device": "a", "date": "2011-12-30", "calendar": "SITE"}) == {"dailySummary": []}


@pytest.mark.parametrize("day", ["2026-02-30", "yesterday", "", "2026-06-01T00:00:00Z"])
async def test_what_is_no_date_is_refused(house: House, day: str) -> None:
    assert "errors" in await house.answer(SUMMARY, {"device": "a", "date": day, "calendar": "UTC"})


async def test_the_heat_map_counts_each_device_to_its_zone_house_and_site(house: House) -> None:
    for device, location in (("a", "farm/one/north"), ("b", "farm/one/south"), ("c", "farm/two")):
        await change(house, REGISTER, deviceId=device, location=location)
    await house.says(
        [reading(device, 60, temperature=value) for device, value in (("a", 10.0), ("b", 20.0), ("c", 60.0), ("d", 9.0))]
    )
    await house.says([reading("a", 90, sensor="other", temperature=12.0)])
    cells = (await house.ask(HEAT, heat()))["heatMap"]
    assert [(one["location"], one["devices"], one["count"], one["mean"], one["unit"]) for one in cells] == [
        ("farm", 3, 4, 25.5, "degC"),
        ("farm/one", 2, 3, 14.0, "degC"),
        ("farm/one/north", 1, 2, 11.0, "degC"),
        ("farm/one/south", 1, 1, 20.0, "degC"),
        ("farm/two", 1, 1, 60.0, "degC"),
    ]
    below = (await house.ask(HEAT, heat(location="farm/one")))["heatMap"]
    assert [one["location"] for one in below] == ["farm/one", "farm/one/north", "farm/one/south"]


async def test_the_heat_map_counts_only_devices_that_measured_there_in_that_time(house: House) -> None:
    for device in "ab":
        await change(house, REGISTER, deviceId=device, location="farm")
    await house.says([reading("a", 60, temperature=20.0), reading("b", 7200, temperature=20.0)])
    assert [one["devices"] for one in (await house.ask(HEAT, heat()))["heatMap"]] == [1]


async def test_the_heat_map_of_what_nobody_measured_or_where_nobody_stands_is_empty(house: House) -> None:
    await house.says(ramp(0))
    assert await house.ask(HEAT, heat()) == {"heatMap": []}
    await change(house, REGISTER, deviceId="a", location="farm/one")
    assert await house.ask(HEAT, heat(metric="nothing")) == {"heatMap": []}
    assert await house.ask(HEAT, heat(start=7200, end=9000)) == {"heatMap": []}
    assert await house.ask(HEAT, heat(location="far")) == {"heatMap": []}


async def test_an_index_has_a_heat_map_too(house: House) -> None:
    await change(house, REGISTER, deviceId="a", location="farm")
    await house.says([reading("a", 60, temperature=25.0, humidity=60.0)])
    [cell] = (await house.ask(HEAT, heat("dew_point")))["heatMap"]
    assert (cell["location"], cell["count"], cell["mean"]) == ("farm", 1, pytest.approx(16.7, abs=0.05))


async def test_a_heat_map_that_ends_before_it_begins_is_refused(house: House) -> None:
    assert await house.code(HEAT, heat(start=60, end=60)) == "INVALID_INPUT"


ASKED: list[tuple[str, dict[str, Any]]] = [
    (SERIES, asked()),
    (SUMMARY, {"device": "a", "date": "2026-06-01", "calendar": "UTC"}),
    (HEAT, heat()),
]


@pytest.mark.parametrize(("query", "given"), ASKED)
async def test_windows_are_not_answered_before_the_position_that_they_must_show(
    house: House, query: str, given: dict[str, Any]
) -> None:
    beyond = Cursor(house.log.log_id, Position((await house.log.head() or 0) + 10)).encode()
    house.wait_no_longer_than(0.2)
    assert await house.code(query, {**given, "atLeast": beyond}) == "NOT_YET_VISIBLE"


@pytest.mark.parametrize(("query", "given"), ASKED)
async def test_windows_of_a_history_that_another_process_has_open_are_refused(
    house: House, query: str, given: dict[str, Any]
) -> None:
    house.app = build_app(replace(house.services, history=None, registry=CollectorRegistry()))
    assert await house.code(query, given) == "HISTORY_NOT_SHARED"


async def test_the_last_day_that_a_calendar_tells_is_empty_rather_than_an_error(house: House) -> None:
    query = """query ($date: Date!, $calendar: Calendar!) {
      dailySummary(deviceId: "a", date: $date, calendar: $calendar) { metric } }"""
    for date in ("9999-12-31", "0001-01-01"):
        for calendar in ("UTC", "SITE"):
            assert await house.ask(query, {"date": date, "calendar": calendar}) == {"dailySummary": []}
