"""Native states, statuses and answers: what each payload becomes, and what is not understood."""

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from ingest.decoders.native import decode
from ingest.facts import Code, Fact, Flaw
from schema.events import (
    ActuatorEvent,
    Clock,
    CommandAck,
    DeviceAnnounced,
    DeviceStatus,
    Event,
)
from schema.ids import device_event_id
from tests.support.ingest import NOON_MS, NOW


def said(kind: str, payload: object) -> list[Fact | Flaw]:
    return list(decode(f"glasshouse/home/box-1/{kind}", msgspec.json.encode(payload), NOW))


def events(kind: str, payload: object) -> list[Event]:
    return [one.event for one in said(kind, payload) if isinstance(one, Fact)]


def test_a_state_says_what_an_actuator_does_why_and_by_whom() -> None:
    payload = {
        "id": "s-1",
        "actuatorId": "heater",
        "timestamp": "2024-06-01T11:59:00Z",
        "state": "on",
        "reason": "too cold",
        "by": "device",
        "commandId": "c-9",
    }
    (fact,) = said("state", payload)
    assert isinstance(fact, Fact)
    assert fact.id == device_event_id("box-1", "s-1")
    assert fact.event == ActuatorEvent(
        device_id="box-1",
        actuator_id="heater",
        timestamp=datetime(2024, 6, 1, 11, 59, tzinfo=UTC),
        state="on",
        reason="too cold",
        by="device",
        command_id="c-9",
    )


@pytest.mark.parametrize("state", ["on", 0.4, 40, True, False, ""])
def test_a_state_is_a_text_a_number_or_a_truth(state: object) -> None:
    (event,) = events("state", {"actuatorId": "vent", "state": state})
    assert isinstance(event, ActuatorEvent)
    assert event.state == state
    assert isinstance(event.state, bool) == isinstance(state, bool)


def test_a_state_from_a_clock_that_runs_ahead_is_flagged() -> None:
    (event,) = events("state", {"actuatorId": "vent", "state": 1, "timestamp": NOON_MS + 86_400_000})
    assert isinstance(event, ActuatorEvent)
    assert event.clock is Clock.AHEAD


def test_a_status_says_who_is_there_and_what_he_runs() -> None:
    assert events("status", {"status": "online", "model": "GH-2", "firmwareVersion": "1.4.0"}) == [
        DeviceStatus(device_id="box-1", status="online", timestamp=NOW),
        DeviceAnnounced(device_id="box-1", timestamp=NOW, model="GH-2", firmware_version="1.4.0"),
    ]
    assert events("status", {"status": "offline"}) == [DeviceStatus(device_id="box-1", status="offline", timestamp=NOW)]


def test_an_answer_to_a_command_has_one_id_however_often_it_is_given() -> None:
    answer = {"commandId": "c-9", "result": "failed", "state": "off", "reason": "no power"}
    first, second = said("ack", answer)[0], said("ack", dict(reversed(answer.items())))[0]
    assert isinstance(first, Fact)
    assert isinstance(second, Fact)
    assert first.id is not None
    assert first.id == second.id
    assert first.event == CommandAck(
        device_id="box-1", command_id="c-9", result="failed", timestamp=NOW, state="off", reason="no power"
    )


def test_another_answer_to_the_same_command_is_another_event() -> None:
    ids = {
        one.id
        for result in ("accepted", "succeeded")
        for one in said("ack", {"commandId": "c", "result": result})
        if isinstance(one, Fact)
    }
    assert len(ids) == 2


BAD: list[tuple[str, Any, Code]] = [
    ("state", {"state": "on"}, Code.MISSING_FIELD),
    ("state", {"actuatorId": "heater"}, Code.MISSING_FIELD),
    ("state", {"actuatorId": "heater", "state": None}, Code.WRONG_TYPE),
    ("state", {"actuatorId": "heater", "state": {"on": True}}, Code.WRONG_TYPE),
    ("state", {"actuatorId": "he/ater", "state": "on"}, Code.ID_NOT_ALLOWED),
    ("state", {"actuatorId": "heater", "state": "on", "by": "nobody"}, Code.BAD_VALUE),
    ("state", {"actuatorId": "heater", "state": "on", "timestamp": "2024-06-01T12:00:00"}, Code.TIME_WITHOUT_OFFSET),
    ("state", {"actuatorId": "heater", "state": "x" * 2_000}, Code.BAD_VALUE),
    ("state", {"actuatorId": "heater", "state": "on", "commandId": "\u0007"}, Code.ID_NOT_ALLOWED),
    ("state", [], Code.WRONG_TYPE),
    ("status", {"status": "sleeping"}, Code.BAD_VALUE),
    ("status", {}, Code.MISSING_FIELD),
    ("status", {"status": "online", "model": 3}, Code.WRONG_TYPE),
    ("ack", {"commandId": "c", "result": "perhaps"}, Code.BAD_VALUE),
    ("ack", {"result": "accepted"}, Code.MISSING_FIELD),
    ("ack", {"commandId": "", "result": "accepted"}, Code.ID_NOT_ALLOWED),
]


@pytest.mark.parametrize(("kind", "payload", "code"), BAD)
def test_what_cannot_be_understood_is_a_flaw_with_its_reason(kind: str, payload: object, code: Code) -> None:
    (flaw,) = said(kind, payload)
    assert isinstance(flaw, Flaw)
    assert flaw.code is code
    assert flaw.reason


@pytest.mark.parametrize("raw", [b'{"actuatorId": "a", "state": NaN}', b'{"actuatorId": "a", "state": 1e400}'])
def test_a_state_that_is_no_number_is_a_flaw(raw: bytes) -> None:
    assert isinstance(decode("glasshouse/home/box-1/state", raw, NOW)[0], Flaw)
