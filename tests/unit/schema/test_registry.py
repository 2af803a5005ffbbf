"""The registry: old data is lifted, newer data is read by what is known of it, and every type goes there and back."""

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from schema.envelope import Metadata, Position, RecordedEvent
from schema.events import Event, SensorReading
from schema.registry import REGISTRY, EventType, Registry, UnknownEventTypeError

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


class Watered(Event, frozen=True, kw_only=True):
    """Version 3: `litres`, and where. Version 1 said `amount` in millilitres, version 2 had no bed."""

    litres: float
    bed: str
    note: str | None = None


def millilitres_to_litres(raw: dict[str, Any]) -> dict[str, Any]:
    return {"litres": raw["amount"] / 1000}


def name_the_bed(raw: dict[str, Any]) -> dict[str, Any]:
    return {**raw, "bed": "unknown"}


OLD_AND_NEW = Registry([EventType("Watered", Watered, (millilitres_to_litres, name_the_bed))])


def recorded(kind: str, data: bytes, version: int) -> RecordedEvent:
    metadata = msgspec.json.encode(Metadata(schema_version=version, source="test", received_at=NOW))
    return RecordedEvent(Position(1), "device-a", 0, bytes(16), kind, 0, data, metadata)


@pytest.mark.parametrize(
    ("version", "data", "expected"),
    [
        (1, b'{"amount":1500}', Watered(litres=1.5, bed="unknown")),
        (2, b'{"litres":1.5}', Watered(litres=1.5, bed="unknown")),
        (3, b'{"litres":1.5,"bed":"north","note":"dry"}', Watered(litres=1.5, bed="north", note="dry")),
    ],
)
def test_data_of_each_older_version_is_lifted_to_the_current_one(version: int, data: bytes, expected: Watered) -> None:
    assert OLD_AND_NEW.decode("Watered", data, version) == expected
    assert OLD_AND_NEW.unpack(recorded("Watered", data, version)) == expected


def test_old_code_reads_a_newer_event_by_what_it_knows_of_it() -> None:
    newer = b'{"litres":1.5,"bed":"north","nutrients":{"n":3}}'
    assert OLD_AND_NEW.decode("Watered", newer, 4) == Watered(litres=1.5, bed="north")
    reading = b'{"deviceId":"d","sensorId":"s","timestamp":"2026-11-24T12:00:00Z","reading":{"co2":400},"colour":"green"}'
    assert REGISTRY.unpack(recorded("SensorReading", reading, 2)) == SensorReading(
        device_id="d", sensor_id="s", timestamp=NOW, reading={"co2": 400.0}
    )


def test_data_that_does_not_fit_its_type_even_when_lifted_is_an_error() -> None:
    with pytest.raises(msgspec.ValidationError):
        OLD_AND_NEW.decode("Watered", b'{"litres":"much"}', 2)
    with pytest.raises(msgspec.ValidationError):
        OLD_AND_NEW.decode("Watered", b'{"litres":1}', 3)


def test_a_type_that_is_not_known_is_told_apart_from_data_that_does_not_fit() -> None:
    with pytest.raises(UnknownEventTypeError, match="Teleported"):
        REGISTRY.decode("Teleported", b"{}", 1)


def test_an_event_is_packed_with_its_type_and_version_under_the_names_of_the_field() -> None:
    metadata = Metadata(
        schema_version=OLD_AND_NEW.version_of(Watered(litres=1, bed="b")),
        source="test",
        received_at=NOW,
        correlation_id="c-1",
        causation_id="e-1",
    )
    packed = OLD_AND_NEW.pack(bytes(16), Watered(litres=1, bed="b"), metadata)
    assert packed.type == "Watered"
    assert msgspec.json.decode(packed.metadata) == {
        "schemaVersion": 3,
        "source": "test",
        "receivedAt": "2026-11-24T12:00:00Z",
        "$correlationId": "c-1",
        "$causationId": "e-1",
    }
