"""Windows and readings as columns: the same as their rows, at a fraction of the price, and others have their turn meanwhile."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from api.limits import Limits
from api.roles import Role
from api.schema import build_schema
from api.shortcuts import is_column
from schema.events import Quality, SensorReading
from tests.support.api import AsgiSocket, House, small_house
from tests.support.house_events import at, pack, reading

SELECTORS = [{"deviceId": "a", "sensorId": "main", "metric": metric} for metric in ("temperature", "dew_point", "none")]
WINDOWS = """query ($selectors: [SeriesSelector!]!, $window: Duration!, $to: DateTime!) {
  series(selectors: $selectors, from: "2026-06-01T00:00:00Z", to: $to, window: $window) {
    metric unit
    buckets { start end count mean min max first last p50 p95 suspected bad final revision }
    columns { times ends counts suspected bad final revisions
      mean: values min: values(of: MIN) max: values(of: MAX) first: values(of: FIRST) last: values(of: LAST)
      p50: values(of: P50) p95: values(of: P95) } } }"""
NAMES = {"times": "start", "ends": "end", "counts": "count", "revisions": "revision"}


async def asked(house: House, query: str, **variables: Any) -> Any:
    given = {"selectors": SELECTORS, "window": "PT1M", "to": "2026-06-02T00:00:00Z", **variables}
    return (await house.ask(query, given))["series"]


@pytest.mark.parametrize("window", ["PT1M", "PT10S", "PT1H"])
async def test_columns_hold_what_the_windows_hold(house: House, window: str) -> None:
    said = [reading("a", 40 * number, temperature=20 + number % 7, humidity=50.0 + number) for number in range(40)]
    said += [reading("a", 10_900, temperature=900.0, humidity=50.0), reading("a", 7300, temperature=20.0, humidity=-5.0)]
    await house.says(said)
    found = await asked(house, WINDOWS, window=window, to="2026-06-01T04:00:00Z")
    for series in found:
        for name, column in series["columns"].items():
            assert column == [bucket[NAMES.get(name, name)] for bucket in series["buckets"]], name
    warm, dew, none = found
    assert None in warm["columns"]["mean"]
    assert len(dew["columns"]["times"]) > 1
    assert none["columns"]["times"] == []


def test_every_list_of_plain_values_in_columns_has_the_price_of_one() -> None:
    kinds = [kind for name, kind in build_schema().type_map.items() if name.endswith("Columns")]
    lists = [field for kind in kinds for field in kind.fields.values() if "[" in str(field.type)]  # type: ignore[attr-defined]
    assert len(lists) > 5
    assert all(is_column(field) for field in lists)


async def test_columns_are_priced_so_that_as_many_are_given_as_an_answer_can_hold(house: House) -> None:
    one = 'series(selectors: $selectors, from: "2026-06-01T00:00:00Z", to: $to, window: $window) { columns { %s } }'
    query = "query ($selectors: [SeriesSelector!]!, $window: Duration!, $to: DateTime!) { %s }"
    few = query % (one % " ".join(f"c{number}: values" for number in range(16)))
    many = query % (one % " ".join(f"c{number}: values" for number in range(17)))
    variables = {"selectors": SELECTORS, "window": "PT1M", "to": "2026-06-02T00:00:00Z"}
    assert "errors" not in await house.answer(few, variables)
    [error] = (await house.answer(many, variables))["errors"]
    assert (error["extensions"]["limit"], error["extensions"]["allowed"]) == ("cost", 25_000)


async def test_others_have_their_turn_between_columns(house: House) -> None:
    await house.says([reading("a", 60 * number, temperature=1.0) for number in range(30)])
    turns = 0

    async def count() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    made = "query ($selectors: [SeriesSelector!]!, $window: Duration!, $to: DateTime!) { %s }"
    series = 'series(selectors: $selectors, from: "2026-06-01T00:00:00Z", to: $to, window: $window) { columns { %s } }'
    counted = []
    for columns in ("times", "times values counts bad final ends suspected revisions"):
        counting, turns = asyncio.create_task(count()), 0
        await asked(house, made % (series % columns))
        counting.cancel()
        counted.append(turns)
    assert min(counted) > 0


RAW = """query ($selectors: [SeriesSelector!]!, $from: DateTime!, $to: DateTime!, $limit: Int) {
  readingColumns(selectors: $selectors, from: $from, to: $to, limit: $limit) {
    deviceId sensorId metric unit next liveCursor
    times values originals qualities deviceQualities verdicts corrections eventIds } }"""
ROWS = """query ($device: ID!, $sensor: ID, $metric: String, $from: DateTime, $to: DateTime, $after: String) {
  readings(deviceId: $device, sensorId: $sensor, metric: $metric, from: $from, to: $to, after: $after, first: 500) {
    nodes { timestamp value original quality deviceQuality verdict correction eventId unit }
    pageInfo { hasNextPage endCursor } } }"""
AS_ROWS = {
    "times": "timestamp",
    "values": "value",
    "originals": "original",
    "qualities": "quality",
    "deviceQualities": "deviceQuality",
    "verdicts": "verdict",
    "corrections": "correction",
    "eventIds": "eventId",
}
SPAN = {"from": "2026-06-01T00:00:00Z", "to": "2026-06-04T00:00:00Z"}
CORRECT = """mutation ($input: CorrectReadingsInput!) {
  correctReadings(input: $input) { ... on CorrectReadingsSuccess { cursor } ... on OperationError { message } } }"""


def selector(metric: str, device: str = "a") -> dict[str, str]:
    return {"deviceId": device, "sensorId": "main", "metric": metric}


async def rows_of(house: House, metric: str, span: dict[str, str]) -> list[dict[str, Any]]:
    """The readings of a metric, as rows, page by page."""
    found: list[dict[str, Any]] = []
    after = None
    while True:
        asked = {"device": "a", "sensor": "main", "metric": metric, "after": after, **span}
        page = (await house.ask(ROWS, asked))["readings"]
        found += page["nodes"]
        if not page["pageInfo"]["hasNextPage"]:
            return found
        after = page["pageInfo"]["endCursor"]


async def columns_of(house: House, metric: str, span: dict[str, str], limit: int | None) -> list[dict[str, Any]]:
    """The same as columns, part by part, each taken apart into rows."""
    found: list[dict[str, Any]] = []
    begin: str | None = span["from"]
    while begin is not None:
        asked = {"selectors": [selector(metric)], "from": begin, "to": span["to"], "limit": limit}
        [columns] = (await house.ask(RAW, asked))["readingColumns"]
        lists = [columns[name] for name in AS_ROWS]
        rows = [dict(zip(AS_ROWS.values(), row, strict=True)) for row in zip(*lists, strict=True)]
        found += [{**row, "unit": columns["unit"]} for row in rows]
        assert columns["next"] is None or columns["next"] > begin
        begin = columns["next"]
    return found


async def fill(house: House) -> None:
    """Two days of readings: some bad, doubted, corrected, excluded, of one instant; an index measured now and then."""
    said = []
    for number in range(300):
        metrics = {"temperature": 900.0 if number % 90 == 11 else 20.0 + number % 5, "humidity": 55.0 + number % 20}
        if number % 50 == 7:
            metrics["dew_point"] = 11.0
        quality = Quality.SUSPECTED if number % 40 == 3 else Quality.GOOD
        second = 500 * (number - number % 3 if number < 30 else number)
        event = SensorReading(
            device_id="a",
            sensor_id="main",
            timestamp=at(second),
            reading=metrics,
            units=dict.fromkeys(metrics, "degC"),
            quality=quality,
        )
        said.append(pack("device-a", event, own_id=str(number)))
    await house.says(said)
    for start, end, operation, amount in (
        ("2026-06-01T02:00:00Z", "2026-06-01T04:00:00Z", "OFFSET", 1.5),
        ("2026-06-01T03:30:00Z", "2026-06-01T05:00:00Z", "EXCLUDE", None),
    ):
        wanted = {"deviceId": "a", "metric": "temperature", "from": start, "to": end, "reason": "test"}
        answer = await house.ask(CORRECT, {"input": {**wanted, "operation": operation, "amount": amount}}, role=Role.OPERATOR)
        assert "cursor" in answer["correctReadings"], answer
    await house.settle()


@pytest.mark.parametrize("metric", ["temperature", "dew_point", "vapour_pressure_deficit", "none"])
async def test_columns_of_readings_hold_what_their_rows_hold_in_parts_of_any_size(house: House, metric: str) -> None:
    await fill(house)
    for span in (SPAN, {"from": "2026-06-01T01:07:00Z", "to": "2026-06-02T03:00:00Z"}):
        rows = await rows_of(house, metric, span)
        assert bool(rows) == (metric != "none")
        for limit in (None, 1, 7, 100, 10_000):
            found = await columns_of(house, metric, span, limit)
            assert [{**row, "unit": None} for row in found] == [{**row, "unit": None} for row in rows]
            assert {row["unit"] for row in found} == {row["unit"] for row in rows}


async def test_several_series_come_in_the_order_asked_in_as_many_questions_as_one(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    await fill(house)
    await house.says([reading("b", 60 * number, temperature=1.0) for number in range(9)])
    asked: list[str] = []
    for name in ("columns", "windows", "readings"):
        monkeypatch.setattr(house.history, name, _counted(getattr(house.history, name), name, asked))
    wanted = [
        selector("temperature", "b"),
        selector("dew_point"),
        selector("none"),
        selector("humidity"),
        selector("temperature"),
    ]
    for selectors in (wanted[:1], wanted):
        asked.clear()
        found = (await house.ask(RAW, {"selectors": selectors, "limit": 5, **SPAN}))["readingColumns"]
        assert [(one["deviceId"], one["metric"]) for one in found] == [(one["deviceId"], one["metric"]) for one in selectors]
        assert sorted(asked) == ["columns", "windows", "windows"]
    assert [len(one["times"]) for one in found] == [5, 3, 0, 3, 3]


async def test_a_part_never_holds_half_an_instant(house: House) -> None:
    await house.says([reading("a", 60 * (number // 4), own_id=str(number), temperature=1.0) for number in range(12)])
    asked = {"selectors": [selector("temperature")], **SPAN}
    for limit, length, following in ((1, 4, "00:01:00"), (5, 4, "00:01:00"), (8, 8, "00:02:00"), (11, 8, "00:02:00")):
        [columns] = (await house.ask(RAW, {**asked, "limit": limit}))["readingColumns"]
        assert (len(columns["times"]), columns["next"]) == (length, f"2026-06-01T{following}Z")
    [columns] = (await house.ask(RAW, {**asked, "limit": 12}))["readingColumns"]
    assert columns["next"] is None


async def test_what_is_still_to_come_goes_on_at_the_live_cursor(house: House) -> None:
    await house.says([reading("a", 0, temperature=1.0)])
    [columns] = (await house.ask(RAW, {"selectors": [selector("temperature")], **SPAN}))["readingColumns"]
    await house.says([reading("a", 60, temperature=2.0)])
    async with AsgiSocket(house.app, subprotocols=["graphql-transport-ws"]) as socket:
        await socket.init(house.keys[Role.VIEWER])
        live = "subscription ($after: String) { readings(after: $after) { ... on ReadingReceived { reading { value } } } }"
        socket.subscribe(live, {"after": columns["liveCursor"]})
        while not (message := (await socket.receive())["payload"]["data"]["readings"]):
            pass
    assert message == {"reading": {"value": 2.0}}


@pytest.mark.parametrize(
    ("selectors", "variables", "code"),
    [
        (0, {}, "INVALID_INPUT"),
        (21, {}, "LIMIT_EXCEEDED"),
        (1, {"limit": 10_001}, "LIMIT_EXCEEDED"),
        (2, {"limit": 5_001}, "LIMIT_EXCEEDED"),
        (1, {"limit": 0}, "INVALID_INPUT"),
        (1, {"from": SPAN["to"]}, "INVALID_INPUT"),
    ],
)
async def test_more_readings_than_one_answer_holds_are_refused(
    house: House, selectors: int, variables: dict[str, Any], code: str
) -> None:
    assert await house.code(RAW, {"selectors": [selector("temperature")] * selectors, **SPAN, **variables}) == code


async def test_too_many_readings_of_one_instant_are_refused(tmp_path: Path) -> None:
    async with small_house(tmp_path, limits=Limits(column_rows=5)) as house:
        await house.says([reading("a", 0, own_id=str(number), temperature=1.0) for number in range(6)])
        [error] = (await house.answer(RAW, {"selectors": [selector("temperature")], **SPAN}))["errors"]
        assert (error["extensions"]["limit"], error["extensions"]["allowed"]) == ("readings in columns", 5)


def _counted(ask: Callable[..., Awaitable[Any]], name: str, asked: list[str]) -> Callable[..., Awaitable[Any]]:
    async def counted(*arguments: Any) -> Any:
        asked.append(name)
        return await ask(*arguments)

    return counted
