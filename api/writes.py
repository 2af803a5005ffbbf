"""The write side: read a stream, fold it, decide, append at the expected revision; and again when somebody was faster."""

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import cached_property
from typing import Final, TypeAlias
from uuid import uuid4

import msgspec

from adapters.event_log.port import NO_STREAM, Append, Conflict, EventLog
from api.errors import ApiError, ErrorCode
from api.turns import Turns
from domain.decisions import Decision, Refusal, Refused
from schema.commands import CommandStep
from schema.envelope import Cursor, Metadata, NewEvent, Position
from schema.events import Event
from schema.ids import EventId, content_event_id, format_event_id
from schema.registry import REGISTRY

_ATTEMPTS: Final = 10
_PAGE: Final = 500
_CODES: Final = {
    Refusal.INVALID: ErrorCode.INVALID_INPUT,
    Refusal.NOT_FOUND: ErrorCode.NOT_FOUND,
    Refusal.CONFLICT: ErrorCode.CONFLICT,
}


class Known(msgspec.Struct, frozen=True):
    """Up to where somebody knows a stream already: that revision, which stands at that position.

    `events` say what matters of what it came to by then, for who decides by events.
    """

    revision: int = NO_STREAM
    position: Position | None = None
    events: Sequence[Event] = ()


class Cause(msgspec.Struct, frozen=True):
    """What a change belongs together with, and the event that it follows from, both in the words of metadata."""

    correlation_id: str | None = None
    causation_id: str | None = None


class Stream(msgspec.Struct, frozen=True):
    """A stream: what is known of it, its further events with their ids, the revision and the position of the last."""

    events: Sequence[Event]
    ids: Sequence[EventId]
    revision: int
    position: Position | None


class Change(msgspec.Struct, frozen=True):
    """A stream after a decision, from where it was known on, and the cursor from which on the decision can be seen."""

    events: Sequence[Event]
    ids: Sequence[EventId]
    position: Position | None
    cursor: str


Decide: TypeAlias = Callable[[Sequence[Event]], Decision]
NOTHING: Final = Known()
NO_CAUSE: Final = Cause()


class Writer:
    """Changes what people decide. Every change is an event that says who caused it.

    All that one writer appends, and that belongs to no other, belongs to one correlation id.
    """

    def __init__(self, log: EventLog, clock: Callable[[], datetime], turns: Turns | None = None) -> None:
        self._log = log
        self._clock = clock
        self._turns = turns or Turns()

    @cached_property
    def correlation_id(self) -> str:
        """Made for this writer alone."""
        return uuid4().hex

    async def change(
        self, stream: str, actor: str, decide: Decide, *, known: Known = NOTHING, cause: Cause = NO_CAUSE
    ) -> Change:
        """Let `decide` see the stream's events after what is known, and append what follows; ApiError where it refuses."""
        async with self._turns.at(stream):
            for _ in range(_ATTEMPTS):
                current = await self._read(stream, known)
                decision = _decided(decide, current)
                packed = self._packed(stream, current.revision, decision, actor, cause)
                position = await self._append(stream, current, packed) if packed else current.position
                if not isinstance(position, Conflict):
                    ids = [*current.ids, *(event.id for event in packed)]
                    return Change([*current.events, *decision], ids, position, Cursor(self._log.log_id, position).encode())
        raise ApiError(ErrorCode.CONFLICT, "too many others are changing the same thing; try again")

    async def consider(self, stream: str, decide: Decide, *, known: Known = NOTHING) -> Change:
        """What would follow, without appending it; ApiError where `decide` refuses."""
        current = await self._read(stream, known)
        decision = _decided(decide, current)
        cursor = Cursor(self._log.log_id, current.position).encode()
        return Change([*current.events, *decision], current.ids, current.position, cursor)

    async def _read(self, stream: str, known: Known) -> Stream:
        events = list(known.events)
        ids: list[EventId] = []
        revision, position = known.revision, known.position
        while True:
            page = await self._log.read_stream(stream, start=revision + 1, limit=_PAGE)
            readable = [recorded for recorded in page if recorded.type in REGISTRY.types]
            events += map(REGISTRY.unpack, readable)
            ids += (recorded.id for recorded in readable)
            if page:
                revision, position = page[-1].revision, page[-1].position
            if len(page) < _PAGE:
                return Stream(events, ids, revision, position)

    async def _append(self, stream: str, current: Stream, packed: Sequence[NewEvent]) -> Position | Conflict:
        [result] = await self._log.append([Append(stream, current.revision, packed)])
        return result if isinstance(result, Conflict) else result.position

    def _packed(self, stream: str, revision: int, events: Sequence[Event], actor: str, cause: Cause) -> list[NewEvent]:
        """What becomes of a command in the same change follows from the event before it; all else from the cause."""
        packed: list[NewEvent] = []
        for number, event in enumerate(events, revision + 1):
            follows = isinstance(event, CommandStep) and packed
            causation_id = format_event_id(packed[-1].id) if follows else cause.causation_id
            packed.append(self._pack(stream, number, event, actor, Cause(cause.correlation_id, causation_id)))
        return packed

    def _pack(self, stream: str, revision: int, event: Event, actor: str, cause: Cause) -> NewEvent:
        """The id follows from the place and the content: an append whose answer was lost can be made again."""
        metadata = Metadata(
            schema_version=REGISTRY.version_of(event),
            source="graphql",
            received_at=self._clock(),
            actor=actor,
            correlation_id=cause.correlation_id or self.correlation_id,
            causation_id=cause.causation_id,
        )
        event_id = content_event_id(None, stream, str(revision), REGISTRY.name_of(event), msgspec.json.encode(event))
        return REGISTRY.pack(event_id, event, metadata)


def _decided(decide: Decide, current: Stream) -> Sequence[Event]:
    decision = decide(current.events)
    if isinstance(decision, Refused):
        raise ApiError(_CODES[decision.why], decision.message)
    return decision
