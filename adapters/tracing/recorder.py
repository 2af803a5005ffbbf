"""The tracer that is one: it says to which trace each span belongs, and hands on those that are to be told of."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager

from adapters.tracing.identity import Place, Share, read_traceparent, span_of_event
from adapters.tracing.port import NOTHING, Attribute, Kind, Span
from adapters.tracing.spans import About, Course, Finished, Open, under_way
from schema.ids import EventId


class Recorder:
    """Implements `Tracer`. `take` gets the spans of what is over, and the number of those left out of it; it must not block."""

    on = True

    def __init__(self, share: Share, take: Callable[[Sequence[Finished], int], None]) -> None:
        self._share = share
        self._take = take
        self.wants = share.holds_event

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
        about = About(name, kind, attributes)
        return self._open(
            about, correlation_id, cause=cause, remote=None if traceparent is None else read_traceparent(traceparent)
        )

    def part(self, name: str, *, kind: Kind = Kind.INTERNAL, **attributes: Attribute) -> AbstractContextManager[Span]:
        current = under_way()
        if current is None:
            return NOTHING
        return Open(current.course, current, self._over, About(name, kind, attributes))

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
        span = self._open(About(name, kind, attributes), correlation_id, cause=cause, of=of)
        if of is not None:
            span.id = span_of_event(of)
        span.over(began_ns, ended_ns)

    def _open(
        self,
        about: About,
        correlation_id: str | None,
        *,
        cause: EventId | None = None,
        of: EventId | None = None,
        remote: Place | None = None,
    ) -> Open:
        """Within what is under way, where it belongs to the same; else it begins something, and is linked to that."""
        current = under_way()
        if current is not None and (correlation_id is None or current.course.join(correlation_id)):
            return Open(current.course, current, self._over, about)
        course = Course(correlation_id, cause or of, remote)
        span = Open(course, None if cause is None else span_of_event(cause), self._over, about)
        if current is not None:
            span.links.append(current)
        return span

    def _over(self, course: Course) -> None:
        if self._is_told(course):
            self._take(course.finished(), course.left_out)

    def _is_told(self, course: Course) -> bool:
        """All that belongs to a correlation id, all that failed, what a caller follows; of the rest a share."""
        if course.correlation_id is not None or course.event is not None or course.has_failed:
            return True
        return self._share.holds(course.trace) if course.remote is None else course.remote.sampled
