"""The audit of one event: where it came from, when, and what the checks made of it."""

from datetime import datetime
from typing import Any, Final

import msgspec
import strawberry

from api.fields import described
from api.scalars import BigInt, CursorText
from api.types.enums import Validity
from api.types.node import Node
from domain.drift import compensated
from schema.dead_letters import DeadLettered
from schema.envelope import Cursor, RecordedEvent, decode_metadata
from schema.events import ActuatorEvent, Clock, Event, Quality, SensorReading
from schema.ids import format_event_id
from schema.registry import REGISTRY, UnknownEventTypeError

_ORIGIN: Final = ("source", "received_at", "decoder", "schema_version", "site", "actor", "correlation_id", "causation_id")
_CLOCK_REASONS: Final = {Clock.AHEAD: "the device's clock runs ahead of ours", Clock.UNSET: "the device's clock was never set"}


@strawberry.type(description="What is known about an event: its origin, its place in the log, and whether it is valid.")
class EventAudit(Node):
    id: strawberry.ID = described("The same as `eventId`.")
    event_id: strawberry.ID = described("The event.")
    type: str = described("Its type, such as `SensorReading`.")
    source: str | None = described("Where it came from: `mqtt:` and the topic, `graphql`, and so on.")
    received_at: datetime | None = described("When we received it.")
    compensated_at: datetime | None = described(
        "Of a reading: when it was measured by our clock, as long before we received it as it was before the device sent it. "
        "Null where the device does not say when it sends."
    )
    recorded_at: datetime = described("When the log took it.")
    validity: Validity = described("What the checks made of it.")
    reasons: list[str] = described("Why it is anything but valid.")
    decoder: str | None = described("What decoded it, with its version.")
    schema_version: int | None = described("The version of its type under which it was written.")
    site: str | None = described("The site that it came from.")
    actor: str | None = described("Who caused it, where somebody did.")
    correlation_id: str | None = described("What it belongs together with.")
    causation_id: str | None = described("The event that led to it.")
    stream: str = described("The stream that holds it.")
    revision: BigInt = described("Its number in that stream.")
    cursor: CursorText = described("Its place in the log.")


def event_audit(recorded: RecordedEvent, log_id: str) -> EventAudit:
    event, (validity, reasons) = _judge(recorded)
    origin = _origin(recorded)
    event_id = strawberry.ID(format_event_id(recorded.id))
    return EventAudit(
        id=event_id,
        event_id=event_id,
        type=recorded.type,
        compensated_at=_compensated(event, origin["received_at"]),
        recorded_at=recorded.recorded_at,
        validity=validity,
        reasons=reasons,
        stream=recorded.stream,
        revision=BigInt(recorded.revision),
        cursor=CursorText(Cursor(log_id, recorded.position).encode()),
        **origin,
    )


def _origin(recorded: RecordedEvent) -> dict[str, Any]:
    """What the metadata say, nothing where somebody else wrote the event."""
    try:
        metadata = decode_metadata(recorded.metadata)
    except msgspec.DecodeError:
        return dict.fromkeys(_ORIGIN)
    return {name: getattr(metadata, name) for name in _ORIGIN}


def _compensated(event: Event | None, received_at: datetime | None) -> datetime | None:
    if not isinstance(event, SensorReading) or event.sent_at is None or received_at is None:
        return None
    return compensated(event.timestamp, event.sent_at, received_at)


def _judge(recorded: RecordedEvent) -> tuple[Event | None, tuple[Validity, list[str]]]:
    """The event, where it can be read, and what the checks made of it."""
    try:
        event = REGISTRY.unpack(recorded)
    except (UnknownEventTypeError, msgspec.DecodeError) as error:
        return None, (Validity.UNREADABLE, [str(error)])
    if isinstance(event, DeadLettered):
        return event, (Validity.DEAD_LETTER, [f"{event.code}: {event.reason}"])
    return event, _judge_event(event)


def _judge_event(event: Event) -> tuple[Validity, list[str]]:
    verdicts = event.verdicts if isinstance(event, SensorReading) else {}
    quality = event.quality if isinstance(event, SensorReading) else Quality.GOOD
    clock = event.clock if isinstance(event, SensorReading | ActuatorEvent) else Clock.OK
    reasons = [f"{metric}: {verdict}" for metric, verdict in verdicts.items()]
    reasons += [] if quality is Quality.GOOD else [f"the device itself says {quality.value}"]
    reasons += [_CLOCK_REASONS[clock]] if clock in _CLOCK_REASONS else []
    if verdicts or quality is Quality.BAD:
        return Validity.BAD, reasons
    return (Validity.SUSPECTED if reasons else Validity.VALID), reasons
