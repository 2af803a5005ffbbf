"""A catch-up subscription that does not end: over connections that break, to servers that fall silent."""

import asyncio
import random
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress
from typing import Final

import structlog

from adapters.event_log.esdb import requests
from adapters.event_log.esdb.connection import Connection
from adapters.event_log.esdb.looking import Looking
from adapters.event_log.esdb.reading import Found, Mark, Reading
from adapters.event_log.esdb.records import matches
from adapters.event_log.port import LogUnavailableError, Page
from schema.envelope import Filter, Position, RecordedEvent

FIRST_DELAY: Final = 0.1
LONGEST_DELAY: Final = 2.0


class Following:
    """One subscription: `pages` goes on from where it was whenever it was dropped."""

    def __init__(self, looking: Looking, only: Filter, page_size: int) -> None:
        self._looking = looking
        self._only = only
        self._page_size = page_size
        self._position: Position | None = None
        self._caught_up = False

    async def pages(self, after: Position | None) -> AsyncGenerator[Page, None]:
        """Pages after `after` until the log is closed. LogError where `after` lies beyond its end."""
        self._position, delay = after, FIRST_DELAY
        while not self._looking.closed.is_set():
            try:
                async with aclosing(self._until_dropped()) as pages:
                    async for page in pages:
                        delay = FIRST_DELAY
                        yield page
                reason = "the server ended the subscription"
            except LogUnavailableError as error:
                reason = str(error)
            if self._looking.closed.is_set():
                return
            if self._caught_up:
                self._caught_up = False
                yield Page((), self._position, caught_up=False)
            await self._pause(delay, reason)
            delay = min(delay * 2, LONGEST_DELAY)

    async def _until_dropped(self) -> AsyncGenerator[Page, None]:
        """Ends where the server ends it, which is a drop as well."""
        connection = await self._looking.connection()
        head = await self._looking.checked_head(self._position)
        reading = self._looking.read(connection, requests.subscribe_to_everything(self._position, self._only), self._page_size)
        try:
            while (found := await self._take(reading, connection)) is not None:
                page = await self._page(found, head, drained=reading.is_drained)
                if page is not None:
                    yield page
        except LogUnavailableError as error:
            await self._looking.failed(connection, error)
            raise
        finally:
            self._looking.stop(reading)

    async def _take(self, reading: Reading, connection: Connection) -> list[Found] | None:
        """The next that comes. A server that says nothing is asked whether it has nothing to say."""
        loop = asyncio.get_running_loop()
        heard = loop.time()
        while True:
            found = await reading.take(self._looking.patience)
            if found is None or found:
                return found
            if loop.time() - heard >= self._looking.patience:
                await self._ask_why_it_is_quiet(reading, connection)
                heard = loop.time()

    async def _ask_why_it_is_quiet(self, reading: Reading, connection: Connection) -> None:
        if await self._looking.has_more(self._position, self._only) and reading.is_drained:
            raise LogUnavailableError(f"a subscription fell silent although {connection.server} has more to tell")

    async def _page(self, found: list[Found], head: Position | None, *, drained: bool) -> Page | None:
        before = (self._position, self._caught_up)
        events: list[RecordedEvent] = []
        position = self._position
        for one in found:
            if isinstance(one, Mark):
                position = await self._passed(one, position, head)
                continue
            if matches(one, self._only):
                events.append(one)
            position = one.position
        # Not before all was looked at: were it dropped meanwhile, the events would be passed over.
        self._position = position
        caught_up = self._caught_up and drained
        if not events and (position, caught_up) == before:
            return None
        return Page(events, position, caught_up)

    async def _passed(self, mark: Mark, position: Position | None, head: Position | None) -> Position | None:
        """How far it has come by what the server says between events: how far it has looked, and whether that is all."""
        if mark.caught_up is not None:
            self._caught_up = mark.caught_up
        reached = head if mark.caught_up else mark.position
        if reached is None or reached <= (position or 0):
            return position
        if reached != head and not await self._looking.is_within(reached):
            # Some versions have sent such checkpoints; to go on from there would be to miss what comes until then.
            structlog.get_logger().error("event_log_checkpoint_beyond_the_end", checkpoint=reached, position=position)
            return position
        return reached

    async def _pause(self, delay: float, reason: str) -> None:
        seconds = delay * random.uniform(0.5, 1.0)  # noqa: S311  # spreads out those who come back, and is no secret
        structlog.get_logger().warning(
            "event_log_subscription_dropped", reason=reason, position=self._position, retry_in_seconds=round(seconds, 2)
        )
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._looking.closed.wait()
