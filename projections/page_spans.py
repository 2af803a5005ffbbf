"""What read models tell of the pages that they took in: a span a page, and one in the trace of each event that is followed."""

import time
from typing import Final

from adapters.tracing.identity import CORRELATED, belonging
from adapters.tracing.port import Tracer
from projections.feed_queries import FeedPage
from schema.envelope import RecordedEvent

_NS: Final = 1_000_000_000
_RECENT_US: Final = 10 * 60 * 1_000_000
"""Who makes a read model anew takes in again what happened long ago: of that nobody wants to hear in the trace of the event."""


class PageSpans:
    """Of the read models of one process."""

    def __init__(self, tracer: Tracer) -> None:
        self._tracer = tracer

    def applied(self, name: str, page: FeedPage, seconds: float) -> None:
        """That read model just took in that page, in so many seconds."""
        if not page.events:
            return
        ended = time.time_ns()
        began = ended - int(seconds * _NS)
        named = f"project {name}"
        self._tracer.record(named, began, ended, projection=name, events=len(page.events), position=page.position or 0)
        since = ended // 1_000 - _RECENT_US
        for event in self._followed(page):
            if event.recorded_us >= since:
                self._tracer.record(
                    named,
                    began,
                    ended,
                    belonging(event.metadata).correlation_id,
                    cause=event.id,
                    projection=name,
                    stream=event.stream,
                    type=event.type,
                    position=event.position,
                )

    def _followed(self, page: FeedPage) -> list[RecordedEvent]:
        """Asked of every event by every read model."""
        wants, events = self._tracer.wants, [fed.recorded for fed in page.events]
        return [event for event in events if wants(event.id, event.type) or CORRELATED in event.metadata]
