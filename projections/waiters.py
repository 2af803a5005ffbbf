"""Who waits for something to come: all are woken, or those alone for whom it is. No task is started, and nothing is remembered.

Look at the condition, then wait, with no await between.
"""

import asyncio
from collections.abc import Iterable


class Waiters:
    """Wait for a key, or (None) for whatever comes."""

    def __init__(self) -> None:
        self._waiting: dict[str | None, set[asyncio.Future[bool]]] = {}

    async def wait(self, key: str | None, patience: float | None) -> bool:
        """Whether one was woken, rather than that `patience` seconds passed; None is for ever."""
        loop = asyncio.get_running_loop()
        waiter: asyncio.Future[bool] = loop.create_future()
        there = self._waiting.setdefault(key, set())
        there.add(waiter)
        timer = None if patience is None else loop.call_later(patience, _settle, waiter, False)
        try:
            return await waiter
        finally:
            if timer is not None:
                timer.cancel()
            there.discard(waiter)
            if not there and self._waiting.get(key) is there:
                del self._waiting[key]

    def wake(self, keys: Iterable[str]) -> None:
        """Those who wait for one of these, and those who wait for whatever comes."""
        for key in (None, *(self._waiting.keys() & set(keys))):
            for waiter in self._waiting.pop(key, ()):
                _settle(waiter, True)

    def wake_all(self) -> None:
        for waiters in self._waiting.values():
            for waiter in waiters:
                _settle(waiter, True)
        self._waiting = {}


def _settle(waiter: "asyncio.Future[bool]", woken: bool) -> None:  # as `call_later` hands it over
    if not waiter.done():
        waiter.set_result(woken)
