"""The exported JSON Schemas: checked in as the code has them, and of one mind with it about what is valid."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schema.json_schema import export, json_schema
from schema.registry import REGISTRY
from tests.support.documents import ROOT

FOLDER = ROOT / "schema" / "json"
TIME = "2026-11-24T12:00:00Z"
EXAMPLES: dict[str, dict[str, Any]] = {
    "SensorReading": {"deviceId": "d", "sensorId": "s", "timestamp": TIME, "reading": {"co2": 400}, "verdicts": {"co2": "x"}},
    "ActuatorCommand": {
        "deviceId": "d", "actuatorId": "a", "timestamp": TIME, "command": "set", "value": True, "correlationId": "c"
    },
    "ActuatorEvent": {"deviceId": "d", "actuatorId": "a", "timestamp": TIME, "state": 0.5, "by": "device"},
    "CommandAck": {"deviceId": "d", "commandId": "c", "result": "accepted", "timestamp": TIME},
    "CommandDispatching": {"deviceId": "d", "actuatorId": "a", "commandId": "c", "timestamp": TIME, "fencing": 3},
    "CommandDispatched": {"deviceId": "d", "actuatorId": "a", "commandId": "c", "timestamp": TIME},
    "CommandAcknowledged": {"deviceId": "d", "actuatorId": "a", "commandId": "c", "timestamp": TIME},
    "CommandEnded": {
        "deviceId": "d", "actuatorId": "a", "commandId": "c", "timestamp": TIME, "outcome": "succeeded", "state": "on",
    },
    "OverrideBegun": {"deviceId": "d", "actuatorId": "a", "timestamp": TIME, "until": TIME, "state": 40.0},
    "CommandsRequested": {
        "correlationId": "r", "digest": "0", "timestamp": TIME, "deadline": TIME, "onFailure": "set_back",
        "commands": [{"commandId": "c", "deviceId": "d", "actuatorId": "a", "command": "set", "value": "on", "before": "off"}],
    },
    "RequestEnded": {"correlationId": "r", "timestamp": TIME, "succeeded": False, "setBack": ["c"]},
    "StateSnapshot": {"deviceId": "d", "timestamp": TIME, "state": {"heater": "on", "vent": 0.2}},
    "DeviceStatus": {"deviceId": "d", "status": "online", "timestamp": TIME},
    "DeviceAnnounced": {"deviceId": "d", "timestamp": TIME, "model": "m"},
    "DeviceMetadata": {
        "deviceId": "d", "location": "north/house-1", "locatedSince": TIME,
        "actuators": [
            {
                "actuatorId": "pump", "type": "cover",
                "interlocks": [{"values": ["on"], "onlyWith": {"metric": "tank_level", "atLeast": 20.5}}],
            }
        ],
    },
    "ReadingCorrection": {
        "deviceId": "d", "correctionId": "c", "sensorId": "s", "metric": "par", "from": TIME, "to": TIME,
        "operation": "scale", "amount": 0.5, "reason": "r",
    },
    "SensorReplaced": {"deviceId": "d", "sensorId": "s", "byDeviceId": "e", "bySensorId": "t", "at": TIME},
    "DeviceRetired": {"deviceId": "d", "at": TIME, "reason": "r"},
    "SiteDefined": {"siteId": "north", "timeZone": "Europe/Rome"},
    "DeadLetterReplayed": {
        "letterId": "l", "topic": "t", "payload": "aGk=", "eventIds": ["e"], "deadLetters": ["f"], "at": TIME,
    },
    "AlertRaised": {
        "alertId": "a", "timestamp": TIME, "ruleId": "r", "ruleRevision": 0, "kind": "Co2Alert", "severity": "info",
        "deviceId": "d", "sensorId": "s", "metric": "co2", "since": TIME, "value": 1200.5, "evidence": ["e"],
    },
    "AlertCleared": {"alertId": "a", "timestamp": TIME, "since": TIME, "value": 400.0},
    "AlertRefuted": {"alertId": "a", "timestamp": TIME, "reason": "r"},
    "AlertAcknowledged": {"alertId": "a", "timestamp": TIME, "note": "n"},
    "AlertSilenced": {"alertId": "a", "timestamp": TIME, "until": TIME},
    "RecipientDefined": {
        "recipientId": "ada", "name": "Ada", "targets": ["phone"], "timeZone": "Europe/Rome",
        "quiet": {"start": "22:00", "end": "07:00"}, "escalation": {"afterSeconds": 900.0, "to": "ben"},
    },
    "NotificationRequested": {
        "notificationId": "n", "timestamp": TIME, "alertId": "a", "recipientId": "ada", "target": "phone", "word": "raised",
        "kind": "TemperatureAlert", "severity": "critical", "ruleId": "hot", "deviceId": "d", "value": 41.5, "since": TIME,
    },
    "NotificationSent": {"notificationId": "n", "timestamp": TIME, "attempts": 1},
    "NotificationFailed": {"notificationId": "n", "timestamp": TIME, "attempts": 1, "reason": "r", "retryAt": TIME},
    "NotificationGivenUp": {"notificationId": "n", "timestamp": TIME, "attempts": 9, "reason": "r"},
    "AlertRuleDefined": {
        "ruleId": "r", "name": "n", "condition": {"kind": "threshold", "metric": "co2", "above": 1000.5, "basis": "minutes"},
        "forSeconds": 60.0, "severity": "critical", "where": {"siteId": "north"}, "hours": {"start": "07:00", "days": [0, 6]},
    },
    "DeadLettered": {
        "source": "mqtt", "topic": "t", "payload": "aGk=", "size": 2, "sha256": "0", "code": "c", "reason": "r",
        "receivedAt": TIME,
    },
    "KeyIssued": {
        "accountId": "main", "keyId": "k", "name": "n", "role": "viewer", "secretSha256": "0", "sites": ["s"], "devices": ["d"],
        "mqttHash": "$7$1$c2FsdA==$aGFzaA==",
    },
    "KeyRotated": {
        "accountId": "main", "keyId": "k", "number": 2, "secretSha256": "0", "mqttHash": "$7$1$c2FsdA==$aGFzaA==",
        "oldUntil": TIME,
    },
    "KeyRevoked": {"accountId": "main", "keyId": "k"},
    "SchemaVersion": {"eventType": "SensorReading", "version": 2, "migratedAt": TIME},
    "ProjectionBegun": {"projection": "history", "version": 2, "rules": {"lateness": {"allowed_us": 600_000_000}}},
    "ProjectionSwitched": {
        "projection": "history", "version": 2, "rules": {"lateness": {}}, "cursor": "bG9nOjc", "digests": {"raw": "7:0f"},
    },
    "LeaseTaken": {"role": "project", "owns": ["+"], "holder": "box:1", "fencing": 0, "spanSeconds": 15},
    "LeaseRenewed": {"role": "ingest", "owns": ["north"], "holder": "box:1", "fencing": 0, "spanSeconds": 15},
    "LeaseReleased": {"role": "project", "holder": "box:1", "fencing": 0},
}  # fmt: skip
VALIDATORS = {kind.name: jsonschema.Draft202012Validator(json_schema(kind)) for kind in REGISTRY.types.values()}


def both_accept(name: str, data: dict[str, Any]) -> tuple[bool, bool]:
    """Whether the JSON Schema takes the data, and whether the code does."""
    try:
        REGISTRY.decode(name, msgspec.json.encode(data), 1)
    except msgspec.ValidationError:
        return VALIDATORS[name].is_valid(data), False
    return VALIDATORS[name].is_valid(data), True


def test_the_files_checked_in_are_those_of_the_code() -> None:
    found = {path.name: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.json")}
    assert found == export(REGISTRY), "refresh them with `glasshouse schema export`"


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.json")), ids=lambda path: path.name)
def test_each_file_is_a_json_schema_with_a_description(path: Path) -> None:
    schema = json.loads(path.read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema["description"].strip()


def test_there_is_an_example_of_each_type() -> None:
    assert EXAMPLES.keys() == REGISTRY.types.keys()


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_is_valid_and_comes_back_from_the_code_as_it_went_in(name: str) -> None:
    assert both_accept(name, EXAMPLES[name]) == (True, True)
    event = REGISTRY.decode(name, msgspec.json.encode(EXAMPLES[name]), 1)
    assert REGISTRY.decode(name, msgspec.json.encode(event), 1) == event
    assert msgspec.json.decode(msgspec.json.encode(event)) == EXAMPLES[name]


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_field_that_is_missing_is_missed_by_both_or_by_neither(name: str) -> None:
    for field in EXAMPLES[name]:
        schema, code = both_accept(name, {key: value for key, value in EXAMPLES[name].items() if key != field})
        assert schema == code, field


# JSON Schema takes 1.0 for an integer where the code wants 1: no whole floats here.
WRONG: st.SearchStrategy[Any] = (
    st.none()
    | st.booleans()
    | st.integers(-5, 5)
    | st.sampled_from([-0.5, 0.25])
    | st.text(max_size=3)
    | st.just([])
    | st.just({})
)


@given(st.sampled_from(sorted(EXAMPLES)), st.data())
def test_schema_and_code_agree_on_a_field_of_another_kind(name: str, data: st.DataObject) -> None:
    field = data.draw(st.sampled_from(sorted(EXAMPLES[name])))
    value = data.draw(WRONG)
    if isinstance(value, str) and (EXAMPLES[name][field] == TIME or field == "payload"):
        return  # what a text says is beyond what JSON Schema asserts: `format` and base64 are annotations there
    schema, code = both_accept(name, {**EXAMPLES[name], field: value})
    assert schema == code, (field, value)


def test_a_field_that_is_not_known_is_allowed_by_both() -> None:
    assert both_accept("SensorReading", {**EXAMPLES["SensorReading"], "colour": "green"}) == (True, True)
