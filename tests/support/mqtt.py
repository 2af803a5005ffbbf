"""What tests of MQTT share: a handler that decides by hand when a message is dealt with, and waiting for a condition."""

import asyncio
from collections.abc import Callable
from typing import Any

from adapters.mqtt.address import BrokerAddress
from adapters.mqtt.message import Message
from adapters.mqtt.session import Session


class Desk:
    """A handler that keeps what arrives. Each message stays undone until `done`, unless `at_once`."""

    def __init__(self, *, at_once: bool = False) -> None:
        self._at_once = at_once
        self.messages: list[Message] = []
        self.outcomes: list[asyncio.Future[None]] = []

    def __call__(self, message: Message) -> asyncio.Future[Any] | None:
        self.messages.append(message)
        if self._at_once:
            return None
        outcome: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.outcomes.append(outcome)
        return outcome

    @property
    def payloads(self) -> list[bytes]:
        return [message.payload for message in self.messages]

    def has(self, count: int) -> bool:
        """Whether that many have arrived."""
        return len(self.messages) >= count

    def done(self) -> None:
        """All that arrived is dealt with."""
        for outcome in self.outcomes:
            if not outcome.done():
                outcome.set_result(None)


async def until(condition: Callable[[], object], seconds: float = 60) -> None:
    """Return once the condition holds; TimeoutError where it never does."""
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.01)


async def break_connection(session: Session) -> None:
    """Break it as a network would, and return once the session knows."""
    connection = session._connection
    assert connection is not None
    connection._client.wire.abort()
    await until(connection.lost.done)


def publisher(address: BrokerAddress, client_id: str = "publisher") -> Session:
    """A session that only publishes, and leaves nothing behind."""
    return Session(address, client_id=client_id, clean=True, session_expiry_s=0)
