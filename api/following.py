"""Following the log on behalf of one subscriber: the values that he wants, each with the point at which he has seen it.

One event holds several values, so a cursor may stand between two of them. Positions are opaque: such a cursor is the last
position before the event, and how many of its values were seen.
"""

from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from typing import Final, TypeAlias

from api.cursors import ResumePoint, SeriesName
from api.page_messages import in_parts
from api.selection import Selection
from api.services import Services
from api.types.messages import ReadingReceived, Recorded, Together
from projections.feed_queries import FeedEvent, FeedPage
from schema.envelope import Cursor, Filter, Position, RecordedEvent
from schema.events import SensorReading

READINGS: Final = Filter(categories=frozenset({"device"}), types=frozenset({"SensorReading"}))
"""The same for all subscribers, so that a cursor means the same to each."""
_LOOK_UP_SECONDS: Final = 1.0
Value: TypeAlias = tuple[ResumePoint, Recorded]


class Following:
    """Where a subscriber is in the log. `told` is as in `ResumePoint`."""

    def __init__(self, services: Services, selection: Selection) -> None:
        self.selection = selection
        self.passed: Position | None = None
        self.told: SeriesName | None = None
        self._seen = 0
        self._services = services

    def begin(self, point: ResumePoint) -> None:
        self.passed, self._seen, self.told = point.cursor.position, point.values, point.told

    def skip(self, position: Position | None) -> None:
        """Go on after that position, whatever lies before it."""
        self.passed, self._seen = position, 0

    def here(self) -> ResumePoint:
        return ResumePoint(Cursor(self._services.log.log_id, self.passed), self._seen, self.told)

    def pages(self, patience: Callable[[], float | None]) -> AsyncIterator[FeedPage]:
        """The feed from here on. Who follows one device is woken for it alone, but looks up often enough to stay near."""
        watch, device = self._services.feed.watch, self.selection.device
        if device is None:
            return watch(self.passed, only=READINGS, stream=None, patience=patience)

        def near() -> float:
            wanted = patience()
            return _LOOK_UP_SECONDS if wanted is None else min(wanted, _LOOK_UP_SECONDS)

        return watch(self.passed, only=READINGS, stream=f"device-{device}", patience=near)

    def together(self, page: FeedPage) -> Sequence[Together]:
        """What is to be told of a page, which is passed with it."""
        services = self._services
        if self._seen or self.told is not None or services.sight is not None:
            return in_parts(self._messages(page))
        version = services.decisions.version
        parts = services.page_messages.of(page, self.selection, version, lambda: self._messages(page))
        self.passed = page.position
        return parts

    def _messages(self, page: FeedPage) -> list[ReadingReceived]:
        return [ReadingReceived(point=point, told=value, conflated=0) for point, value in self.values(page)]

    def values(self, page: FeedPage) -> Iterator[Value]:
        """What is wanted of a page, which is passed with it."""
        device = self.selection.device
        for fed in page.events:  # of which each subscriber goes through each: most are of other devices
            event, seen = fed.event, self._seen
            self._seen = 0
            if isinstance(event, SensorReading) and device in {None, event.device_id}:
                yield from self._in_event(fed, event, seen)
            self.passed = fed.recorded.position
        self.passed = page.position

    def _in_event(self, fed: FeedEvent, event: SensorReading, seen: int) -> Iterator[Value]:
        if self.selection.is_there(event, fed.recorded, self._services.latest):
            for number, metric in enumerate(event.reading, 1):
                if number > seen and self.selection.metric in {None, metric}:
                    point = self._after(fed.recorded, number, len(event.reading))
                    decided = self._services.decisions.corrections(event.device_id, event.sensor_id, metric)
                    yield point, Recorded(fed.recorded, event, metric, decided)

    def _after(self, recorded: RecordedEvent, number: int, values: int) -> ResumePoint:
        log_id = self._services.log.log_id
        if number == values:
            return ResumePoint(Cursor(log_id, recorded.position), told=self.told)
        return ResumePoint(Cursor(log_id, self.passed), number, self.told)
