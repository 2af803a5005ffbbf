"""The stream of a role's leases, read by whoever wants to know who holds it."""

import asyncio
import time
from collections.abc import Callable
from typing import Final

from adapters.event_log.port import EventLog
from domain.leases import ALL, Grant, LeaseBook
from schema.registry import REGISTRY

_PAGE: Final = 500


def own_clock() -> float:
    """Seconds since some moment, also those for which the machine slept."""
    boot = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if boot is None else time.clock_gettime(boot)


async def leases_of(log: EventLog, role: str) -> list[Grant]:
    """The leases that the log tells of. Whether their holders live cannot be told without waiting."""
    book = LeaseBook()
    await read_on(log, f"lease-{role}", book, own_clock)
    return book.rivals("", (ALL,), own_clock())


async def read_on(log: EventLog, stream: str, book: LeaseBook, clock: Callable[[], float]) -> None:
    while True:
        page = await log.read_stream(stream, start=book.revision + 1, limit=_PAGE)
        for recorded in page:
            event = REGISTRY.unpack(recorded) if recorded.type in REGISTRY.types else None
            book.take_in(recorded.revision, event, clock())
        if len(page) < _PAGE:
            return


class LeaseWatch:
    """Whether anybody holds a role. Asked the first time it believes the log: one who was killed is found out later."""

    def __init__(self, log: EventLog, role: str, clock: Callable[[], float] = own_clock) -> None:
        self._log, self._stream, self._clock = log, f"lease-{role}", clock
        self._book = LeaseBook()
        self._reading = asyncio.Lock()

    async def is_held(self) -> bool:
        """False also where the last holder has not renewed for longer than its span, since that was seen here."""
        async with self._reading:
            await read_on(self._log, self._stream, self._book, self._clock)
        return bool(self._book.rivals("", (ALL,), self._clock()))
