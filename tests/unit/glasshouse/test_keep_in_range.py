"""The demo's automation wants done what its rules say, and nothing that is done already."""

import asyncio
import socket
from typing import Any

import pytest

from glasshouse.demo.keep_in_range import House, Order, Rule, orders

VENT = Rule("temperature", 18, 26, "vent", 0.0, 100.0)


def sensor(value: float | None, *, location: str | None = "home/a", **changes: Any) -> dict[str, Any]:
    reading = {"eventId": "e-1", "metric": "temperature", "value": value, "quality": "GOOD", **changes}
    return {"id": f"climate of {location}", "location": location, "actuators": [], "latest": [reading]}


def box(state: Any, *, location: str | None = "home/a", actuator: str = "vent") -> dict[str, Any]:
    actuators = [{"actuatorId": actuator, "state": state}, {"actuatorId": "lamps", "state": "on"}]
    return {"id": f"box of {location}", "location": location, "actuators": actuators, "latest": []}


@pytest.mark.parametrize(
    ("value", "state", "wanted"), [(30, 0, 100), (10, 50, 0), (22, 50, None), (18, 50, None), (26, 50, None), (30, 100, None)]
)
def test_an_actuator_is_set_where_the_metric_is_out_of_range_and_it_is_not_there_yet(
    value: float, state: float, wanted: float | None
) -> None:
    expected = [] if wanted is None else [Order("box of home/a", "vent", wanted, "e-1")]
    assert list(orders([VENT], [sensor(value), box(state)])) == expected


def test_each_place_has_its_own_sensor_and_its_own_actuators() -> None:
    devices = [sensor(30), sensor(22, location="home/b"), box(0), box(0, location="home/b"), box(0, location="home/c")]
    assert [order.device for order in orders([VENT], devices)] == ["box of home/a"]


@pytest.mark.parametrize("reading", [{"quality": "BAD"}, {"quality": "SUSPECTED"}, {"value": None}, {"metric": "humidity"}])
def test_nothing_is_done_for_a_value_that_cannot_be_trusted(reading: dict[str, Any]) -> None:
    assert list(orders([VENT], [sensor(**{"value": 30, **reading}), box(0)])) == []


def test_nothing_is_asked_of_an_actuator_that_never_told_its_state() -> None:
    assert list(orders([VENT], [sensor(30), box(0, actuator="shutter")])) == []


def test_devices_of_which_nobody_said_where_they_are_have_no_place_in_common() -> None:
    assert list(orders([VENT], [sensor(30, location=None), box(0, location=None)])) == []


async def test_a_house_that_cannot_be_reached_is_named_once_and_asked_on(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("glasshouse.demo.keep_in_range.RETRY_SECONDS", 0.0)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/graphql"
    asking = asyncio.create_task(House(url, "a key", None).ask("{ now }"), name="asking")
    while not (said := capsys.readouterr().err):
        await asyncio.sleep(0)
    for _ in range(200):
        await asyncio.sleep(0)
    assert said.startswith(f"cannot reach {url}: ")
    assert (asking.done(), capsys.readouterr().err) == (False, "")
    asking.cancel()
    await asyncio.wait([asking])
