"""The feed: one subscription of the log a process, each event decoded once, shared by read models and GraphQL subscribers.

Who is behind reads the log itself until it reaches the ring. Each follower has its own place, so a slow one delays nobody.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Final, NoReturn

import structlog

from adapters.event_log.iterating import closing
from adapters.event_log.port import EventLog, LogUnavailableError
from projections.feed_queries import FeedPage
from projections.opening import open_page
from projections.ring import Ring, RingLimits
from projections.waiters import Waiters
from schema.envelope import EVERYTHING, Filter, Position

_RETRY_SECONDS: Final = 1.0
_PROGRESS_SECONDS: Final = 0.05
"""Who follows what others do not hear of need not be woken for each page: so often he is told how far the log has come."""


def _for_ever() -> float | None:
    return None


class FeedStoppedError(Exception):
    """The feed failed, so nothing new will come; the message says why."""


class Feed:
    """The live log of this process: `run` reads it, `follow` hands it on. Each ends when its task is cancelled.

    `only` is what all who follow it need: the rest is not even fetched.
    """

    def __init__(
        self,
        log: EventLog,
        *,
        only: Filter = EVERYTHING,
        limits: RingLimits | None = None,
        page_size: int = 1000,
        retry_seconds: float = _RETRY_SECONDS,
    ) -> None:
        self._log = log
        self._only = only
        self._limits = limits or RingLimits()
        self._page_size = page_size
        self._retry_seconds = retry_seconds
        self._ring: Ring | None = None
        self._failure: Exception | None = None
        self._waiters = Waiters()
        self._followed: dict[Filter, str] = {}
        self._progress: asyncio.TimerHandle | None = None

    async def run(self) -> NoReturn:
        """Read the log from its head on, for ever. Comes back by itself when the log was away; any other error is raised."""
        try:
            ring = self._ring = await self._begin()
            self._waiters.wake_all()
            while True:
                await self._subscribe(ring)
                await asyncio.sleep(self._retry_seconds)
        except Exception as error:
            self._failure = error
            self._waiters.wake_all()
            raise
        finally:
            if self._progress is not None:
                self._progress.cancel()

    def follow(self, after: Position | None, *, only: Filter) -> AsyncIterator[FeedPage]:
        """Pages after `after`, for ever: one without events is progress. FeedStoppedError once the feed has failed."""
        return self.watch(after, only=only)

    async def watch(
        self,
        after: Position | None,
        *,
        only: Filter,
        stream: str | None = None,
        patience: Callable[[], float | None] = _for_ever,
    ) -> AsyncIterator[FeedPage]:
        """The same: see `LiveQueries`."""
        ring, heard = await self._joined(), self._matches(only) if stream is None else stream
        position, told = after, False
        while True:
            if not ring.covers(position):
                goal = ring.start
                async with closing(self._behind(position, goal, only)) as pages:
                    async for page in pages:
                        yield page
                position, told = goal, False
            elif (newer := ring.next(position, only)) is not None:
                yield newer
                position, told = newer.position, newer.caught_up
            elif ring.caught_up and not told:
                yield FeedPage((), position, caught_up=True)
                told = True
            elif told and not ring.caught_up:
                # The log is away, or has more than was read of it: nobody shall take himself for caught up.
                yield FeedPage((), position, caught_up=False)
                told = False
            else:
                woken = await self._next_change(heard, patience())
                if not woken and ring.next(position, only) is None:
                    yield FeedPage((), position, caught_up=told)

    def _matches(self, only: Filter) -> str | None:
        """What wakes who follows what a filter leaves."""
        return None if only == EVERYTHING else self._followed.setdefault(only, f"/{len(self._followed)}")

    async def _begin(self) -> Ring:
        while True:
            try:
                return Ring(await self._log.head(), self._limits)
            except LogUnavailableError as error:
                await self._pause(error)

    async def _subscribe(self, ring: Ring) -> None:
        """Read until the subscription drops; some clients end theirs as if it were done, others swallow a cancellation."""
        try:
            async with closing(self._log.subscribe(ring.end, only=self._only, page_size=self._page_size)) as pages:
                async for page in pages:
                    was_caught_up = ring.caught_up
                    ring.add(opened := open_page(page, caught_up=page.caught_up))
                    if opened.caught_up == was_caught_up:
                        self._wake(ring, opened)
                    else:
                        self._waiters.wake_all()
        except LogUnavailableError as error:
            structlog.get_logger().warning("feed_waits_for_the_log", reason=str(error))
        ring.caught_up = False
        self._waiters.wake_all()
        if (task := asyncio.current_task()) is not None and task.cancelling():
            raise asyncio.CancelledError

    def _wake(self, ring: Ring, page: FeedPage) -> None:
        """Those for whom there is something in the newest page, now; those who follow other things, a moment later."""
        concerned = {key for only, key in self._followed.items() if page.events and ring.newest_has(only)}
        self._waiters.wake({fed.recorded.stream for fed in page.events} | concerned)
        if self._progress is None and len(concerned) < len(self._followed):
            self._progress = asyncio.get_running_loop().call_later(_PROGRESS_SECONDS, self._tell_progress)

    def _tell_progress(self) -> None:
        self._progress = None
        self._waiters.wake(self._followed.values())

    async def _behind(self, after: Position | None, goal: Position | None, only: Filter) -> AsyncIterator[FeedPage]:
        """What the log holds after `after` up to `goal`, then progress to `goal` itself."""
        position = after
        while position != goal:
            try:
                async with closing(self._log.read_all(position, until=goal, only=only, page_size=self._page_size)) as pages:
                    async for page in pages:
                        position = page.position
                        yield open_page(page, caught_up=False)
            except LogUnavailableError as error:
                await self._pause(error)
            else:
                if position != goal:
                    yield FeedPage((), goal, caught_up=False)
                return

    async def _joined(self) -> Ring:
        while self._ring is None:
            await self._next_change()
        return self._ring

    async def _next_change(self, stream: str | None = None, patience: float | None = None) -> bool:
        if self._failure is not None:
            raise FeedStoppedError(f"the event log can no longer be followed: {self._failure}") from self._failure
        return await self._waiters.wait(stream, patience)

    async def _pause(self, error: LogUnavailableError) -> None:
        structlog.get_logger().warning("feed_waits_for_the_log", reason=str(error))
        await asyncio.sleep(self._retry_seconds)
