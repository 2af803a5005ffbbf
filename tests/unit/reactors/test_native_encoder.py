"""A command in the native dialect, word for word as devices expect it."""

import json
from datetime import UTC, datetime

import pytest

from domain.commands import Command
from reactors.encoders import encode
from schema.actuators import Dialect, Scalar
from schema.events import DeviceMetadata

DEVICE = DeviceMetadata(device_id="box-1")


def command(value: Scalar | None = "on") -> Command:
    return Command(
        id="c-1",
        device_id="box-1",
        actuator_id="heater",
        command="set",
        value=value,
        correlation_id="loop-1",
        requested_at=datetime(2026, 6, 1, 12, tzinfo=UTC),
        deadline=datetime(2026, 6, 1, 12, 0, 30, 500_000, tzinfo=UTC),
    )


def test_a_native_command_says_all_that_the_device_needs_to_obey_once_and_answer() -> None:
    publication = encode(Dialect.NATIVE, command(), DEVICE, "north")
    assert publication.topic == "glasshouse/north/box-1/command/heater"
    assert publication.response_topic == "glasshouse/north/box-1/ack"
    assert publication.correlation_data == b"loop-1"
    assert json.loads(publication.payload) == {
        "commandId": "c-1",
        "correlationId": "loop-1",
        "actuatorId": "heater",
        "command": "set",
        "value": "on",
        "deadline": "2026-06-01T12:00:30.500000Z",
    }


@pytest.mark.parametrize("value", [None, True, 0.4, "open"])
def test_a_value_keeps_its_kind(value: Scalar | None) -> None:
    assert json.loads(encode(Dialect.NATIVE, command(value), DEVICE, "north").payload)["value"] == value
