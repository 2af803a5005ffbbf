"""Dead letters as they are shown, out of the events that keep them."""

from projections.queries import DeadLetterView
from schema.envelope import RecordedEvent
from schema.events import DeadLettered
from schema.registry import REGISTRY


def dead_letter_view(recorded: RecordedEvent) -> DeadLetterView:
    """TypeError where the event is none."""
    event = REGISTRY.unpack(recorded)
    if not isinstance(event, DeadLettered):
        raise TypeError(f"revision {recorded.revision} of {recorded.stream} is no dead letter")
    return DeadLetterView(
        event_id=recorded.id,
        position=recorded.position,
        source=event.source,
        topic=event.topic,
        payload=event.payload,
        size=event.size,
        sha256=event.sha256,
        code=event.code,
        reason=event.reason,
        received_at=event.received_at,
    )
