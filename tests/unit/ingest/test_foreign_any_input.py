"""Whatever a device of another dialect sends is understood, passed over or a flaw; what it was told to be, it says it is."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.facts import Fact, Flaw
from ingest.foreign import decoder_of
from reactors.encoders import encode
from schema.actuators import ActuatorSpec, Dialect, Scalar
from tests.support.foreign import ADDRESSES, COVER, FIRST_SHELLY, LEVEL, SWITCH, command, foreign, registered, states_of
from tests.support.ingest import NOW

KINDS = [*ADDRESSES.items(), (Dialect.SHELLY, FIRST_SHELLY)]
KEYS = [
    *("state", "brightness", "position", "last_seen", "battery", "voltage", "temperature", "illuminance_lux"),
    *("POWER", "POWER1", "Dimmer", "Shutter1", "Position", "Time", "TempUnit", "ENERGY", "Wifi", "Signal", "Temperature"),
    *("method", "params", "ts", "switch:0", "light:0", "cover:0", "output", "current_pos", "aenergy", "id", "result", "error"),
]
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(
        [
            "ON",
            "OFF",
            "OPEN",
            "CLOSE",
            "NotifyStatus",
            "on",
            "F",
            "\ud800",
            "2024-06-01T12:00:00+02:00",
            "9999-12-31T23:59:59-14:00",
        ]
    ),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS) | st.text(max_size=8), inner, max_size=5),
    max_leaves=12,
)
OBJECTS = st.dictionaries(st.sampled_from(KEYS) | st.text(max_size=70), VALUES, max_size=8).map(json.dumps).map(str.encode)


@given(kind=st.sampled_from(KINDS), payload=st.binary(max_size=60) | OBJECTS, place=st.integers(0, 10))
def test_no_message_is_an_error(kind: tuple[Dialect, str], payload: bytes, place: int) -> None:
    dialect, address = kind
    device = foreign(dialect, SWITCH, LEVEL, COVER, address=address)
    decoder = decoder_of(device)
    topics = decoder.topics(device)
    for one in decoder.decode(device, topics[place % len(topics)], payload, NOW):
        assert isinstance(one, Fact | Flaw)


def obeyed(kind: tuple[Dialect, str], topic: str, payload: bytes) -> tuple[str, Any]:
    """The topic and payload by which a device that was told this says that it has done so."""
    dialect, address = kind
    if dialect is Dialect.ZIGBEE2MQTT:
        return address, _zigbee_state(json.loads(payload))
    if dialect is Dialect.TASMOTA:
        return f"stat/{address}/RESULT", _tasmota_result(topic.rpartition("/")[2], payload.decode())
    if address == FIRST_SHELLY:
        return _first_shelly_value(topic.removeprefix(f"{address}/"), payload)
    return f"{address}/events/rpc", {
        "method": "NotifyStatus",
        "params": {"ts": NOW.timestamp(), **_component(json.loads(payload))},
    }


def _zigbee_state(told: dict[str, Any]) -> dict[str, Any]:
    if "brightness" in told:
        return {"state": "ON", **told, "linkquality": 90}
    if told.get("state") in {"OPEN", "CLOSE"}:
        return {**told, "position": 100 if told["state"] == "OPEN" else 0}
    return {**told, "brightness": 200}


def _tasmota_result(name: str, value: str) -> dict[str, Any]:
    if name == "Dimmer":
        return {"POWER": "OFF" if value == "0" else "ON", "Dimmer": int(value)}
    if name.startswith("ShutterPosition"):
        return {"Shutter1": {"Position": int(value), "Direction": 0, "Target": int(value)}}
    return {"POWER": value}


def _component(call: dict[str, Any]) -> dict[str, Any]:
    name, _, method = call["method"].partition(".")
    params = call["params"]
    position = {"Open": 100, "Close": 0}.get(method, params.get("pos"))
    status = (
        {"current_pos": position} if name == "Cover" else {"output": params["on"], "brightness": params.get("brightness", 70)}
    )
    return {f"{name.lower()}:{params['id']}": {"id": params["id"], "source": "MQTT", **status}}


def _first_shelly_value(told: str, payload: bytes) -> tuple[str, Any]:
    component, _, _ = told.partition("/command")
    if component.startswith("roller"):
        return f"{FIRST_SHELLY}/{component}/pos", {b"open": b"100", b"close": b"0"}.get(payload, payload)
    if component.startswith("light"):
        said = json.loads(payload)
        return f"{FIRST_SHELLY}/light/0/status", {"ison": said["turn"] == "on", "brightness": said.get("brightness", 70)}
    return f"{FIRST_SHELLY}/{component}", payload


WHOLE = st.integers(0, 100)
TOLD = st.one_of(
    st.tuples(st.just(SWITCH), st.sampled_from(["on", "off"])),
    st.tuples(st.just(LEVEL), WHOLE),
    st.tuples(st.just(COVER), WHOLE | st.sampled_from(["open", "closed"])),
)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind[1])
@given(told=TOLD)
def test_a_device_that_did_what_it_was_told_is_heard_to_be_in_that_state(
    kind: tuple[Dialect, str], told: tuple[ActuatorSpec, Scalar]
) -> None:
    (dialect, address), (spec, value) = kind, told
    publication = encode(dialect, command(spec.actuator_id, value), registered(dialect, spec, address=address), "north")
    topic, answer = obeyed(kind, publication.topic, publication.payload)
    device = foreign(dialect, spec, address=address)
    raw = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
    assert topic in decoder_of(device).topics(device)
    said = states_of(decoder_of(device).decode(device, topic, raw, NOW))
    assert said == {spec.actuator_id: {"open": 100, "closed": 0}.get(str(value), value)}
