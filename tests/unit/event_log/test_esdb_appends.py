"""Appends to an EventStoreDB that does not answer: none is sent that nobody waits for, or that comes after one that failed."""

import asyncio
from typing import Any, cast

import pytest

from adapters.event_log.esdb.appends import Appender, Order
from adapters.event_log.esdb.connection import Connections
from adapters.event_log.port import ANY, Append, LogUnavailableError
from tests.support.logs import events


class Conversation:
    """Takes what is sent, and answers nothing."""

    def __init__(self) -> None:
        self.sent: list[str] = []
        self._ended = asyncio.Event()

    async def write(self, request: Any) -> None:
        self.sent.append(request.options.stream_identifier.stream_name.decode())

    async def read(self) -> Any:
        await self._ended.wait()
        raise asyncio.CancelledError

    def cancel(self) -> None:
        self._ended.set()


class Away:
    """A server that is away until `decided`; then it takes appends, or cannot be reached."""

    server = "EventStoreDB"
    metadata = ()

    def __init__(self, conversation: Conversation | None = None) -> None:
        self.decided = asyncio.Event()
        self._conversation = conversation

    async def current(self) -> "Away":
        await self.decided.wait()
        if self._conversation is None:
            raise LogUnavailableError("nobody is there")
        return self

    def batch_append(self, metadata: object) -> Conversation | None:
        del metadata
        return self._conversation


def append_to(stream: str) -> Append:
    return Append(stream, ANY, events(stream))


async def test_what_nobody_waits_for_any_more_is_not_sent_when_the_server_is_back() -> None:
    conversation = Conversation()
    server = Away(conversation)
    appender = Appender(cast("Connections", server), 0.05)
    running = asyncio.create_task(appender.run(), name="appender")
    with pytest.raises(LogUnavailableError, match="did not answer"):
        await appender.append(append_to("given-up"), Order())
    server.decided.set()
    with pytest.raises(LogUnavailableError):
        await appender.append(append_to("wanted"), Order())
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert conversation.sent == ["wanted"]


async def test_one_that_is_asked_for_while_those_before_it_fail_fails_with_them() -> None:
    server, order = Away(), Order()
    appender = Appender(cast("Connections", server), 0.5)
    running = asyncio.create_task(appender.run(), name="appender")
    first = asyncio.create_task(appender.append(append_to("first"), order), name="first")
    await asyncio.sleep(0.01)
    second: list[asyncio.Task[Any]] = []
    asyncio.get_running_loop().call_soon(
        lambda: second.append(asyncio.create_task(appender.append(append_to("second"), order), name="second"))
    )
    server.decided.set()
    with pytest.raises(LogUnavailableError, match="nobody is there"):
        await first
    with pytest.raises(LogUnavailableError, match="was not sent"):
        await second[0]
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
