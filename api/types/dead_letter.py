"""Dead letters: messages that could not be understood, kept as they came."""

from base64 import b64encode
from collections.abc import Sequence
from datetime import datetime
from enum import Enum

import strawberry

from api.fields import described
from api.scalars import BigInt, CursorText
from api.types.node import Node
from api.types.paging import Page, PageInfo
from projections.lineage_queries import DeadLetterView, LetterState, ReplayView
from schema.envelope import Cursor
from schema.ids import format_event_id


@strawberry.enum(description="What became of a dead letter.")
class DeadLetterState(Enum):
    OPEN = strawberry.enum_value(LetterState.OPEN.value, description="Nothing yet.")
    REPLAYED = strawberry.enum_value(LetterState.REPLAYED.value, description="What it says is stored, all or some of it.")
    SUPERSEDED = strawberry.enum_value(
        LetterState.SUPERSEDED.value, description="It was sent again and not understood again: another stands in its place."
    )

    @property
    def letter_state(self) -> LetterState:
        return LetterState(str(self.value))


@strawberry.type(description="A dead letter went through ingest again.")
class DeadLetterReplay:
    at: datetime = described("When.")
    actor: str | None = described("By whom.")
    repaired: bool = described("Whether on another topic or with another payload than it came.")
    topic: str | None = described("The topic that it was given; null where it was its own.")
    event_ids: list[strawberry.ID] = described("The events that say what it says: stored then, or there already.")
    dead_letter_ids: list[strawberry.ID] = described("What of it, or all of it, is a dead letter again.")


@strawberry.type(description="A message that could not be understood, with the reason. Nothing is dropped silently.")
class DeadLetter(Node):
    id: strawberry.ID = described("The same as `eventId`.")
    event_id: strawberry.ID = described("The event that keeps it.")
    source: str = described("Where it came in, such as `mqtt`.")
    topic: str = described("The topic that it came on.")
    payload: str = described("Its bytes as text; what is not UTF-8 reads as `\\xNN`.")
    payload_base64: str = described("Its bytes exactly, in base64.")
    truncated: bool = described("Whether it was too large, so that only its first bytes are kept.")
    size: BigInt = described("Its whole size in bytes.")
    sha256: str = described("The SHA-256 of the whole, in hex.")
    code: str = described("What is wrong with it, in a word that does not change.")
    reason: str = described("What is wrong with it, in a sentence.")
    received_at: datetime = described("When it came.")
    state: DeadLetterState = described("What became of it.")
    replay: DeadLetterReplay | None = described("How it was sent again, the last time; null where that changed nothing.")


@strawberry.type(description="A dead letter and its place in the list.")
class DeadLetterEdge:
    cursor: CursorText = described("The place of this dead letter: give it as `after` to go on from here.")
    node: DeadLetter = described("The dead letter.")


@strawberry.type(description="A page of dead letters, newest first.")
class DeadLetterConnection:
    edges: list[DeadLetterEdge] = described("The dead letters with their places.")
    nodes: list[DeadLetter] = described("The dead letters alone.")
    page_info: PageInfo = described("Where the page stands.")
    total_count: int = described("How many there are in all, in that state if one was asked for.")


def dead_letter(view: DeadLetterView) -> DeadLetter:
    event_id = strawberry.ID(format_event_id(view.event_id))
    return DeadLetter(
        id=event_id,
        event_id=event_id,
        source=view.source,
        topic=view.topic,
        payload=view.payload.decode(errors="backslashreplace"),
        payload_base64=b64encode(view.payload).decode(),
        truncated=view.size > len(view.payload),
        size=BigInt(view.size),
        sha256=view.sha256,
        code=view.code,
        reason=view.reason,
        received_at=view.received_at,
        state=DeadLetterState(view.state.value),
        replay=None if view.replay is None else _replay(view.replay),
    )


def _replay(view: ReplayView) -> DeadLetterReplay:
    return DeadLetterReplay(
        at=view.at,
        actor=view.actor,
        repaired=view.repaired,
        topic=view.topic,
        event_ids=[strawberry.ID(each) for each in view.event_ids],
        dead_letter_ids=[strawberry.ID(each) for each in view.dead_letters],
    )


def dead_letter_page(
    views: Sequence[DeadLetterView], total: int, log_id: str, page: Page, *, more: bool
) -> DeadLetterConnection:
    edges = [
        DeadLetterEdge(cursor=CursorText(Cursor(log_id, view.position).encode()), node=dead_letter(view)) for view in views
    ]
    return DeadLetterConnection(
        edges=edges,
        nodes=[edge.node for edge in edges],
        page_info=page.info([edge.cursor for edge in edges], more=more),
        total_count=total,
    )
