"""How the live log is followed by many, and the shapes of its pages."""

from collections.abc import AsyncIterator, Callable, Sequence
from typing import Protocol

import msgspec

from schema.envelope import Filter, Position, RecordedEvent
from schema.events import Event


class FeedEvent(msgspec.Struct, frozen=True, gc=False):
    """A recorded event and what is inside it; `event` is None where its type is not known to this code."""

    recorded: RecordedEvent
    event: Event | None


class FeedPage(msgspec.Struct, frozen=True, gc=False):
    """A page of the log, decoded once for all who read it. `position` is the checkpoint after it.

    `unreadable` are those of `events` whose data does not fit their type: who needs what is inside cannot go on.
    """

    events: Sequence[FeedEvent]
    position: Position | None
    caught_up: bool
    unreadable: Sequence[RecordedEvent] = ()


class FeedQueries(Protocol):
    """The live log, shared: one subscription a process, a bounded ring of recent pages, the log itself for who is behind."""

    def follow(self, after: Position | None, *, only: Filter) -> AsyncIterator[FeedPage]:
        """Pages after `after`, for ever; pages without a match come as progress."""
        ...


class LiveQueries(FeedQueries, Protocol):
    """The same for the many who want a little of it each."""

    def watch(
        self, after: Position | None, *, only: Filter, stream: str | None, patience: Callable[[], float | None]
    ) -> AsyncIterator[FeedPage]:
        """As `follow`, for who looks for events of one stream alone, or (None) of all: others do not wake him.

        They come with what does, or after `patience` seconds, when there is a page in any case; None is for ever.
        """
        ...
