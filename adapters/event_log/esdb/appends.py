"""Appends to an EventStoreDB: one long-lived call with many of them under way, of which no two go to one stream."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count
from typing import Any, Final

import grpc
import grpc.aio
from esdbclient.protos.Grpc import shared_pb2, streams_pb2

from adapters.event_log.esdb import requests
from adapters.event_log.esdb.connection import Connection, Connections
from adapters.event_log.esdb.failures import failed_append, failed_call, passing
from adapters.event_log.esdb.records import number_of
from adapters.event_log.port import NO_STREAM, Append, Conflict, LogError, LogUnavailableError

UNDER_WAY: Final = 64
"""Appends that are sent and not yet answered, at most; a server queues what is beyond its own bound anyway."""
Success = streams_pb2.BatchAppendResp.Success


class Order:
    """Appends that were asked for together, and are stored in the order given."""

    broken = False


class Appender:
    """Sends appends and hands out their answers. `run` it in a task of its own."""

    def __init__(self, connections: Connections, patience: float) -> None:
        self._connections = connections
        self._patience = patience
        self._numbers = count(1)
        self._outbox: deque[streams_pb2.BatchAppendReq] = deque()
        self._filled = asyncio.Event()
        self._waiting: dict[int, asyncio.Future[streams_pb2.BatchAppendResp]] = {}
        self._turns: dict[str, asyncio.Future[None]] = {}
        self._gate = asyncio.Semaphore(UNDER_WAY)
        self._call: Any = None
        self._server = "EventStoreDB"

    async def append(self, append: Append, order: Order) -> Success | Conflict:
        """Durable, or a conflict. LogUnavailableError: it may have been stored or not; none of `order` is sent after that."""
        async with self._turn(append.stream), self._gate:
            if order.broken:
                raise LogUnavailableError("it was not sent, since what was to be stored before it may not be")
            try:
                return self._judged(await self._ask(append), append.stream)
            except LogError:
                order.broken = True
                raise

    async def run(self) -> None:
        """Converse with the server, over one call after the other, until cancelled."""
        try:
            while True:
                await self._filled.wait()
                try:
                    await self._converse(await self._connections.current())
                except LogError as error:
                    self._fail(passing(error))
        finally:
            self._fail(LogUnavailableError("the event log was closed before it answered"))

    @asynccontextmanager
    async def _turn(self, stream: str) -> AsyncIterator[None]:
        """One append of a stream at a time, in the order in which they came."""
        before, mine = self._turns.get(stream), asyncio.get_running_loop().create_future()
        self._turns[stream] = mine
        try:
            if before is not None:
                await asyncio.shield(before)
            yield
        finally:
            if self._turns.get(stream) is mine:
                del self._turns[stream]
            mine.set_result(None)

    async def _ask(self, append: Append) -> streams_pb2.BatchAppendResp:
        number = next(self._numbers)
        answer: asyncio.Future[streams_pb2.BatchAppendResp] = asyncio.get_running_loop().create_future()
        self._waiting[number] = answer
        self._outbox.append(requests.append(number, append.stream, append.expected, append.events, self._patience))
        self._filled.set()
        try:
            async with asyncio.timeout(self._patience):
                return await answer
        except TimeoutError:
            if self._call is not None:
                self._call.cancel()
            raise LogUnavailableError(f"{self._server} did not answer an append within {self._patience:g} s") from None
        finally:
            self._waiting.pop(number, None)

    async def _converse(self, connection: Connection) -> None:
        """One call, until it ends, which is never as it should."""
        self._server = connection.server
        call = self._call = connection.batch_append(metadata=connection.metadata)
        sending = asyncio.create_task(self._send(call), name="event-log-send")
        try:
            while (answer := await call.read()) is not grpc.aio.EOF:
                self._answer(answer)
            raise LogUnavailableError(f"{connection.server} ended the conversation")
        except grpc.aio.AioRpcError as error:
            failure = failed_call(error, connection.server)
            await self._connections.failed(connection, failure)
            raise passing(failure) from None
        except asyncio.CancelledError:
            if (task := asyncio.current_task()) is not None and task.cancelling():
                raise
            raise LogUnavailableError(f"the conversation with {connection.server} was given up") from None
        finally:
            self._call = None
            sending.cancel()
            call.cancel()
            await asyncio.gather(sending, return_exceptions=True)  # of which the reading has told the cause

    async def _send(self, call: Any) -> None:
        while True:
            await self._filled.wait()
            while self._outbox:
                await call.write(self._outbox.popleft())
            self._filled.clear()

    def _judged(self, answer: streams_pb2.BatchAppendResp, stream: str) -> Success | Conflict:
        if answer.WhichOneof("result") == "success":
            return answer.success
        if answer.error.details.Is(shared_pb2.WrongExpectedVersion.DESCRIPTOR):
            return _conflict(answer)
        raise failed_append(answer.error, stream, self._server)

    def _answer(self, answer: streams_pb2.BatchAppendResp) -> None:
        waiting = self._waiting.pop(number_of(answer.correlation_id), None)
        if waiting is not None and not waiting.done():
            waiting.set_result(answer)

    def _fail(self, error: LogError) -> None:
        """What was sent has an unknown end, and what was not shall not be sent later."""
        self._outbox.clear()
        self._filled.clear()
        for answer in self._waiting.values():
            if not answer.done():
                answer.set_exception(error)


def _conflict(answer: streams_pb2.BatchAppendResp) -> Conflict:
    wrong = shared_pb2.WrongExpectedVersion()
    answer.error.details.Unpack(wrong)
    if wrong.WhichOneof("current_stream_revision_option") != "current_stream_revision":
        return Conflict(NO_STREAM)
    return Conflict(wrong.current_stream_revision)
