"""All connections of the server together: what a fault does to one of them, it does to all at once."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Protocol

from tests.support.eventstore.calls import Call

Handler = Callable[[Call], Awaitable[None]]


class Carrier(Protocol):
    """One of them."""

    def drop(self) -> None: ...
    def freeze(self, frozen: bool) -> None: ...
    def close(self) -> Sequence[asyncio.Task[None]]: ...


class Connections:
    """The open ones, and the handlers of what comes on them."""

    def __init__(self, handlers: Mapping[str, Handler]) -> None:
        self.handlers = handlers
        self.open: set[Carrier] = set()
        self.accepted = 0
        self.frozen = False

    def drop(self) -> None:
        """End them without a word."""
        for connection in list(self.open):
            connection.drop()

    def freeze(self, frozen: bool) -> None:
        """Neither read nor write, but stay connected."""
        self.frozen = frozen
        for connection in list(self.open):
            connection.freeze(frozen)

    async def close(self) -> None:
        """End them in order, and wait for their calls."""
        tasks = [task for connection in list(self.open) for task in connection.close()]
        await asyncio.gather(*tasks, return_exceptions=True)
