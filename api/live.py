"""Live readings: the feed from a cursor on, as messages that each say where to go on. Nothing is missed, nothing comes twice.

One event holds several values, so a cursor may stand between two of them. Positions are opaque: such a cursor is the last
position before the event, and how many of its values were seen.
"""

from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing
from typing import Final

import msgspec

from api.cursors import ResumePoint
from api.pages import Pages
from api.progress import Progress
from api.resume import start_of
from api.scalars import CursorText
from api.services import Services
from api.types.messages import ReadingGap, ReadingProgress, ReadingReceived
from projections.queries import FeedEvent, FeedPage, LatestQueries
from schema.envelope import Cursor, Filter, Position, RecordedEvent, decode_metadata
from schema.events import SensorReading

READINGS: Final = Filter(categories=frozenset({"device"}), types=frozenset({"SensorReading"}))
"""The same for all subscribers, so that a cursor means the same to each."""


class Selection(msgspec.Struct, frozen=True):
    """Which readings somebody wants to see; None is any."""

    device: str | None = None
    location: str | None = None
    metric: str | None = None

    def wants(self, event: SensorReading, recorded: RecordedEvent, latest: LatestQueries) -> bool:
        if self.device is not None and event.device_id != self.device:
            return False
        return self.location is None or self._is_here(_place(event.device_id, recorded, latest))

    def _is_here(self, place: str | None) -> bool:
        return place is not None and (place == self.location or place.startswith(f"{self.location}/"))


class LiveReadings:
    """The readings that one subscriber wants, from where it left off."""

    def __init__(self, services: Services, selection: Selection) -> None:
        self._services = services
        self._selection = selection
        self._passed: Position | None = None
        self._seen = 0

    async def messages(self, after: str | None) -> AsyncGenerator[ReadingReceived | ReadingProgress | ReadingGap, None]:
        """Messages after the cursor, for ever; from now where there is none."""
        start = await start_of(self._services.log, after)
        if start.gap is not None:
            yield ReadingGap(cursor=CursorText(start.point.encode()), reason=start.gap)
        self._passed, self._seen = start.point.cursor.position, start.point.values
        progress = Progress(self._services.limits.progress_seconds)
        async with aclosing(Pages(self._services.feed.follow(self._passed, only=READINGS))) as pages:
            while True:
                page = await pages.next(progress.patience())
                for message in () if page is None else self._in_page(page):
                    yield message
                    progress.told(message.point.cursor.position)
                if progress.is_due(self._passed):
                    yield ReadingProgress(cursor=CursorText(self._here().encode()))
                    progress.told(self._passed)

    def _in_page(self, page: FeedPage) -> Iterator[ReadingReceived]:
        for fed in page.events:
            yield from self._in_event(fed)
            self._passed = fed.recorded.position
        self._passed = page.position

    def _in_event(self, fed: FeedEvent) -> Iterator[ReadingReceived]:
        event = fed.event
        if not isinstance(event, SensorReading):
            return
        seen, self._seen = self._seen, 0
        if self._selection.wants(event, fed.recorded, self._services.latest):
            for number, metric in enumerate(event.reading, 1):
                if number > seen and self._selection.metric in {None, metric}:
                    point = self._after(fed.recorded, number, len(event.reading))
                    decided = self._services.decisions.corrections(event.device_id, event.sensor_id, metric)
                    yield ReadingReceived(point=point, recorded=fed.recorded, event=event, name=metric, corrections=decided)

    def _after(self, recorded: RecordedEvent, number: int, values: int) -> ResumePoint:
        if number == values:
            return ResumePoint(Cursor(self._services.log.log_id, recorded.position))
        return ResumePoint(Cursor(self._services.log.log_id, self._passed), number)

    def _here(self) -> ResumePoint:
        return ResumePoint(Cursor(self._services.log.log_id, self._passed), self._seen)


def _place(device_id: str, recorded: RecordedEvent, latest: LatestQueries) -> str | None:
    """Where a device is: as people decided, else the site that it speaks from, as its first event tells already."""
    view = latest.device(device_id)
    if view is not None and (view.location or view.site):
        return view.location or view.site
    try:
        return decode_metadata(recorded.metadata).site
    except msgspec.DecodeError:
        return None
