"""Commands in other dialects, word for word as their devices expect them: always a state to be in, never a change."""

import json
from typing import Any

import pytest

from reactors.encoders import encode
from reactors.encoders.publication import NotEncodableError
from schema.actuators import ActuatorSpec, Dialect, Scalar
from schema.events import DeviceMetadata
from tests.support.foreign import COVER, FIRST_SHELLY, LEVEL, SWITCH, command, on_channel, registered


def said(
    dialect: Dialect, spec: ActuatorSpec, value: Scalar | None, *, address: str | None = None, verb: str = "set"
) -> tuple[str, bytes]:
    device = registered(dialect, spec, address=address)
    publication = encode(dialect, command(spec.actuator_id, value, verb=verb), device, "north")
    assert publication.response_topic is None
    return publication.topic, publication.payload


@pytest.mark.parametrize(
    ("spec", "value", "expected"),
    [
        (SWITCH, "on", {"state": "ON"}),
        (SWITCH, "off", {"state": "OFF"}),
        (on_channel(SWITCH, "l2"), "on", {"state_l2": "ON"}),
        (LEVEL, 0, {"state": "OFF"}),
        (LEVEL, 50.0, {"brightness": 127}),
        (LEVEL, 100, {"brightness": 254}),
        (on_channel(LEVEL, "left"), 100, {"brightness_left": 254}),
        (COVER, "open", {"state": "OPEN"}),
        (COVER, "closed", {"state": "CLOSE"}),
        (COVER, 37.4, {"position": 37}),
        (on_channel(COVER, "right"), 0, {"position_right": 0}),
    ],
)
def test_zigbee2mqtt_is_told_in_json_on_the_set_topic(spec: ActuatorSpec, value: Scalar, expected: dict[str, Any]) -> None:
    topic, payload = said(Dialect.ZIGBEE2MQTT, spec, value)
    assert topic == "zigbee2mqtt/greenhouse_valve/set"
    assert json.loads(payload) == expected


@pytest.mark.parametrize(
    ("spec", "value", "topic", "payload"),
    [
        (SWITCH, "on", "cmnd/tasmota_4F2A/POWER1", b"ON"),
        (on_channel(SWITCH, "4"), "off", "cmnd/tasmota_4F2A/POWER4", b"OFF"),
        (LEVEL, 62.6, "cmnd/tasmota_4F2A/Dimmer", b"63"),
        (on_channel(LEVEL, "2"), 0, "cmnd/tasmota_4F2A/Channel2", b"0"),
        (COVER, "open", "cmnd/tasmota_4F2A/ShutterPosition1", b"100"),
        (on_channel(COVER, "2"), 30, "cmnd/tasmota_4F2A/ShutterPosition2", b"30"),
    ],
)
def test_tasmota_is_told_in_plain_text_on_a_topic_a_command(
    spec: ActuatorSpec, value: Scalar, topic: str, payload: bytes
) -> None:
    assert said(Dialect.TASMOTA, spec, value) == (topic, payload)


def test_a_tasmota_with_a_full_topic_of_its_own_is_told_there() -> None:
    topic, _ = said(Dialect.TASMOTA, SWITCH, "on", address="tasmota/bedroom/valve/%prefix%")
    assert topic == "tasmota/bedroom/valve/cmnd/POWER1"


@pytest.mark.parametrize(
    ("spec", "value", "method", "params"),
    [
        (SWITCH, "on", "Switch.Set", {"id": 0, "on": True}),
        (on_channel(SWITCH, "3"), "off", "Switch.Set", {"id": 3, "on": False}),
        (LEVEL, 40, "Light.Set", {"id": 0, "on": True, "brightness": 40}),
        (LEVEL, 0, "Light.Set", {"id": 0, "on": False}),
        (COVER, "open", "Cover.Open", {"id": 0}),
        (COVER, "closed", "Cover.Close", {"id": 0}),
        (COVER, 50, "Cover.GoToPosition", {"id": 0, "pos": 50}),
    ],
)
def test_a_shelly_is_called_under_the_id_of_the_command_and_answers_below_its_own_topic(
    spec: ActuatorSpec, value: Scalar, method: str, params: dict[str, Any]
) -> None:
    topic, payload = said(Dialect.SHELLY, spec, value)
    assert topic == "shellyplus1-a8032abe54dc/rpc"
    assert json.loads(payload) == {
        "id": "0197fd1c-5a00-8000-8000-000000000001",
        "src": "shellyplus1-a8032abe54dc/glasshouse",
        "method": method,
        "params": params,
    }


@pytest.mark.parametrize(
    ("spec", "value", "topic", "payload"),
    [
        (SWITCH, "on", "relay/0/command", b"on"),
        (on_channel(SWITCH, "1"), "off", "relay/1/command", b"off"),
        (LEVEL, 40, "light/0/set", b'{"turn":"on","brightness":40}'),
        (LEVEL, 0, "light/0/set", b'{"turn":"off"}'),
        (COVER, "closed", "roller/0/command", b"close"),
        (COVER, 0, "roller/0/command/pos", b"0"),
    ],
)
def test_a_shelly_of_the_first_generation_has_a_topic_for_each_of_its_parts(
    spec: ActuatorSpec, value: Scalar, topic: str, payload: bytes
) -> None:
    assert said(Dialect.SHELLY, spec, value, address=FIRST_SHELLY) == (f"{FIRST_SHELLY}/{topic}", payload)


@pytest.mark.parametrize("dialect", [Dialect.ZIGBEE2MQTT, Dialect.TASMOTA, Dialect.SHELLY])
@pytest.mark.parametrize(
    ("spec", "verb", "value"),
    [
        (SWITCH, "toggle", None),
        (SWITCH, "set", "open"),
        (SWITCH, "set", 50),
        (SWITCH, "set", True),
        (LEVEL, "set", "on"),
        (LEVEL, "set", 101),
        (LEVEL, "set", float("nan")),
        (COVER, "set", "on"),
        (COVER, "set", None),
    ],
)
def test_what_is_no_state_of_the_actuator_is_not_said_at_all(
    dialect: Dialect, spec: ActuatorSpec, verb: str, value: Scalar | None
) -> None:
    with pytest.raises(NotEncodableError):
        said(dialect, spec, value, verb=verb)


@pytest.mark.parametrize("dialect", [Dialect.ZIGBEE2MQTT, Dialect.TASMOTA, Dialect.SHELLY])
def test_a_device_without_an_address_or_without_that_actuator_cannot_be_told(dialect: Dialect) -> None:
    with pytest.raises(NotEncodableError, match="address"):
        encode(
            dialect, command("valve", "on"), DeviceMetadata(device_id="box-1", dialect=dialect, actuators=(SWITCH,)), "north"
        )
    with pytest.raises(NotEncodableError, match="lamp"):
        encode(dialect, command("lamp", 50), registered(dialect, SWITCH), "north")


@pytest.mark.parametrize("dialect", [Dialect.TASMOTA, Dialect.SHELLY])
def test_a_dialect_that_counts_channels_wants_a_number(dialect: Dialect) -> None:
    with pytest.raises(NotEncodableError, match="l1"):
        said(dialect, on_channel(SWITCH, "l1"), "on")
