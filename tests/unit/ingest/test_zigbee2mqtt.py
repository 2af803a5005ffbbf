"""What Zigbee2MQTT publishes, as its documentation shows it, and what is made of it.

Payloads: https://www.zigbee2mqtt.io/guide/usage/mqtt_topics_and_messages.html,
https://www.zigbee2mqtt.io/guide/configuration/device-availability.html and the pages of its devices.
"""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from ingest.decoders.zigbee2mqtt import decode, topics
from ingest.facts import Code, Fact, Flaw
from schema.actuators import ActuatorSpec, Dialect, Scalar
from schema.events import ActuatorEvent, DeviceStatus, SensorReading
from tests.support.foreign import COVER, LEVEL, SWITCH, events_of, foreign, on_channel, states_of
from tests.support.ingest import NOW

ADDRESS = "zigbee2mqtt/greenhouse_valve"


def said(payload: Any, *actuators: ActuatorSpec, below: str = "") -> Sequence[Fact | Flaw]:
    raw = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    return decode(foreign(Dialect.ZIGBEE2MQTT, *actuators), ADDRESS + below, raw, NOW)


def test_it_speaks_on_the_topic_of_the_device_and_of_its_availability_and_nowhere_else() -> None:
    assert topics(foreign(Dialect.ZIGBEE2MQTT)) == (ADDRESS, f"{ADDRESS}/availability")


def test_a_sensor_is_a_reading_by_our_own_clock() -> None:
    (fact,) = said({"temperature": 27.34, "humidity": 44.72})
    assert isinstance(fact, Fact)
    assert (fact.id, fact.time_us) == (None, None)
    assert fact.event == SensorReading(
        device_id="box-1",
        sensor_id="main",
        timestamp=NOW,
        reading={"temperature": 27.34, "humidity": 44.72},
        units={"temperature": "degC", "humidity": "%"},
    )


def test_a_plug_with_a_meter_keeps_what_it_measures_under_its_own_names() -> None:
    plug = {"state": "ON", "power": 12.5, "energy": 3.21, "current": 0.06, "voltage": 231, "linkquality": 120}
    state, reading = events_of(said(plug))
    assert isinstance(state, ActuatorEvent)
    assert isinstance(reading, SensorReading)
    assert (state.actuator_id, state.state) == ("valve", "on")
    assert reading.reading == {"power": 12.5, "energy": 3.21, "current": 0.06, "voltage": 231.0, "linkquality": 120.0}
    assert reading.units == {"power": "W", "energy": "kWh", "current": "A", "voltage": "V"}


def test_a_soil_probe_on_a_battery_has_its_voltage_in_volts_and_what_it_does_not_know_yet_is_missing() -> None:
    payload = {"soil_moisture": 41, "temperature": None, "battery": 87, "voltage": 2900, "water_leak": False, "ec": 1200}
    (event,) = events_of(said(payload))
    assert isinstance(event, SensorReading)
    assert event.reading == {
        "soil_moisture": 41.0,
        "battery": 87.0,
        "battery_voltage": 2.9,
        "water_leak": 0.0,
        "ec": pytest.approx(1.2),
    }
    assert event.missing == ("temperature",)


@pytest.mark.parametrize(
    ("spec", "payload", "state"),
    [
        (SWITCH, {"state": "OFF"}, "off"),
        (on_channel(SWITCH, "l1"), {"state_l1": "ON", "state_l2": "OFF"}, "on"),
        (on_channel(SWITCH, "l2"), {"state_l1": "ON", "state_l2": "OFF"}, "off"),
        (LEVEL, {"state": "ON", "brightness": 215, "color_temp": 325}, 85.0),
        (LEVEL, {"state": "ON", "brightness": 255}, 100.0),
        (LEVEL, {"state": "OFF", "brightness": 215}, 0.0),
        (COVER, {"state": "OPEN", "position": 40}, 40.0),
        (COVER, {"state": "CLOSE"}, "closed"),
    ],
)
def test_an_actuator_that_was_declared_is_in_a_state_of_its_type(
    spec: ActuatorSpec, payload: dict[str, Any], state: Scalar
) -> None:
    assert states_of(said(payload, spec)) == {spec.actuator_id: state}


def test_an_actuator_that_was_not_declared_has_no_state() -> None:
    assert states_of(said({"state_right": "ON"}, SWITCH)) == {}


def test_last_seen_tells_readings_apart_and_is_not_the_time_of_a_state() -> None:
    payload = {"state": "ON", "temperature": 20.0, "last_seen": "2024-06-01T13:59:30+02:00"}
    state, reading = said(payload)
    assert isinstance(state, Fact)
    assert isinstance(reading, Fact)
    assert isinstance(state.event, ActuatorEvent)
    assert isinstance(reading.event, SensorReading)
    assert state.event.timestamp == NOW
    assert reading.event.timestamp == datetime(2024, 6, 1, 11, 59, 30, tzinfo=UTC)
    assert (state.id, reading.id is None) == (None, False)
    assert said({**payload, "last_seen": 1717243170000})[1] == reading


@pytest.mark.parametrize(
    ("payload", "status"),
    [(b"online", "online"), (b"offline", "offline"), ({"state": "online"}, "online"), ({"state": "offline"}, "offline")],
)
def test_availability_is_a_status_in_either_form(payload: Any, status: str) -> None:
    expected = DeviceStatus(device_id="box-1", status=status, timestamp=NOW)
    assert events_of(said(payload, below="/availability")) == [expected]


@pytest.mark.parametrize("payload", [{"action": "single"}, {"update": {"state": "idle"}, "update_available": False}, b""])
def test_what_is_neither_a_state_nor_a_reading_is_passed_over(payload: Any) -> None:
    assert not said(payload)


@pytest.mark.parametrize(
    ("payload", "below", "code"),
    [
        (b"ON", "", Code.MALFORMED_JSON),
        ([1], "", Code.WRONG_TYPE),
        (b'{"temperature": 1e999}', "", Code.NOT_FINITE),
        (b"asleep", "/availability", Code.BAD_VALUE),
        ({"state": "asleep"}, "/availability", Code.BAD_VALUE),
    ],
)
def test_what_cannot_be_understood_is_a_flaw(payload: Any, below: str, code: Code) -> None:
    (flaw,) = said(payload, below=below)
    assert isinstance(flaw, Flaw)
    assert flaw.code is code
