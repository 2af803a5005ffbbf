"""The write side: read a stream, fold it, decide, append at the expected revision; and again when somebody was faster."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final

import msgspec

from adapters.event_log.port import NO_STREAM, Append, Conflict, EventLog
from api.errors import ApiError, ErrorCode
from domain.decisions import Decision, Refusal, Refused
from schema.envelope import Cursor, Metadata, NewEvent, Position
from schema.events import Event
from schema.ids import content_event_id
from schema.registry import REGISTRY

_ATTEMPTS: Final = 10
_PAGE: Final = 500
_CODES: Final = {
    Refusal.INVALID: ErrorCode.INVALID_INPUT,
    Refusal.NOT_FOUND: ErrorCode.NOT_FOUND,
    Refusal.CONFLICT: ErrorCode.CONFLICT,
}


class Stream(msgspec.Struct, frozen=True):
    """A stream as it stands: its events, the revision and the position of the last."""

    events: Sequence[Event]
    revision: int
    position: Position | None


class Change(msgspec.Struct, frozen=True):
    """A stream after a decision, and the cursor from which on the decision can be seen."""

    events: Sequence[Event]
    position: Position | None
    cursor: str


class Writer:
    """Changes what people decide. Every change is an event that says who caused it."""

    def __init__(self, log: EventLog, clock: Callable[[], datetime]) -> None:
        self._log = log
        self._clock = clock

    async def change(self, stream: str, actor: str, decide: Callable[[Sequence[Event]], Decision]) -> Change:
        """Let `decide` see the stream's events and append what follows; ApiError where it refuses."""
        for _ in range(_ATTEMPTS):
            current = await self._read(stream)
            decision = _decided(decide, current)
            position = await self._append(stream, current, decision, actor) if decision else current.position
            if not isinstance(position, Conflict):
                return Change([*current.events, *decision], position, Cursor(self._log.log_id, position).encode())
        raise ApiError(ErrorCode.CONFLICT, "too many others are changing the same thing; try again")

    async def consider(self, stream: str, decide: Callable[[Sequence[Event]], Decision]) -> Change:
        """What would follow, without appending it; ApiError where `decide` refuses."""
        current = await self._read(stream)
        decision = _decided(decide, current)
        return Change([*current.events, *decision], current.position, Cursor(self._log.log_id, current.position).encode())

    async def _read(self, stream: str) -> Stream:
        events: list[Event] = []
        revision, position = NO_STREAM, None
        while True:
            page = await self._log.read_stream(stream, start=revision + 1, limit=_PAGE)
            events += (REGISTRY.unpack(recorded) for recorded in page if recorded.type in REGISTRY.types)
            if page:
                revision, position = page[-1].revision, page[-1].position
            if len(page) < _PAGE:
                return Stream(events, revision, position)

    async def _append(self, stream: str, current: Stream, events: Sequence[Event], actor: str) -> Position | Conflict:
        now = self._clock()
        packed = [self._pack(stream, current.revision + 1 + offset, event, actor, now) for offset, event in enumerate(events)]
        [result] = await self._log.append([Append(stream, current.revision, packed)])
        return result if isinstance(result, Conflict) else result.position

    def _pack(self, stream: str, revision: int, event: Event, actor: str, now: datetime) -> NewEvent:
        """The id follows from the place and the content: an append whose answer was lost can be made again."""
        metadata = Metadata(schema_version=REGISTRY.version_of(event), source="graphql", received_at=now, actor=actor)
        event_id = content_event_id(None, stream, str(revision), REGISTRY.name_of(event), msgspec.json.encode(event))
        return REGISTRY.pack(event_id, event, metadata)


def _decided(decide: Callable[[Sequence[Event]], Decision], current: Stream) -> Sequence[Event]:
    decision = decide(current.events)
    if isinstance(decision, Refused):
        raise ApiError(_CODES[decision.why], decision.message)
    return decision
