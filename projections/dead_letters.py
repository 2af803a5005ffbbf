"""Dead letters as they are shown, out of the events that keep them and those that tell what became of them."""

from projections.lineage_queries import DeadLetterView, ReplayView
from schema.dead_letters import DeadLettered, DeadLetterReplayed
from schema.envelope import RecordedEvent, decode_metadata
from schema.registry import REGISTRY


def dead_letter_view(recorded: RecordedEvent, replayed: RecordedEvent | None = None) -> DeadLetterView:
    """TypeError where the event is no dead letter."""
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
        replay=None if replayed is None else _replay_view(replayed),
    )


def _replay_view(recorded: RecordedEvent) -> ReplayView | None:
    event = REGISTRY.unpack(recorded)
    if not isinstance(event, DeadLetterReplayed):
        return None
    return replay_view(event, decode_metadata(recorded.metadata).actor)


def replay_view(event: DeadLetterReplayed, actor: str | None) -> ReplayView:
    repaired = event.topic is not None or event.payload is not None
    return ReplayView(event.at, actor, event.topic, repaired, event.event_ids, event.dead_letters)
