"""How reactors follow the log: past subscriptions that end, and past a log that is away."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import TypeAlias

import structlog

from adapters.event_log.iterating import closing
from adapters.event_log.port import EventLog, LogUnavailableError, Page
from reactors.clock import Clock
from schema.envelope import Cursor, Filter, Position

Follow: TypeAlias = Callable[[Position | None, Filter], AsyncIterator[Page]]
"""A catch-up subscription after a position: see `EventLog.subscribe`."""


class Follower:
    """Follows a log by subscriptions of its own, or by one that its process has anyway. `name` is who waits, in logs."""

    def __init__(
        self, log: EventLog, name: str, clock: Clock, follow: Follow | None = None, *, retry_seconds: float = 1.0
    ) -> None:
        self._log = log
        self._name = name
        self._clock = clock
        self._subscribe = follow or (lambda after, only: log.subscribe(after, only=only))
        self._retry_seconds = retry_seconds

    async def head(self) -> Cursor:
        """The end of the log, once it can be asked for it."""
        while True:
            try:
                return Cursor(self._log.log_id, await self._log.head())
            except LogUnavailableError as error:
                await self.pause(error)

    async def pages(
        self, position: Callable[[], Position | None], only: Filter, on_lost: Callable[[], None]
    ) -> AsyncIterator[Page]:
        """Pages for ever, each after `position` as it is then. `on_lost` is called whenever a subscription ended.

        Some logs end one as if it were done, others swallow a cancellation.
        """
        while True:
            try:
                async with closing(self._subscribe(position(), only)) as pages:
                    async for page in pages:
                        yield page
            except LogUnavailableError as error:
                on_lost()
                await self.pause(error)
            on_lost()
            if (task := asyncio.current_task()) is not None and task.cancelling():
                raise asyncio.CancelledError

    async def pause(self, error: LogUnavailableError) -> None:
        """Before the same is tried again."""
        structlog.get_logger().warning(f"{self._name}_wait_for_the_log", reason=str(error))
        await self._clock.sleep(self._retry_seconds)
