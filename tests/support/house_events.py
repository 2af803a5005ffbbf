"""Events of a small house, and how they get into a log."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import msgspec
from msgspec.structs import replace

from adapters.event_log.port import ANY, Append, EventLog
from schema.dead_letters import DeadLettered
from schema.envelope import Metadata, NewEvent, decode_metadata
from schema.events import Clock, Event, Quality, SensorReading
from schema.ids import content_event_id, device_event_id
from schema.registry import REGISTRY

START = datetime(2026, 6, 1, tzinfo=UTC)
Said = tuple[str, NewEvent]
"""A stream and what is appended to it."""


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def pack(stream: str, event: Event, *, own_id: str | None = None, site: str | None = "farm") -> Said:
    """The event under an id of its own (given, or made from all that it says)."""
    metadata = Metadata(schema_version=1, source="test", received_at=START, site=site)
    data = REGISTRY.pack(b"", event, metadata).data
    event_id = content_event_id(None, stream, data, site or "") if own_id is None else device_event_id(stream, own_id)
    return stream, REGISTRY.pack(event_id, event, metadata)


def belonging(said: Said, correlation_id: str) -> Said:
    """The same, as part of a trace."""
    stream, event = said
    metadata = replace(decode_metadata(event.metadata), correlation_id=correlation_id)
    return stream, replace(event, metadata=msgspec.json.encode(metadata))


def reading(
    device: str,
    seconds: float,
    *,
    sensor: str = "main",
    own_id: str | None = None,
    site: str | None = "farm",
    clock: Clock = Clock.OK,
    quality: Quality = Quality.GOOD,
    verdicts: dict[str, str] | None = None,
    **metrics: float,
) -> Said:
    event = SensorReading(
        device_id=device,
        sensor_id=sensor,
        timestamp=at(seconds),
        reading=metrics,
        units=dict.fromkeys(metrics, "degC"),
        clock=clock,
        quality=quality,
        verdicts=verdicts or {},
    )
    return pack(f"device-{device}", event, own_id=own_id, site=site)


def dead_letter(payload: bytes) -> Said:
    event = DeadLettered(
        source="mqtt",
        topic="glasshouse/farm/a/reading",
        payload=payload,
        size=len(payload),
        sha256=sha256(payload).hexdigest(),
        code="malformed",
        reason="not JSON",
        received_at=at(0),
    )
    return pack("deadletter-mqtt", event)


async def tell(log: EventLog, said: Iterable[Said]) -> None:
    """Append each in order, whether or not it is there already: a log may hold an event twice."""
    appends: Sequence[Append] = [Append(stream, ANY, [event]) for stream, event in said]
    await log.append(appends)
