"""Temp_4ch of tunnel-1, which nobody cleaned: what is wrong is marked with its reason, and in no figure of any day."""

from collections import defaultdict
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import pytest

from tests.support.api import House
from tests.support.logger_files import ROME, is_true, logged

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(600)]


class Wrong(NamedTuple):
    """From the first to the last of so many readings that are marked."""

    device: str
    sensor: str
    reason: str
    first: str
    last: str
    readings: int


ONE, TWO = "Temp_4ch_1", "Temp_4ch_2"
WRONG = [
    Wrong(ONE, "probe-4", "above_range", "2022-03-26T15:00:00Z", "2022-05-09T07:51:43Z", 6059),  # fails for weeks
    Wrong(ONE, "probe-4", "above_range", "2022-06-12T13:00:00Z", "2022-06-21T08:15:00Z", 305),
    Wrong(TWO, "probe-1", "above_range", "2021-10-29T14:15:00Z", "2021-11-12T12:15:00Z", 216),
    Wrong(TWO, "probe-1", "above_range", "2022-02-03T10:00:00Z", "2022-02-03T10:15:00Z", 2),
    Wrong(TWO, "probe-1", "above_range", "2022-03-25T17:00:00Z", "2022-04-01T15:45:00Z", 45),
    Wrong(TWO, "probe-1", "spike", "2021-10-30T09:15:00Z", "2021-10-30T09:15:00Z", 1),  # 19.937
    Wrong(TWO, "probe-1", "spike", "2021-11-12T12:30:00Z", "2021-11-12T12:30:00Z", 1),  # 66.277
    Wrong(TWO, "probe-1", "spike", "2022-03-26T15:00:00Z", "2022-03-26T15:00:00Z", 1),  # 56.259
    Wrong(TWO, "probe-1", "spike", "2022-05-24T01:45:00Z", "2022-05-24T01:45:00Z", 1),  # 8.438
    Wrong(TWO, "probe-2", "above_range", "2021-11-18T09:34:07Z", "2021-11-18T09:34:07Z", 1),  # 412.264
    Wrong(TWO, "probe-2", "above_range", "2022-02-03T10:00:00Z", "2022-02-03T10:15:00Z", 2),
    Wrong(TWO, "probe-3", "above_range", "2022-02-03T10:00:00Z", "2022-02-03T10:15:00Z", 2),
    Wrong(TWO, "probe-3", "above_range", "2022-03-26T15:02:58Z", "2022-05-09T08:02:58Z", 3274),  # fails for weeks
    Wrong(TWO, "probe-3", "below_range", "2022-03-25T17:00:00Z", "2022-03-26T15:00:00Z", 132),  # all -94.299
    Wrong(TWO, "probe-4", "above_range", "2021-09-08T14:30:00Z", "2021-09-08T14:30:00Z", 1),  # 28264
    Wrong(TWO, "probe-4", "above_range", "2021-09-25T10:15:00Z", "2021-09-30T08:30:00Z", 474),
    Wrong(TWO, "probe-4", "above_range", "2021-10-05T14:15:00Z", "2021-10-06T06:30:00Z", 66),
    Wrong(TWO, "probe-4", "above_range", "2021-10-29T10:45:00Z", "2021-10-29T10:45:00Z", 1),
    Wrong(TWO, "probe-4", "above_range", "2021-11-18T09:34:07Z", "2021-11-18T09:34:07Z", 1),  # 101.004
    Wrong(TWO, "probe-4", "above_range", "2022-02-03T10:00:00Z", "2022-02-03T10:15:00Z", 2),
]
READINGS = """query ($device: ID!, $sensor: ID!, $from: DateTime!, $to: DateTime!, $after: String) {
  readings(deviceId: $device, sensorId: $sensor, from: $from, to: $to, first: 500, after: $after) {
    nodes { timestamp value quality verdict } pageInfo { hasNextPage endCursor } } }"""
DAYS = """query ($selectors: [SeriesSelector!]!, $from: DateTime!, $to: DateTime!) {
  series(selectors: $selectors, from: $from, to: $to, window: "P1D", calendar: SITE) {
    sensorId buckets { start end count bad min max } } }"""


async def readings(house: House, device: str, sensor: str, start: datetime, end: datetime) -> list[Any]:
    wanted = {"device": device, "sensor": sensor, "from": start.isoformat(), "to": end.isoformat(), "after": None}
    nodes: list[Any] = []
    while True:
        page = (await house.ask(READINGS, wanted))["readings"]
        nodes += page["nodes"]
        if not page["pageInfo"]["hasNextPage"]:
            return nodes
        wanted["after"] = page["pageInfo"]["endCursor"]


@pytest.mark.parametrize("wrong", WRONG, ids=lambda wrong: f"{wrong.device}-{wrong.sensor}-{wrong.reason}-{wrong.first}")
async def test_what_is_wrong_is_marked_with_its_reason_and_only_that(tunnel: House, wrong: Wrong) -> None:
    start, end = (datetime.fromisoformat(text) for text in (wrong.first, wrong.last))
    around = await readings(tunnel, wrong.device, wrong.sensor, start - timedelta(hours=1), end + timedelta(hours=1))
    marked = [node for node in around if node["verdict"] == wrong.reason]
    assert (len(marked), marked[0]["timestamp"], marked[-1]["timestamp"]) == (wrong.readings, wrong.first, wrong.last)
    assert {node["quality"] for node in marked} == {"BAD"}


def wrong_of(device: str) -> dict[str, int]:
    found: dict[str, int] = {}
    for wrong in WRONG:
        if wrong.device == device:
            found[wrong.sensor] = found.get(wrong.sensor, 0) + wrong.readings
    return found


@pytest.mark.parametrize("device", [ONE, TWO])
async def test_the_list_is_whole_and_nothing_of_it_is_in_the_maximum_of_a_day(tunnel: House, device: str) -> None:
    selectors = [{"deviceId": device, "sensorId": f"probe-{number}", "metric": "temperature"} for number in range(1, 5)]
    span = {"from": "2021-06-01T00:00:00Z", "to": "2023-02-01T00:00:00Z"}
    lines = (await tunnel.ask(DAYS, {"selectors": selectors, **span}))["series"]
    bad = {line["sensorId"]: sum(day["bad"] for day in line["buckets"]) for line in lines}
    assert bad == {f"probe-{number}": wrong_of(device).get(f"probe-{number}", 0) for number in range(1, 5)}
    true: defaultdict[tuple[str, str], list[float]] = defaultdict(list)
    for one in filter(is_true, logged(device)):
        true[one.sensor, f"{one.time.astimezone(ROME):%Y-%m-%d}"].append(one.value)
    for line in lines:
        for day in line["buckets"]:
            date = f"{datetime.fromisoformat(day['start']).astimezone(ROME):%Y-%m-%d}"
            values = true.pop((line["sensorId"], date), [])
            assert (day["count"], day["min"], day["max"]) == (len(values), min(values, default=None), max(values, default=None))
    assert not true


LOGGERS = {
    "Temp_4ch": [(f"probe-{number}", "temperature") for number in range(1, 5)],
    "Micro": [("soil", "soil_temperature"), ("plant", "leaf_temperature"), ("par", "par"), ("water-1", "water_content")],
}


@pytest.mark.parametrize("device", ["Temp_4ch_1", "Temp_4ch_2", "Micro_1", "Micro_2"])
async def test_the_day_of_25_hours_has_100_readings_of_each_sensor(tunnel: House, device: str) -> None:
    kinds = LOGGERS[device[:-2]]
    selectors = [{"deviceId": device, "sensorId": sensor, "metric": metric} for sensor, metric in kinds]
    span = {"from": "2021-10-30T22:00:00Z", "to": "2021-10-31T23:00:00Z"}
    lines = (await tunnel.ask(DAYS, {"selectors": selectors, **span}))["series"]
    assert len(lines) == len(kinds)
    for line in lines:
        [day] = line["buckets"]
        assert (day["start"], day["end"], day["count"] + day["bad"]) == (span["from"], span["to"], 100)
