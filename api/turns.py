"""Turns at a stream: who would change it at the same time does so one after the other, and nobody in another's way."""

import asyncio
from weakref import WeakValueDictionary


class Turns:
    """Of one process. Others may still come between: that is what the expected revision is for."""

    def __init__(self) -> None:
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    def at(self, stream: str) -> asyncio.Lock:
        """Known for as long as somebody has it, or waits for it."""
        return self._locks.setdefault(stream, asyncio.Lock())
