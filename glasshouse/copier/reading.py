"""Reading a log from a place on, patiently: a store that is away for a moment ends no copy of hours."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Sequence
from contextlib import aclosing
from typing import Final, TypeVar

import structlog

from adapters.event_log.port import EventLog, LogUnavailableError, Page
from adapters.mqtt.backoff import Backoff
from schema.envelope import Position, RecordedEvent

PAGE: Final = 2000
PATIENCE_SECONDS: Final = 60.0
_T = TypeVar("_T")


class Patience:
    """How often a store may be away in a row, in time. The error goes on to the caller once it has been too long."""

    def __init__(self, seconds: float = PATIENCE_SECONDS) -> None:
        self._seconds = seconds
        self._since: float | None = None
        self._backoff = Backoff()

    def well(self) -> None:
        self._since = None
        self._backoff.reset()

    async def wait(self, error: LogUnavailableError) -> None:
        now = asyncio.get_running_loop().time()
        self._since = now if self._since is None else self._since
        if now - self._since > self._seconds:
            raise error
        structlog.get_logger().warning("event_log_away", reason=str(error))
        await asyncio.sleep(self._backoff.wait_s())

    async def ask(self, work: Callable[[], Awaitable[_T]]) -> _T:
        """The answer of `work`, which must be such that it may be asked again."""
        while True:
            try:
                answer = await work()
            except LogUnavailableError as error:
                await self.wait(error)
            else:
                self.well()
                return answer


async def pages_of(log: EventLog, after: Position | None, until: Position | None, patience: Patience) -> AsyncGenerator[Page]:
    """The pages of `read_all`, from the last one on where the store was away in between. `until` None: the head by then."""
    until = await patience.ask(log.head) if until is None else until
    while until is not None and (after is None or after < until):
        try:
            async with aclosing(_pages(log, after, until)) as pages:
                async for page in pages:
                    patience.well()
                    after = page.position
                    yield page
        except LogUnavailableError as error:
            await patience.wait(error)
        else:
            return


async def _pages(log: EventLog, after: Position | None, until: Position) -> AsyncGenerator[Page]:
    async for page in log.read_all(after, until=until, page_size=PAGE):
        yield page


class Events:
    """The events of pages, one after the other."""

    def __init__(self, pages: AsyncIterator[Page]) -> None:
        self._pages = pages
        self._held: Sequence[RecordedEvent] = ()
        self._next = 0

    async def peek(self) -> RecordedEvent | None:
        """The one whose turn it is; None at the end."""
        while self._next == len(self._held):
            page = await anext(self._pages, None)
            if page is None:
                return None
            self._held, self._next = page.events, 0
        return self._held[self._next]

    async def take(self) -> RecordedEvent | None:
        """The one whose turn it is, and go on to the next."""
        found = await self.peek()
        self._next += found is not None
        return found
