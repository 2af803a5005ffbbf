"""Anomalies out of the history: in pages, and live."""

from collections.abc import AsyncGenerator
from datetime import datetime

import msgspec

from adapters.history.port import Anomaly, AnomalyChanges, AnomalyQuery, SeriesKey
from api.cursors import AnomalyMark, AnomalyPlace, decode_place, decode_resume_point, encode_place
from api.errors import ApiError, ErrorCode
from api.history import not_shared, shared
from api.progress import Progress
from api.resume import start_of
from api.scalars import CursorText
from api.selection import Selection
from api.services import Services
from api.types.anomaly import (
    AnomalyCleared,
    AnomalyConnection,
    AnomalyFound,
    AnomalyGap,
    AnomalyProgress,
    anomaly_change,
    anomaly_page,
)
from api.types.enums import AnomalySeverity
from api.types.paging import Page
from domain.anomalies import Severity
from projections.anomaly_feed import AnomalyFeed
from schema.envelope import Cursor, Position
from schema.times import to_micros

_BEFORE_ALL = Position(-1)
_PAGE = 200


class Wanted(msgspec.Struct, frozen=True):
    """A page of anomalies of hours that start in [start, end); None is any."""

    device: str | None
    metric: str | None
    severity: AnomalySeverity | None
    start: datetime | None
    end: datetime | None
    page: Page


async def anomalies(services: Services, wanted: Wanted) -> AnomalyConnection:
    """A page, newest first."""
    if wanted.start is not None and wanted.end is not None and wanted.start >= wanted.end:
        raise ApiError(ErrorCode.INVALID_INPUT, "from must lie before to")
    query = AnomalyQuery(
        device=wanted.device,
        metric=wanted.metric,
        severity=Severity.MINOR if wanted.severity is None else Severity[wanted.severity.name],
        start_us=None if wanted.start is None else to_micros(wanted.start),
        end_us=None if wanted.end is None else to_micros(wanted.end),
        after=_place_of(wanted.page.after),
        before=_place_of(wanted.page.before),
        backwards=wanted.page.backwards,
        limit=wanted.page.size + 1,
    )
    checkpoint = await shared(services).checkpoint()
    found = await shared(services).anomalies(query)
    live = CursorText(_mark(services, _position(services, checkpoint)))
    return anomaly_page(found, wanted.page, live)


def _place_of(cursor: str | None) -> tuple[int, SeriesKey] | None:
    if cursor is None:
        return None
    place = decode_place(cursor, AnomalyPlace)
    return place.start_us, SeriesKey(place.device, place.sensor, place.metric)


def feed_of(services: Services) -> AnomalyFeed:
    """What the subscription follows; ApiError HISTORY_NOT_SHARED where this process has no history."""
    feed = services.anomaly_feed
    if feed is None:
        raise not_shared()
    return feed


class LiveAnomalies:
    """The changes of anomalies that one subscriber wants, from where it left off."""

    def __init__(self, services: Services, selection: Selection) -> None:
        self._services = services
        self._feed = feed_of(services)
        self._selection = selection
        self._passed = self._upto = _BEFORE_ALL
        self._seen: tuple[SeriesKey, int] | None = None
        self._store = self._feed.store

    async def messages(
        self, after: str | None
    ) -> AsyncGenerator[AnomalyFound | AnomalyCleared | AnomalyProgress | AnomalyGap, None]:
        """Messages after the cursor, for ever; from now where there is none."""
        gap, progress = await self._start(after), Progress(self._services.limits.progress_seconds)
        while True:
            gap = await self._look() or gap
            if gap is not None:
                yield AnomalyGap(cursor=self._cursor(), reason=gap)
                gap = None
                progress.told(self._passed)
            while page := await self._page():
                for change in page:
                    self._passed, self._seen = change.position, (change.series, change.start_us)
                    if self._wants(change):
                        yield anomaly_change(change, self._cursor())
                        progress.told(self._passed)
            if self._passed <= self._upto:
                self._passed, self._seen = self._upto, None
            if progress.is_due(self._passed):
                yield AnomalyProgress(cursor=self._cursor())
                progress.told(self._passed)
            await self._feed.pause()

    async def _start(self, after: str | None) -> str | None:
        """Find the place to begin at; what the subscriber must be told to have missed."""
        self._passed = self._upto = _position(self._services, await self._feed.checkpoint())
        if after is None:
            return None
        mark = _mark_of(after)
        position = None if mark.position == _BEFORE_ALL else Position(mark.position)
        start = await start_of(self._services.log, Cursor(mark.log_id, position).encode())
        if start.gap is None:
            self._passed, self._seen = Position(mark.position), mark.seen
        return start.gap

    async def _look(self) -> str | None:
        """How far the windows hold; where they are others than before, or hold less far, what that means."""
        before, self._upto = self._upto, _position(self._services, await self._feed.checkpoint())
        store, self._store = self._store, self._feed.store
        if store is not self._store:
            self._passed, self._seen = self._upto, None
            return "another version of the history serves from here on: what is otherwise in it before this place is not told"
        if self._upto < before:
            self._passed, self._seen = self._upto, None
            return "the history is being made anew: what changes by that before this place is not told"
        return None

    async def _page(self) -> list[Anomaly]:
        """The next changes up to where the windows hold; none where all are passed."""
        if self._passed > self._upto or (self._passed == self._upto and self._seen is None):
            return []
        asked = AnomalyChanges(after=self._passed, seen=self._seen, upto=self._upto, limit=_PAGE)
        return await self._feed.page(asked)

    def _wants(self, change: Anomaly) -> bool:
        key, services = change.series, self._services
        return services.sees(key.device) and self._selection.is_of(key.device, key.metric, services.latest)

    def _cursor(self) -> CursorText:
        return CursorText(_mark(self._services, self._passed, self._seen))


def _position(services: Services, checkpoint: Cursor | None) -> Position:
    """Up to where the history holds this log."""
    if checkpoint is None or checkpoint.log_id != services.log.log_id or checkpoint.position is None:
        return _BEFORE_ALL
    return checkpoint.position


def _mark(services: Services, position: Position, seen: tuple[SeriesKey, int] | None = None) -> str:
    return encode_place(AnomalyMark(services.log.log_id, position, seen))


def _mark_of(text: str) -> AnomalyMark:
    """The place of a cursor of ours, or of one of the log, such as a mutation answers."""
    try:
        return decode_place(text, AnomalyMark)
    except ApiError:
        cursor = decode_resume_point(text).cursor
        return AnomalyMark(cursor.log_id, _BEFORE_ALL if cursor.position is None else cursor.position)
