"""Dead letters go through the pipeline again, and their stream tells what became of them."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

import msgspec

from api.errors import away_error
from api.ingestion import Letter, Replayed
from ingest.envelopes import TOPIC, read_envelope
from ingest.facts import Flaw, UnreadableError
from ingest.identity import replay_event_id
from ingest.messages import Inbound, Outcome, PipelineClosedError, PipelineFullError
from ingest.pipeline import Pipeline
from projections.dead_letters import replay_view
from schema.dead_letters import DeadLetterReplayed
from schema.ids import EventId, format_event_id

SOURCE: Final = "replay"


async def replay(pipeline: Pipeline, letter: Letter, actor: str) -> Replayed:
    """Once both what it says and that it was sent again are durable. A crash between leaves it open, to be sent again."""
    view = letter.view
    topic = view.topic if letter.topic is None else letter.topic
    payload = view.payload if letter.payload is None else letter.payload
    message = Inbound(SOURCE, topic, payload, view.received_at, causation=view.event_id, actor=actor)
    try:
        outcome = await _send(pipeline, message)
        if outcome.event_ids in ([], [view.event_id]):
            return Replayed(None, None)
        event = _told(letter, outcome)
        record_id = replay_event_id(view.event_id, topic, payload)
        recorded = await pipeline.record(message, f"deadletter-{view.source}", event, record_id)
    except (PipelineFullError, PipelineClosedError) as error:
        raise away_error(f"{error}; send the letter again") from None
    return Replayed(replay_view(event, actor), recorded.position)


async def _send(pipeline: Pipeline, message: Inbound) -> Outcome:
    """A message as it came: on its topic, or in an envelope that now may be one."""
    if message.topic != TOPIC:
        return await pipeline.submit(message)
    try:
        envelope = read_envelope(message.payload)
    except UnreadableError as error:
        return await pipeline.bury(message, Flaw(error.code, error.reason))
    inside = msgspec.structs.replace(message, topic=envelope.mqtt_topic, payload=bytes(envelope.payload))
    return await pipeline.submit(inside)


def _told(letter: Letter, outcome: Outcome) -> DeadLetterReplayed:
    dead = set(outcome.dead_letters)
    return DeadLetterReplayed(
        letter_id=format_event_id(letter.view.event_id),
        topic=letter.topic,
        payload=letter.payload,
        event_ids=_texts([event_id for event_id in outcome.event_ids if event_id not in dead]),
        dead_letters=_texts(outcome.dead_letters),
        at=datetime.now(UTC),
    )


def _texts(event_ids: Sequence[EventId]) -> tuple[str, ...]:
    return tuple(format_event_id(event_id) for event_id in event_ids)
