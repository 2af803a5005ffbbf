"""Appends to an EventStoreDB: one long-lived call with many of them under way, of which no two go to one stream."""

import asyncio
from contextlib import AsyncExitStack
from itertools import count
from typing import Any, Final
from weakref import WeakValueDictionary

import grpc
import grpc.aio
import structlog
from esdbclient.protos.Grpc import shared_pb2, streams_pb2

from adapters.event_log.esdb import requests
from adapters.event_log.esdb.connection import Connection, Connections
from adapters.event_log.esdb.failures import failed_append, failed_call, passing
from adapters.event_log.esdb.records import number_of
from adapters.event_log.port import NO_STREAM, Append, Conflict, LogError, LogUnavailableError

UNDER_WAY: Final = 64
"""Appends that are sent and not yet answered, at most; a server queues what is beyond its own bound anyway."""
Success = streams_pb2.BatchAppendResp.Success
_Answer = asyncio.Future[streams_pb2.BatchAppendResp]


class Order:
    """Appends that were asked for together, and are stored in the order given: each in its `turn`, none once it is `broken`."""

    def __init__(self) -> None:
        self.broken = False
        self.turn = asyncio.Lock()


class Appender:
    """Sends appends and hands out their answers. `run` it in a task of its own."""

    def __init__(self, connections: Connections, patience: float) -> None:
        self._connections = connections
        self._patience = patience
        self._numbers = count(1)
        self._outbox: dict[int, streams_pb2.BatchAppendReq] = {}
        self._filled = asyncio.Event()
        self._waiting: dict[int, tuple[_Answer, Order]] = {}
        self._streams: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._gate = asyncio.Semaphore(UNDER_WAY)
        self._call: Any = None
        self._server = "EventStoreDB"

    async def append(self, append: Append, order: Order) -> Success | Conflict:
        """Durable, or a conflict. LogUnavailableError: it may have been stored or not; none of `order` is sent after that."""
        async with AsyncExitStack() as held:
            async with order.turn:
                await held.enter_async_context(self._streams.setdefault(append.stream, asyncio.Lock()))
                await held.enter_async_context(self._gate)
                if order.broken:
                    raise LogUnavailableError("it was not sent, since what was to be stored before it may not be")
                number, answer = self._post(append, order)
            try:
                return self._judged(await self._answered(number, answer), append.stream)
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
                except Exception as error:  # noqa: BLE001  # whatever a server finds to answer, the next append is asked anew
                    structlog.get_logger().exception("event_log_append_failed", server=self._server)
                    self._fail(LogUnavailableError(f"what {self._server} answered was not understood: {error!r}"))
        finally:
            self._fail(LogUnavailableError("the event log was closed before it answered"))

    def _post(self, append: Append, order: Order) -> tuple[int, _Answer]:
        number, answer = next(self._numbers), asyncio.get_running_loop().create_future()
        self._waiting[number] = answer, order
        self._outbox[number] = requests.append(number, append.stream, append.expected, append.events, self._patience)
        self._filled.set()
        return number, answer

    async def _answered(self, number: int, answer: _Answer) -> streams_pb2.BatchAppendResp:
        try:
            async with asyncio.timeout(self._patience):
                return await answer
        except TimeoutError:
            if self._call is not None:
                self._call.cancel()
            raise LogUnavailableError(f"{self._server} did not answer an append within {self._patience:g} s") from None
        finally:
            self._waiting.pop(number, None)
            self._outbox.pop(number, None)  # nobody reckons with it any more

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
            failure = LogUnavailableError(f"the conversation with {connection.server} was given up")
            await self._connections.failed(connection, failure)
            raise failure from None
        finally:
            self._call = None
            sending.cancel()
            call.cancel()
            await asyncio.gather(sending, return_exceptions=True)  # of which the reading has told the cause

    async def _send(self, call: Any) -> None:
        while True:
            await self._filled.wait()
            while self._outbox:
                await call.write(self._outbox.pop(next(iter(self._outbox))))
            self._filled.clear()

    def _judged(self, answer: streams_pb2.BatchAppendResp, stream: str) -> Success | Conflict:
        if answer.WhichOneof("result") == "success":
            return answer.success
        if answer.error.details.Is(shared_pb2.WrongExpectedVersion.DESCRIPTOR):
            return _conflict(answer)
        raise failed_append(answer.error, stream, self._server)

    def _answer(self, answer: streams_pb2.BatchAppendResp) -> None:
        waiting, _ = self._waiting.pop(number_of(answer.correlation_id), (None, None))
        if waiting is not None and not waiting.done():
            waiting.set_result(answer)

    def _fail(self, error: LogError) -> None:
        """What was sent has an unknown end, and what was not shall not be sent later."""
        self._outbox.clear()
        self._filled.clear()
        for answer, order in self._waiting.values():
            order.broken = True  # at once: the next of the order may come before whoever waits for this one hears of it
            if not answer.done():
                answer.set_exception(error)


def _conflict(answer: streams_pb2.BatchAppendResp) -> Conflict:
    wrong = shared_pb2.WrongExpectedVersion()
    answer.error.details.Unpack(wrong)
    if wrong.WhichOneof("current_stream_revision_option") != "current_stream_revision":
        return Conflict(NO_STREAM)
    return Conflict(wrong.current_stream_revision)
