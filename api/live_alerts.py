"""Live alerts: what is said of them from a cursor on. Nothing is missed, nothing comes twice, and what is missing is told.

Whose key is good for a part of the house alone is told of alerts of what he sees, by what he sees then.
"""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Final, TypeAlias

from adapters.event_log.iterating import closing
from adapters.event_log.port import LogUnavailableError
from api.cursors import ResumePoint
from api.errors import ApiError, ErrorCode
from api.progress import Progress
from api.resume import start_of
from api.scalars import CursorText
from api.selection import Selection
from api.services import Services
from api.slow import Pace, TooSlowError
from api.types.alert_messages import AlertChanged, AlertGap, AlertProgress
from projections.alert_lives import Change
from projections.feed_queries import FeedEvent, FeedPage
from schema.envelope import Cursor, Filter, Position

ALERT_EVENTS: Final = Filter(categories=frozenset({"alert"}))
Messages: TypeAlias = AsyncGenerator[AlertChanged | AlertProgress | AlertGap, None]


class LiveAlerts:
    """The changes of alerts that one subscriber wants, from where it left off."""

    def __init__(self, services: Services, selection: Selection) -> None:
        self._services = services
        self._selection = selection
        self._house = services.whole or services
        self._progress = Progress(services.limits.progress_seconds)
        self._passed: Position | None = None

    async def messages(self, after: str | None) -> Messages:
        """Messages for ever; TooSlowError where they are taken too slowly."""
        pace = Pace(self._services.limits.slow_seconds)
        async with aclosing(self._found(after, pace)) as messages:
            async for message in messages:
                pace.hand()
                yield message
                pace.taken()
                if pace.is_too_slow:
                    too_slow = TooSlowError(self._services.limits.slow_seconds)
                    yield AlertGap(cursor=self._here(), reason=too_slow.message)
                    raise too_slow

    async def _found(self, after: str | None, pace: Pace) -> Messages:
        start = await start_of(self._services.log, after)
        self._passed = start.point.cursor.position
        if start.gap is not None:
            yield AlertGap(cursor=self._here(), reason=start.gap)
        watched = self._house.feed.watch(self._passed, only=ALERT_EVENTS, stream=None, patience=self._progress.patience)
        async with closing(watched) as pages:
            async for page in pages:
                async with aclosing(self._in_turn(page)) as messages:
                    async for message in messages:
                        yield message
                if page.caught_up:
                    pace.saw_all()

    async def _in_turn(self, page: FeedPage) -> Messages:
        for fed in page.events:
            change = await self._change(fed)
            self._passed = fed.recorded.position
            if change is not None and self._wants(change):
                yield AlertChanged(point=self._point(), told=change)
                self._progress.told(self._passed)
        self._passed = page.position
        if self._progress.is_due(self._passed):
            self._progress.told(self._passed)
            yield AlertProgress(cursor=self._here())

    def _wants(self, change: Change) -> bool:
        raised, latest = change.alert.raised, self._services.latest
        return self._services.sees(raised.device_id) and self._selection.is_of(raised.device_id, raised.metric, latest)

    async def _change(self, fed: FeedEvent) -> Change | None:
        try:
            return await self._services.alert_lives.change(fed)
        except LogUnavailableError as error:
            raise ApiError(ErrorCode.UNAVAILABLE, f"the event log is away: {error}; go on from the last cursor") from error

    def _point(self) -> ResumePoint:
        return ResumePoint(Cursor(self._services.log.log_id, self._passed))

    def _here(self) -> CursorText:
        return CursorText(self._point().encode())
