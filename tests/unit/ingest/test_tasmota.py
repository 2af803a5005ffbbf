"""What Tasmota publishes, as its documentation shows it, and what is made of it.

Payloads: https://tasmota.github.io/docs/MQTT/, https://tasmota.github.io/docs/Blinds-and-Shutters/ and
https://tasmota.github.io/docs/Commands/ (SetOption52, SetOption68).
"""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from ingest.decoders.tasmota import decode, topics
from ingest.facts import Code, Fact, Flaw
from schema.actuators import ActuatorSpec, Dialect, Scalar
from schema.events import DeviceStatus, SensorReading
from tests.support.foreign import COVER, LEVEL, SWITCH, events_of, foreign, on_channel, readings_of, states_of
from tests.support.ingest import NOW

STATE = {
    "Time": "2019-05-23T06:37:03",
    "Uptime": "6T16:56:34",
    "Vcc": 3.466,
    "SleepMode": "Dynamic",
    "Sleep": 0,
    "LoadAvg": 999,
    "POWER1": "OFF",
    "POWER2": "ON",
    "Wifi": {"AP": 1, "SSId": "indoors", "Channel": 3, "Mode": "11n", "RSSI": 44, "Signal": -78, "LinkCount": 1},
}
METER = {
    "Time": "2023-05-19T20:52:56",
    "ENERGY": {
        "TotalStartTime": "2022-03-20T15:20:48",
        "Total": 514.153,
        "Yesterday": 1.495,
        "Today": 0.537,
        "Power": 56,
        "ApparentPower": 92,
        "ReactivePower": 73,
        "Factor": 0.61,
        "Voltage": 234,
        "Current": 0.392,
    },
}


def said(topic: str, payload: Any, *actuators: ActuatorSpec) -> Sequence[Fact | Flaw]:
    raw = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    return decode(foreign(Dialect.TASMOTA, *actuators), topic, raw, NOW)


def sensor(payload: Any) -> Sequence[Fact | Flaw]:
    return said("tele/tasmota_4F2A/SENSOR", payload)


def test_it_speaks_on_these_topics_also_with_a_full_topic_of_its_own() -> None:
    assert topics(foreign(Dialect.TASMOTA)) == (
        "tele/tasmota_4F2A/LWT",
        "tele/tasmota_4F2A/STATE",
        "tele/tasmota_4F2A/SENSOR",
        "stat/tasmota_4F2A/RESULT",
        "tele/tasmota_4F2A/RESULT",
    )
    assert "north/valve/tele/LWT" in topics(foreign(Dialect.TASMOTA, address="north/valve/%prefix%"))


@pytest.mark.parametrize(
    ("spec", "payload", "state"),
    [
        (SWITCH, {"POWER": "ON"}, "on"),
        (SWITCH, {"POWER1": "OFF"}, "off"),
        (on_channel(SWITCH, "2"), {"POWER2": "ON"}, "on"),
        (LEVEL, {"POWER": "ON", "Dimmer": 50}, 50.0),
        (LEVEL, {"POWER": "OFF", "Dimmer": 50}, 0.0),
        (on_channel(LEVEL, "2"), {"POWER2": "ON", "Channel2": 30}, 30.0),
        (COVER, {"Shutter1": {"Position": 50, "Direction": 0, "Target": 50, "Tilt": 30}}, 50.0),
        (on_channel(COVER, "2"), {"Shutter2": {"Position": 100, "Direction": 0, "Target": 100}}, 100.0),
    ],
)
def test_an_answer_is_the_state_of_the_actuator_that_was_declared(
    spec: ActuatorSpec, payload: dict[str, Any], state: Scalar
) -> None:
    assert states_of(said("stat/tasmota_4F2A/RESULT", payload, spec)) == {spec.actuator_id: state}


def test_the_answer_of_another_relay_says_nothing_about_this_one() -> None:
    assert not said("stat/tasmota_4F2A/RESULT", {"POWER": "ON"}, on_channel(SWITCH, "2"))


def test_telemetry_of_the_state_has_all_relays_and_how_strong_the_signal_is() -> None:
    heard = said("tele/tasmota_4F2A/STATE", STATE, SWITCH)
    assert states_of(heard) == {"valve": "off"}
    assert readings_of(heard) == {"main": {"signal": -78.0}}


def test_each_sensor_is_a_reading_of_its_own_in_our_units() -> None:
    heard = sensor(
        {
            "Time": "2021-02-16T10:13:52",
            "Switch1": "ON",
            "DS18B20": {"Id": "01143D4C2EAA", "Temperature": 68.9},
            "AM2301": {"Temperature": 70.7, "Humidity": 55.1, "DewPoint": 53.6},
            "ESP32": {"Temperature": 128.3},
            "TempUnit": "F",
        }
    )
    assert readings_of(heard) == {
        "DS18B20": {"temperature": pytest.approx(20.5)},
        "AM2301": {"temperature": pytest.approx(21.5), "humidity": 55.1, "dew_point": pytest.approx(12.0)},
        "ESP32": {"device_temperature": 128.3},
    }


def test_a_meter_is_a_sensor_too() -> None:
    (event,) = events_of(sensor(METER))
    assert isinstance(event, SensorReading)
    assert event.sensor_id == "ENERGY"
    assert (event.reading["energy"], event.reading["energy_today"], event.reading["power"]) == (514.153, 0.537, 56.0)
    assert (event.units["energy"], event.units["apparent_power"], event.units["voltage"]) == ("kWh", "VA", "V")
    phases = readings_of(sensor({"ENERGY": {"Power": [52, 5], "Voltage": 235}}))
    assert phases == {"ENERGY": {"power_1": 52.0, "power_2": 5.0, "voltage": 235.0}}


def test_a_sensor_that_does_not_answer_is_missing_and_one_in_an_odd_unit_leaves_the_others_as_they_are() -> None:
    first, second = sensor(
        {"AM2301": {"Temperature": None}, "BMP280": {"Pressure": 740.2}, "PressureUnit": "mmHg", "TempUnit": "C"}
    )
    assert isinstance(first, Fact)
    assert isinstance(first.event, SensorReading)
    assert first.event.missing == ("temperature",)
    assert isinstance(second, Flaw)
    assert second.code is Code.UNKNOWN_UNIT


def test_a_time_with_an_offset_is_believed_and_one_without_only_tells_readings_apart() -> None:
    (exact,) = sensor({**METER, "Time": "2024-06-01T13:59:30+02:00"})
    (local,) = sensor(METER)
    (later,) = sensor({**METER, "Time": "2023-05-19T20:57:56"})
    assert isinstance(exact, Fact)
    assert isinstance(local, Fact)
    assert isinstance(later, Fact)
    assert isinstance(exact.event, SensorReading)
    assert isinstance(local.event, SensorReading)
    assert exact.event.timestamp == datetime(2024, 6, 1, 11, 59, 30, tzinfo=UTC)
    assert (local.event.timestamp, local.time_us) == (NOW, None)
    assert None not in {local.id, later.id}
    assert local.id != later.id


@pytest.mark.parametrize(("payload", "status"), [(b"Online", "online"), (b"Offline", "offline")])
def test_the_last_will_is_a_status(payload: bytes, status: str) -> None:
    expected = DeviceStatus(device_id="box-1", status=status, timestamp=NOW)
    assert events_of(said("tele/tasmota_4F2A/LWT", payload)) == [expected]


@pytest.mark.parametrize("payload", [{"Command": "Unknown"}, {"PowerOnState": 3}, {"IRSend": "Done"}, b""])
def test_an_answer_about_something_else_is_passed_over(payload: Any) -> None:
    assert not said("stat/tasmota_4F2A/RESULT", payload)


@pytest.mark.parametrize(
    ("topic", "payload", "code"),
    [
        ("stat/tasmota_4F2A/RESULT", b"ON", Code.MALFORMED_JSON),
        ("tele/tasmota_4F2A/LWT", b"online", Code.BAD_VALUE),
        ("tele/tasmota_4F2A/SENSOR", {"a/b": {"Temperature": 1}}, Code.ID_NOT_ALLOWED),
    ],
)
def test_what_cannot_be_understood_is_a_flaw(topic: str, payload: Any, code: Code) -> None:
    (flaw,) = said(topic, payload)
    assert isinstance(flaw, Flaw)
    assert flaw.code is code
