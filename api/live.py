"""Live readings: the feed from a cursor on, as messages that each say where to go on. Nothing is missed, nothing comes twice.

By choice the present state comes first, and of each series at most one reading in so long.
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import TypeAlias

import msgspec

from adapters.event_log.iterating import closing
from api.conflation import Conflation
from api.cursors import BEFORE_ALL_SERIES
from api.errors import ApiError, ErrorCode
from api.following import Following
from api.limits import Limits
from api.present import tell_present
from api.progress import Progress
from api.resume import start_of
from api.scalars import CursorText
from api.selection import Selection
from api.services import Services
from api.slow import Pace, TooSlowError
from api.types.messages import ReadingGap, ReadingProgress, ReadingReceived, Together
from projections.feed_queries import FeedPage

Messages: TypeAlias = AsyncGenerator[ReadingReceived | Together | ReadingProgress | ReadingGap, None]


class Options(msgspec.Struct, frozen=True):
    """Where to begin, whether with the present state, and how long there is to be between two readings of a series."""

    after: str | None = None
    initial: bool = False
    every_ms: int | None = None

    def check(self, limits: Limits) -> None:
        """ApiError INVALID_INPUT where they make no sense."""
        least, most = limits.least_every_ms, limits.most_every_ms
        if self.every_ms is not None and not least <= self.every_ms <= most:
            raise ApiError(ErrorCode.INVALID_INPUT, f"everyMs must lie between {least} and {most}; got {self.every_ms}")


class LiveReadings:
    """The readings that one subscriber wants, from where it left off."""

    def __init__(self, services: Services, selection: Selection, options: Options) -> None:
        options.check(services.limits)
        self._services = services
        self._options = options
        self._following = Following(services, selection)
        self._progress = Progress(services.limits.progress_seconds)
        self._conflation = None if options.every_ms is None else Conflation(options.every_ms / 1000)

    async def messages(self) -> Messages:
        """Messages for ever; TooSlowError where they are taken too slowly."""
        pace = Pace(self._services.limits.slow_seconds)
        async with aclosing(self._found(pace)) as messages:
            async for message in messages:
                pace.hand()
                yield message
                pace.taken()
                if self._conflation is None and pace.is_too_slow:
                    too_slow = TooSlowError(self._services.limits.slow_seconds)
                    yield ReadingGap(cursor=_cursor_of(message), reason=too_slow.message)
                    raise too_slow

    async def _found(self, pace: Pace) -> Messages:
        async with aclosing(self._begun()) as messages:
            async for message in messages:
                yield message
        async with closing(self._following.pages(self._patience)) as pages:
            async for page in pages:
                async with aclosing(self._in_turn(page)) as messages:
                    async for message in messages:
                        yield message
                if page.caught_up:
                    pace.saw_all()

    async def _begun(self) -> Messages:
        """The gap before the start where there is one, and the present state where it is wanted."""
        start = await start_of(self._services.log, self._options.after)
        following = self._following
        following.begin(start.point)
        if self._options.initial and (self._options.after is None or start.gap is not None):
            following.told = BEFORE_ALL_SERIES
        if start.gap is not None:
            yield ReadingGap(cursor=self._here(), reason=start.gap)
        if following.told is not None:
            async with aclosing(tell_present(self._services, following)) as present:
                async for message in present:
                    yield message
            yield self._so_far()

    async def _in_turn(self, page: FeedPage) -> Messages:
        """What is to be said when the page is read."""
        if self._conflation is not None:
            async for message in self._conflated(page, self._conflation):
                yield message
                self._progress.told(message.point.cursor.position)
            if self._conflation.keeps:
                return  # who went on from here would miss it
        else:
            for together in self._following.together(page):
                yield together
                self._progress.told(together.messages[-1].point.cursor.position)
        if self._progress.is_due(self._following.passed):
            yield self._so_far()

    async def _conflated(self, page: FeedPage, conflation: Conflation) -> AsyncGenerator[ReadingReceived, None]:
        for point, value in self._following.values(page):
            if not conflation.has_room(value):
                await asyncio.sleep(conflation.rest())
                for message in conflation.send():
                    yield message
            conflation.take(point, value)
        conflation.read(caught_up=page.caught_up)
        if conflation.is_due:
            for message in conflation.send():
                yield message
        elif conflation.keeps and page.caught_up:
            await asyncio.sleep(conflation.rest())  # rather than be woken for each reading that comes meanwhile

    def _patience(self) -> float | None:
        if self._conflation is not None and self._conflation.keeps:
            return self._conflation.rest()
        return self._progress.patience()

    def _so_far(self) -> ReadingProgress:
        self._progress.told(self._following.passed)
        return ReadingProgress(cursor=self._here())

    def _here(self) -> CursorText:
        return CursorText(self._following.here().encode())


def _cursor_of(message: ReadingReceived | Together | ReadingProgress | ReadingGap) -> CursorText:
    if isinstance(message, Together):
        message = message.messages[-1]
    return CursorText(message.point.encode()) if isinstance(message, ReadingReceived) else message.cursor
