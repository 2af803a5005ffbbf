"""A pulse wakes all who wait at this moment. It is not remembered: look at the condition, then wait, with no await between."""

import asyncio


class Pulse:
    """Tells any number of tasks that something changed."""

    def __init__(self) -> None:
        self._next = asyncio.Event()

    async def wait(self) -> None:
        await self._next.wait()

    def fire(self) -> None:
        woken, self._next = self._next, asyncio.Event()
        woken.set()
