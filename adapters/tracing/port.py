"""The port of tracing. Who has no tracer of his own has `OFF`, which does nothing.

What belongs to a correlation id stands in one trace, whichever process tells of it: the trace id is a hash of it. An event
without one has a trace of its own, whose id is the event's. The span of an event's append has an id that follows from the
event's, so that whoever acts upon it later can name the parent without being told. See `identity`.

An attribute's name without a dot is one of ours, and gets the prefix `glasshouse.`. Nothing secret is an attribute: no
payload, no key, no variable of a document.
"""

from contextlib import AbstractContextManager
from enum import StrEnum
from types import TracebackType
from typing import Final, Protocol, Self, TypeAlias

from schema.ids import EventId

Attribute: TypeAlias = str | int | float | bool


class Kind(StrEnum):
    """OpenTelemetry's kinds of spans."""

    INTERNAL = "internal"
    SERVER = "server"
    CLIENT = "client"
    PRODUCER = "producer"
    CONSUMER = "consumer"


class Span(Protocol):
    """Something under way."""

    def note(self, **attributes: Attribute) -> None:
        """What is known of it by now."""
        ...

    def failed(self, why: str) -> None:
        """It did not do what it was to do. `why` is a code or the name of an error: its message might hold a secret."""
        ...


class Tracer(Protocol):
    """Takes spans. Never waits, never fails."""

    @property
    def on(self) -> bool:
        """Whether anybody wants spans at all: what costs something to find out need not be found out otherwise."""
        ...

    def span(
        self,
        name: str,
        correlation_id: str | None = None,
        *,
        cause: EventId | None = None,
        kind: Kind = Kind.INTERNAL,
        traceparent: str | None = None,
        **attributes: Attribute,
    ) -> AbstractContextManager[Span]:
        """A span for as long as the block runs; those begun inside it are its children.

        It belongs to `correlation_id`, and follows from the event `cause`. `traceparent` is what a caller from outside sent.
        """
        ...

    def part(self, name: str, *, kind: Kind = Kind.INTERNAL, **attributes: Attribute) -> AbstractContextManager[Span]:
        """The same for what is worth telling only as a part of what is under way."""
        ...

    def wants(self, event_id: EventId, event_type: str) -> bool:
        """Whether an event without a correlation id is among those of which every process tells."""
        ...

    def record(
        self,
        name: str,
        began_ns: int,
        ended_ns: int,
        correlation_id: str | None = None,
        *,
        of: EventId | None = None,
        cause: EventId | None = None,
        kind: Kind = Kind.INTERNAL,
        **attributes: Attribute,
    ) -> None:
        """What is over, from and to in nanoseconds since the epoch. With `of` it is the span by which that event came about."""
        ...


class _Nothing:
    """The span of who traces nothing."""

    def note(self, **attributes: Attribute) -> None:
        """Nobody asks."""

    def failed(self, why: str) -> None:
        """Nobody asks."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Nobody asks."""


NOTHING: Final = _Nothing()


class _Off:
    on: Final = False

    def span(
        self,
        name: str,  # noqa: ARG002  # the port's
        correlation_id: str | None = None,  # noqa: ARG002
        *,
        cause: EventId | None = None,  # noqa: ARG002
        kind: Kind = Kind.INTERNAL,  # noqa: ARG002
        traceparent: str | None = None,  # noqa: ARG002
        **attributes: Attribute,  # noqa: ARG002
    ) -> AbstractContextManager[Span]:
        return NOTHING

    def part(self, name: str, *, kind: Kind = Kind.INTERNAL, **attributes: Attribute) -> AbstractContextManager[Span]:  # noqa: ARG002
        return NOTHING

    def wants(self, event_id: EventId, event_type: str) -> bool:  # noqa: ARG002
        return False

    def record(
        self,
        name: str,
        began_ns: int,
        ended_ns: int,
        correlation_id: str | None = None,
        *,
        of: EventId | None = None,
        cause: EventId | None = None,
        kind: Kind = Kind.INTERNAL,
        **attributes: Attribute,
    ) -> None:
        """Nobody asks."""


OFF: Final[Tracer] = _Off()
"""Who traces nothing."""
