"""Appends to an EventStoreDB, over a conversation that is not one."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, cast

import pytest
from esdbclient.protos.Grpc import shared_pb2
from esdbclient.protos.Grpc.streams_pb2 import BatchAppendReq, BatchAppendResp

from adapters.event_log.esdb.appends import Appender, Order
from adapters.event_log.esdb.connection import Connections
from adapters.event_log.port import ANY, Append, Conflict, LogUnavailableError
from tests.support.logs import events


class Node:
    """A server that can be reached once `there` is set, and answers each request as `answer` says."""

    server = "EventStoreDB at nowhere"
    metadata = ()

    def __init__(self, answer: Callable[[BatchAppendReq], BatchAppendResp | None]) -> None:
        self.there = asyncio.Event()
        self.got: list[str] = []
        self._answer = answer
        self._answers: asyncio.Queue[BatchAppendResp | None] = asyncio.Queue()

    async def current(self) -> "Node":
        await self.there.wait()
        return self

    async def failed(self, *_: object) -> None: ...

    def batch_append(self, **_: Any) -> "Node":
        return self

    async def write(self, request: BatchAppendReq) -> None:
        self.got.append(request.options.stream_identifier.stream_name.decode())
        self._answers.put_nowait(self._answer(request))

    async def read(self) -> BatchAppendResp | None:
        return await self._answers.get()

    def cancel(self) -> None: ...


class Away(Node):
    """A server that turns out not to be there."""

    async def current(self) -> "Node":
        await self.there.wait()
        raise LogUnavailableError("nobody is there")


@asynccontextmanager
async def appending(node: Node, patience: float) -> AsyncIterator[Appender]:
    appender = Appender(cast("Connections", node), patience)
    running = asyncio.create_task(appender.run(), name="appending")
    yield appender
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


def stored(request: BatchAppendReq) -> BatchAppendResp:
    return BatchAppendResp(correlation_id=request.correlation_id, success=BatchAppendResp.Success(current_revision=0))


def to(stream: str) -> Append:
    return Append(stream, ANY, events("one"))


async def test_what_was_given_up_before_it_could_be_sent_is_not_sent_later() -> None:
    node = Node(stored)
    async with appending(node, patience=0.05) as appender:
        with pytest.raises(LogUnavailableError, match="did not answer an append"):
            await appender.append(to("device-late"), Order())
        node.there.set()
        await appender.append(to("device-next"), Order())
    assert node.got == ["device-next"]


@pytest.mark.parametrize("garbage", [None, BatchAppendResp(correlation_id=shared_pb2.UUID(string="no id"))])
async def test_an_answer_that_is_not_understood_ends_no_later_append(garbage: BatchAppendResp | None) -> None:
    node = Node(lambda request: stored(request) if "two" in str(request.options.stream_identifier) else garbage)
    node.there.set()
    async with appending(node, patience=5.0) as appender:
        with pytest.raises(LogUnavailableError, match="not understood"):
            await appender.append(to("device-one"), Order())
        assert not isinstance(await appender.append(to("device-two"), Order()), Conflict)


async def test_one_that_is_asked_for_while_those_before_it_fail_fails_with_them() -> None:
    away, order = Away(stored), Order()
    async with appending(away, patience=5.0) as appender:
        first = asyncio.create_task(appender.append(to("device-one"), order), name="first")
        await asyncio.sleep(0)
        second: list[asyncio.Task[Any]] = []
        asyncio.get_running_loop().call_soon(
            lambda: second.append(asyncio.create_task(appender.append(to("device-two"), order), name="second"))
        )
        away.there.set()
        with pytest.raises(LogUnavailableError, match="nobody is there"):
            await first
        with pytest.raises(LogUnavailableError, match="was not sent"):
            await second[0]
