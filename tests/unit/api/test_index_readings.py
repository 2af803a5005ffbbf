"""Readings of an index: asked for like any other metric, page by page, calculated of what came in one event."""

from math import exp, log

import pytest

from tests.support.api import House
from tests.support.house_events import reading

QUERY = """query ($metric: String!, $after: String, $first: Int) {
  readings(deviceId: "a", metric: $metric, after: $after, first: $first) {
    nodes { sensorId metric value original unit quality verdict timestamp eventId } pageInfo { hasNextPage endCursor } } }"""


def dew_point(temperature: float, humidity: float) -> float:
    exponent = log(exp(17.27 * temperature / (temperature + 237.3)) * humidity / 100)
    return 237.3 * exponent / (17.27 - exponent)


async def test_an_index_is_read_where_its_inputs_came_in_one_event(house: House) -> None:
    await house.says(
        [
            reading("a", 0, temperature=20.0, humidity=60.0),
            reading("a", 60, temperature=21.0),
            reading("a", 120, temperature=22.0, humidity=101.0),
            reading("a", 180, sensor="soil", temperature=12.0),
            reading("a", 240, temperature=23.0, humidity=50.0, dew_point=12.0),
        ]
    )
    nodes = (await house.ask(QUERY, {"metric": "dew_point"}))["readings"]["nodes"]
    assert [node["timestamp"][14:19] for node in nodes] == ["00:00", "02:00", "04:00"]
    first, bad, measured = nodes
    assert first["value"] == pytest.approx(dew_point(20.0, 60.0))
    assert (first["unit"], first["original"], first["quality"]) == ("degC", None, "GOOD")
    assert bad["quality"] == "BAD"
    assert (measured["value"], measured["original"]) == (12.0, 12.0)


async def test_an_index_is_walked_page_by_page(house: House) -> None:
    await house.says([reading("a", 60 * n, temperature=20.0 + n / 10, humidity=60.0) for n in range(20) if n % 3])
    await house.says([reading("a", 60 * n, temperature=20.0 + n / 10) for n in range(0, 20, 3)])
    seen, after = [], None
    while True:
        page = (await house.ask(QUERY, {"metric": "vapour_pressure_deficit", "first": 4, "after": after}))["readings"]
        seen += [node["timestamp"][14:16] for node in page["nodes"]]
        if not page["pageInfo"]["hasNextPage"]:
            break
        after = page["pageInfo"]["endCursor"]
    assert seen == [f"{n:02}" for n in range(20) if n % 3]


async def test_a_spike_says_so_once_its_neighbours_are_there_and_a_flat_line_from_its_length_on(house: House) -> None:
    temperatures = [20.0, 20.1, 45.0, 20.2, 20.1]
    await house.says([reading("a", 60 * n, temperature=value) for n, value in enumerate(temperatures)])
    nodes = (await house.ask(QUERY, {"metric": "temperature"}))["readings"]["nodes"]
    assert [(node["verdict"], node["quality"]) for node in nodes] == [
        (None, "GOOD"),
        (None, "GOOD"),
        ("spike", "BAD"),
        (None, "GOOD"),
        (None, "GOOD"),
    ]
    await house.says([reading("a", 3600 * 24 + 1800 * n, temperature=18.0) for n in range(16)])
    after, verdicts = None, []
    while True:
        page = (await house.ask(QUERY, {"metric": "temperature", "first": 3, "after": after}))["readings"]
        verdicts += [node["verdict"] for node in page["nodes"]]
        if not page["pageInfo"]["hasNextPage"]:
            break
        after = page["pageInfo"]["endCursor"]
    assert verdicts[5:] == [None] * 12 + ["flat_line"] * 4
