"""Spans under way, those that are over, and what of the house they belong to."""

import time
from collections.abc import Callable
from contextvars import ContextVar, Token
from secrets import randbits
from types import TracebackType
from typing import Final, NamedTuple, Self

import msgspec

from adapters.tracing.identity import Place, trace_of, trace_of_event
from adapters.tracing.port import Attribute, Kind
from schema.ids import EventId

_MOST: Final = 256
"""Spans of one thing that happens. More of them nobody looks at, and they would be held until it is over."""
_PREFIX: Final = "glasshouse."


class Finished(msgspec.Struct, frozen=True):
    """A span that is over; times in nanoseconds since the epoch. `error` says that it failed, and of what."""

    place: Place
    name: str
    kind: Kind
    parent: Place | None
    remote: bool
    began_ns: int
    ended_ns: int
    attributes: dict[str, Attribute]
    links: tuple[Place, ...]
    error: str | None


class Course:
    """All spans of one thing that happens in this process, from its first span to the end of that.

    Which trace they are of may turn out underway, with the first event that belongs to a correlation id. `event` is what it is
    about, `remote` the span of a caller from outside.
    """

    __slots__ = ("correlation_id", "event", "left_out", "over", "remote", "spans", "trace")

    def __init__(self, correlation_id: str | None, event: EventId | None, remote: Place | None) -> None:
        self.correlation_id = correlation_id
        self.event = event
        self.remote = remote
        self.trace = self._first_trace()
        self.spans: list[Open] = []
        self.over = False
        self.left_out = 0

    def _first_trace(self) -> int:
        if self.correlation_id is not None:
            return trace_of(self.correlation_id)
        if self.event is not None:
            return trace_of_event(self.event)
        return randbits(128) if self.remote is None else self.remote.trace

    def join(self, correlation_id: str) -> bool:
        """Whether it belongs to that correlation id: as it does from now on, if it belonged to none."""
        if self.correlation_id is None:
            self.correlation_id, self.trace = correlation_id, trace_of(correlation_id)
        return self.correlation_id == correlation_id

    def take(self, span: "Open") -> None:
        if len(self.spans) < _MOST or span.is_first:
            self.spans.append(span)
        else:
            self.left_out += 1

    @property
    def has_failed(self) -> bool:
        return any(span.error is not None for span in self.spans)

    def finished(self) -> list[Finished]:
        return [span.finished() for span in self.spans]


class About(NamedTuple):
    """What a span says from the beginning."""

    name: str
    kind: Kind
    attributes: dict[str, Attribute]


class Open:
    """A span under way. `parent` is another one of its course, or the id of one that somebody else tells of."""

    __slots__ = (
        "_end",
        "_token",
        "attributes",
        "began_ns",
        "course",
        "ended_ns",
        "error",
        "id",
        "is_first",
        "kind",
        "links",
        "name",
        "parent",
    )

    def __init__(
        self,
        course: Course,
        parent: "Open | int | None",
        end: Callable[[Course], None],
        about: About,
    ) -> None:
        self.course = course
        self.parent = parent
        self.name, self.kind, self.attributes = about
        self.id = randbits(64)
        self.links: list[Open | Place] = []
        self.error: str | None = None
        self.is_first = not isinstance(parent, Open)
        self.began_ns = self.ended_ns = 0
        self._end = end
        self._token: Token[Open | None] | None = None

    @property
    def place(self) -> Place:
        return Place(self.course.trace, self.id)

    def note(self, **attributes: Attribute) -> None:
        self.attributes |= attributes

    def failed(self, why: str) -> None:
        self.error = why

    def over(self, began_ns: int, ended_ns: int) -> None:
        """It lasted from then to then; with the first of a course the course is over."""
        self.began_ns, self.ended_ns = began_ns, max(began_ns, ended_ns)
        if not self.course.over:
            self.course.take(self)
        if self.is_first:
            self.course.over = True
            self._end(self.course)

    def finished(self) -> Finished:
        course, parent = self.course, self.parent
        remote = course.remote if self.is_first else None
        links = tuple(one.place if isinstance(one, Open) else one for one in self.links)
        if remote is not None and remote.trace != course.trace:
            links, remote = (*links, remote), None
        above = parent.place if isinstance(parent, Open) else remote if parent is None else Place(course.trace, parent)
        attributes = {name if "." in name else _PREFIX + name: value for name, value in self.attributes.items()}
        if course.correlation_id is not None:
            attributes[f"{_PREFIX}correlation_id"] = course.correlation_id
        return Finished(
            Place(course.trace, self.id),
            self.name,
            self.kind,
            above,
            above is not None and self.is_first,
            self.began_ns,
            self.ended_ns,
            attributes,
            links,
            self.error,
        )

    def __enter__(self) -> Self:
        self._token = _current.set(self)
        self.began_ns = time.time_ns()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._token is not None:
            _current.reset(self._token)
        if kind is not None and self.error is None:
            self.error = kind.__name__
        self.over(self.began_ns, time.time_ns())


_current: ContextVar[Open | None] = ContextVar("glasshouse-span", default=None)


def under_way() -> Open | None:
    """The span that the running task is in. A task that outlives the course that it was begun in is in none."""
    span = _current.get()
    return None if span is None or span.course.over else span
