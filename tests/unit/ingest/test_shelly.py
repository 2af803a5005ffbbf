"""What Shelly devices publish, as their documentation shows it, and what is made of it.

Payloads: https://shelly-api-docs.shelly.cloud/gen2/General/Notifications,
https://shelly-api-docs.shelly.cloud/gen2/ComponentsAndServices/Switch (and Cover, Light, Temperature, Humidity) and
https://shelly-api-docs.shelly.cloud/gen1/#mqtt-support.
"""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from ingest.decoders.shelly import decode, topics
from ingest.facts import Code, Fact, Flaw
from schema.actuators import ActuatorSpec, Dialect, Scalar
from schema.events import ActuatorEvent, CommandAck, DeviceStatus, SensorReading
from tests.support.foreign import COVER, FIRST_SHELLY, LEVEL, SWITCH, events_of, foreign, on_channel, readings_of, states_of
from tests.support.ingest import NOW

ADDRESS = "shellyplus1-a8032abe54dc"
TS = 1_717_243_199.52
STATUS = {
    "id": 0,
    "source": "init",
    "output": False,
    "apower": 8.9,
    "voltage": 232.7,
    "current": 0.04,
    "aenergy": {"total": 11_679.2, "by_minute": [0.0, 0.0, 0.0], "minute_ts": 1661517385},
    "temperature": {"tC": 39.2, "tF": 102.5},
}


def said(topic: str, payload: Any, *actuators: ActuatorSpec, address: str = ADDRESS) -> Sequence[Fact | Flaw]:
    raw = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    return decode(foreign(Dialect.SHELLY, *actuators, address=address), f"{address}/{topic}", raw, NOW)


def notice(params: dict[str, Any], *actuators: ActuatorSpec, method: str = "NotifyStatus") -> Sequence[Fact | Flaw]:
    frame = {"src": ADDRESS, "dst": f"{ADDRESS}/events", "method": method, "params": {"ts": TS, **params}}
    return said("events/rpc", frame, *actuators)


def test_it_speaks_on_its_notices_its_last_will_and_its_answers_to_us() -> None:
    expected = (f"{ADDRESS}/online", f"{ADDRESS}/events/rpc", f"{ADDRESS}/glasshouse/rpc")
    assert topics(foreign(Dialect.SHELLY)) == expected


@pytest.mark.parametrize(
    ("spec", "params", "state"),
    [
        (SWITCH, {"switch:0": {"id": 0, "output": True, "source": "HTTP"}}, "on"),
        (on_channel(SWITCH, "1"), {"switch:0": {"output": True}, "switch:1": {"output": False}}, "off"),
        (LEVEL, {"light:0": {"id": 0, "output": True, "brightness": 50}}, 50.0),
        (LEVEL, {"light:0": {"id": 0, "output": False, "brightness": 50}}, 0.0),
        (COVER, {"cover:0": {"id": 0, "state": "stopped", "current_pos": 36}}, 36.0),
        (COVER, {"cover:0": {"id": 0, "state": "closed"}}, "closed"),
    ],
)
def test_a_notice_is_the_state_of_the_actuator_that_was_declared(
    spec: ActuatorSpec, params: dict[str, Any], state: Scalar
) -> None:
    assert states_of(notice(params, spec)) == {spec.actuator_id: state}


@pytest.mark.parametrize(
    "params",
    [
        {"switch:0": {"id": 0, "apower": 3.0}},
        {"switch:1": {"output": True}},
        {"switch:0": None},
        {"cover:0": {"state": "opening"}},
    ],
)
def test_a_notice_of_something_else_says_nothing_about_the_actuator(params: dict[str, Any]) -> None:
    assert states_of(notice(params, SWITCH, COVER)) == {}


@pytest.mark.parametrize(("source", "by"), [("switch", "device"), ("button", "device"), ("MQTT", "remote"), (None, None)])
def test_a_change_by_the_device_s_own_input_is_one_by_hand(source: str | None, by: str | None) -> None:
    (event,) = events_of(notice({"switch:0": {"output": True} | ({} if source is None else {"source": source})}))
    assert isinstance(event, ActuatorEvent)
    assert event.by == by


def test_a_notice_has_the_time_of_the_device_and_its_measurements_in_our_units() -> None:
    state, reading = events_of(notice({"switch:0": STATUS}, method="NotifyFullStatus"))
    assert isinstance(state, ActuatorEvent)
    assert isinstance(reading, SensorReading)
    assert state.timestamp == reading.timestamp == datetime(2024, 6, 1, 11, 59, 59, 520_000, tzinfo=UTC)
    assert reading.sensor_id == "switch-0"
    assert reading.reading == {
        "power": 8.9,
        "voltage": 232.7,
        "current": 0.04,
        "energy": pytest.approx(11.6792),
        "device_temperature": 39.2,
    }
    assert reading.units["energy"] == "kWh"


def test_a_battery_sensor_tells_all_at_once() -> None:
    params = {
        "temperature:0": {"id": 0, "tC": 21.4, "tF": 70.5},
        "humidity:0": {"id": 0, "rh": 61.2},
        "devicepower:0": {"id": 0, "battery": {"V": 5.31, "percent": 62}, "external": {"present": False}},
        "wifi": {"sta_ip": "192.168.2.16", "status": "got ip", "rssi": -59},
        "cloud": {"connected": True},
    }
    assert readings_of(notice(params, method="NotifyFullStatus")) == {
        "temperature-0": {"temperature": 21.4},
        "humidity-0": {"humidity": 61.2},
        "devicepower-0": {"battery": 62.0, "battery_voltage": 5.31},
        "main": {"signal": -59.0},
    }


def test_a_notice_of_an_event_is_passed_over() -> None:
    frame = {"method": "NotifyEvent", "params": {"ts": TS, "events": [{"component": "input:0", "event": "single_push"}]}}
    assert not said("events/rpc", frame)


@pytest.mark.parametrize(
    ("answer", "result", "reason"),
    [
        ({"result": {"was_on": False}}, "succeeded", None),
        ({"result": None}, "accepted", None),
        (
            {"error": {"code": -105, "message": "Argument 'id', value 3 not found!"}},
            "failed",
            "Argument 'id', value 3 not found!",
        ),
        ({"error": None}, "failed", "None"),
    ],
)
def test_an_answer_to_our_call_is_one_to_the_command_of_that_id(
    answer: dict[str, Any], result: str, reason: str | None
) -> None:
    frame = {"id": "0197fd1c-5a00-8000-8000-000000000001", "src": ADDRESS, "dst": f"{ADDRESS}/glasshouse", **answer}
    (event,) = events_of(said("glasshouse/rpc", frame))
    assert event == CommandAck(
        device_id="box-1",
        command_id="0197fd1c-5a00-8000-8000-000000000001",
        result=result,
        timestamp=NOW,
        reason=reason,
    )


@pytest.mark.parametrize("frame", [{"id": 1, "result": {}}, {"id": "c-1"}])
def test_an_answer_to_somebody_else_is_passed_over(frame: dict[str, Any]) -> None:
    assert not said("glasshouse/rpc", frame)


@pytest.mark.parametrize("address", [ADDRESS, FIRST_SHELLY])
@pytest.mark.parametrize(("payload", "status"), [(b"true", "online"), (b"false", "offline")])
def test_its_last_will_is_a_status(address: str, payload: bytes, status: str) -> None:
    assert events_of(said("online", payload, address=address)) == [
        DeviceStatus(device_id="box-1", status=status, timestamp=NOW)
    ]


def test_the_first_generation_speaks_on_a_topic_a_value() -> None:
    heard = topics(foreign(Dialect.SHELLY, on_channel(SWITCH, "1"), address=FIRST_SHELLY))
    assert {name.removeprefix(f"{FIRST_SHELLY}/") for name in heard} == {
        "online",
        "relay/1",
        "relay/1/power",
        "relay/1/energy",
        "sensor/temperature",
        "sensor/humidity",
        "sensor/lux",
        "sensor/battery",
        "temperature",
    }


@pytest.mark.parametrize(
    ("spec", "topic", "payload", "state"),
    [
        (SWITCH, "relay/0", b"on", "on"),
        (SWITCH, "relay/0", b"overpower", "off"),
        (LEVEL, "light/0/status", b'{"ison": true, "has_timer": false, "mode": "white", "brightness": 48}', 48.0),
        (LEVEL, "light/0/status", b'{"ison": false, "brightness": 48}', 0.0),
        (COVER, "roller/0/pos", b"35", 35.0),
    ],
)
def test_a_value_of_the_first_generation_is_a_state(spec: ActuatorSpec, topic: str, payload: bytes, state: Scalar) -> None:
    assert states_of(said(topic, payload, spec, address=FIRST_SHELLY)) == {spec.actuator_id: state}


@pytest.mark.parametrize(
    ("topic", "payload", "reading"),
    [
        ("relay/0/power", b"24.31", {"relay-0": {"power": 24.31}}),
        ("relay/0/energy", b"60000", {"relay-0": {"energy": 1.0}}),
        ("sensor/temperature", b"21.5", {"main": {"temperature": 21.5}}),
        ("temperature", b"48.3", {"main": {"device_temperature": 48.3}}),
    ],
)
def test_a_value_of_the_first_generation_is_a_reading(topic: str, payload: bytes, reading: dict[str, Any]) -> None:
    assert readings_of(said(topic, payload, address=FIRST_SHELLY)) == reading


def test_a_roller_that_does_not_know_its_position_says_nothing() -> None:
    assert not said("roller/0/pos", b"-1", COVER, address=FIRST_SHELLY)


@pytest.mark.parametrize(
    ("topic", "payload", "address", "code"),
    [
        ("events/rpc", b"{", ADDRESS, Code.MALFORMED_JSON),
        ("online", b"yes", ADDRESS, Code.BAD_VALUE),
        ("relay/0", b"maybe", FIRST_SHELLY, Code.BAD_VALUE),
        ("relay/0/power", b"much", FIRST_SHELLY, Code.WRONG_TYPE),
        ("relay/0/power", b"inf", FIRST_SHELLY, Code.NOT_FINITE),
    ],
)
def test_what_cannot_be_understood_is_a_flaw(topic: str, payload: bytes, address: str, code: Code) -> None:
    (flaw,) = said(topic, payload, address=address)
    assert isinstance(flaw, Flaw)
    assert flaw.code is code
