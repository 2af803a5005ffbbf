"""What may be asked of the lineage index, and the shapes of the answers."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Protocol

import msgspec

from schema.envelope import Position, RecordedEvent
from schema.ids import EventId


class LetterState(StrEnum):
    """What became of a dead letter: nothing yet; what it says is stored; another dead letter stands in its place."""

    OPEN = "open"
    REPLAYED = "replayed"
    SUPERSEDED = "superseded"


class ReplayView(msgspec.Struct, frozen=True):
    """A dead letter went through ingest again: when, by whom, on which topic, and what events came of it, by their ids.

    `repaired` is whether it was sent otherwise than it was.
    """

    at: datetime
    actor: str | None
    topic: str | None
    repaired: bool
    event_ids: Sequence[str]
    dead_letters: Sequence[str]

    @property
    def state(self) -> LetterState:
        return LetterState.REPLAYED if self.event_ids else LetterState.SUPERSEDED


class DeadLetterView(msgspec.Struct, frozen=True):
    """A message that could not be understood. `payload` holds all its bytes, or the prefix where it was too large.

    `replay` is the last time that it was sent again and became anything else.
    """

    event_id: EventId
    position: Position
    source: str
    topic: str
    payload: bytes
    size: int
    sha256: str
    code: str
    reason: str
    received_at: datetime
    replay: ReplayView | None = None

    @property
    def state(self) -> LetterState:
        return LetterState.OPEN if self.replay is None else self.replay.state


class LineageQueries(Protocol):
    """The lineage index: event id and correlation id -> place in the log, which cannot look events up by id."""

    async def find(self, event_id: EventId) -> RecordedEvent | None:
        """The event of that id, read from the log; the first where the log holds it twice."""
        ...

    async def find_all(self, event_ids: Sequence[EventId]) -> list[RecordedEvent | None]:
        """The event of each id, in that order."""
        ...

    async def correlated(self, correlation_id: str, *, first: int) -> list[RecordedEvent]:
        """At most `first` events of that correlation id, in log order."""
        ...

    async def of_commands(self, devices: Mapping[str, str], *, first: int) -> list[RecordedEvent]:
        """At most `first` events of each command in which its own device, named by the command's id, tells something of it."""
        ...

    async def letters(self, event_ids: Sequence[EventId]) -> list[DeadLetterView | None]:
        """The dead letter of each id, in that order; None where it is none."""
        ...

    async def dead_letters(
        self,
        *,
        first: int,
        before: Position | None = None,
        since: Position | None = None,
        oldest: bool = False,
        state: LetterState | None = None,
    ) -> list[DeadLetterView]:
        """At most `first` dead letters, newest first, recorded between those positions; with `oldest` the last of them.

        With a state only those.
        """
        ...

    async def count_dead_letters(self, state: LetterState | None = None) -> int: ...
