"""What becomes of commands, as events that a reactor would append."""

from datetime import datetime, timedelta
from typing import Any

from schema.actuators import Scalar
from schema.commands import CommandStep
from schema.envelope import Metadata
from schema.events import ActuatorCommand, Event
from schema.ids import content_event_id, format_event_id
from schema.registry import REGISTRY
from tests.support.house_events import START, Said, at


def command_id(correlation_id: str, index: int = 0) -> str:
    return format_event_id(content_event_id(None, "command", correlation_id, str(index)))


def asked(
    correlation_id: str,
    index: int = 0,
    *,
    device: str = "box",
    actuator: str = "heater",
    value: Scalar = "on",
    when: datetime = START,
    **fields: Any,
) -> ActuatorCommand:
    return ActuatorCommand(
        device_id=device,
        actuator_id=actuator,
        timestamp=when,
        command="set",
        value=value,
        correlation_id=correlation_id,
        command_id=command_id(correlation_id, index),
        deadline=when + timedelta(seconds=30),
        **fields,
    )


def step(kind: type[CommandStep], of: ActuatorCommand, second: float = 1, **fields: Any) -> CommandStep:
    assert of.command_id is not None
    return kind(device_id=of.device_id, actuator_id=of.actuator_id, command_id=of.command_id, timestamp=at(second), **fields)


def control(event: Event, correlation_id: str, *, actor: str | None = "key:main/test", cause: str | None = None) -> Said:
    """The event as it stands in a control stream, correlated."""
    return correlated(f"control-{event.device_id}", event, correlation_id, actor=actor, cause=cause)  # type: ignore[attr-defined]


def correlated(stream: str, event: Event, correlation_id: str, *, actor: str | None = None, cause: str | None = None) -> Said:
    metadata = Metadata(
        schema_version=REGISTRY.version_of(event),
        source="test",
        received_at=START,
        actor=actor,
        correlation_id=correlation_id,
        causation_id=cause,
    )
    data = REGISTRY.pack(b"", event, metadata).data
    return stream, REGISTRY.pack(content_event_id(None, stream, REGISTRY.name_of(event), data), event, metadata)
