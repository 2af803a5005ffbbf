"""What the demo declares of its boxes is accepted as it stands, and holds back what would harm the house."""

from pathlib import Path
from typing import Any

import pytest

from api.roles import Role
from glasshouse.demo.actuators import declared
from glasshouse.simulator.fleet import Fleet
from glasshouse.simulator.options import SimulationOptions
from schema.events import ActuatorEvent
from tests.support.api import NOW, House
from tests.support.commanding import issue
from tests.support.house_events import START, Said, at, pack, reading

DECLARE = """mutation ($input: RegisterDeviceInput!) {
  registerDevice(input: $input) { ... on RegisterDeviceSuccess { device { id } } ... on OperationError { message } }
}"""
LATELY = (NOW - START).total_seconds() - 10


def state(actuator: str, value: str | float, seconds: float = LATELY + 5) -> Said:
    told = ActuatorEvent(device_id="actuators-1", actuator_id=actuator, timestamp=at(seconds), state=value)
    return pack("device-actuators-1", told)


@pytest.fixture
async def greenhouse(house: House) -> House:
    """The demo's twenty devices, in calm weather over moist soil, with heater and vent at rest."""
    devices = Fleet(SimulationOptions(mqtt="mqtt://127.0.0.1", ledger=Path("unused")), "", {}).devices
    for box in (device for device in devices if device.obeys):
        answer = await house.ask(
            DECLARE,
            {"input": {"deviceId": box.name, "location": "demo/house-1", "actuators": declared(box, devices, 300)}},
            role=Role.OPERATOR,
        )
        assert answer == {"registerDevice": {"device": {"id": box.name}}}
    await house.says([state("heater", "off", LATELY), state("vent", 0.0, LATELY)])
    await house.says([reading("weather-1", LATELY, wind_speed=3.0), reading("soil-1", LATELY, soil_moisture=40.0)])
    return house


@pytest.mark.parametrize(
    ("actuator", "value"), [("heater", "on"), ("vent", 100), ("pump", "on"), ("lamps", "on"), ("screen", "closed")]
)
async def test_a_calm_house_takes_every_command(greenhouse: House, actuator: str, value: Any) -> None:
    assert "command" in await issue(greenhouse, device="actuators-1", actuator=actuator, value=value)
    assert "command" in await issue(greenhouse, device="actuators-2", actuator=actuator, command="auto", value=None)


@pytest.mark.parametrize(
    ("actuator", "value", "circumstance"),
    [
        ("heater", "on", state("vent", 50.0)),
        ("vent", 50, state("heater", "on")),
        ("vent", 10, reading("weather-1", LATELY + 5, wind_speed=20.0)),
        ("pump", "on", reading("soil-1", LATELY + 5, soil_moisture=80.0)),
    ],
)
async def test_what_would_harm_the_house_is_held_back(greenhouse: House, actuator: str, value: Any, circumstance: Said) -> None:
    await greenhouse.says([circumstance])
    refused = await issue(greenhouse, device="actuators-1", actuator=actuator, value=value)
    assert refused["code"] == "INTERLOCKED", refused
