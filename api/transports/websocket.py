"""GraphQL over websocket: the endpoint, and one socket with its operations, by `graphql-transport-ws` to the letter.

Nothing is queued here. A client that reads slowly holds up its own operations at their next message, and the log keeps what it
has not seen, until a live subscription finds it too slow; one that does not read at all answers no ping of the server, which
then ends the connection.
"""

import asyncio
from contextlib import aclosing, suppress
from typing import Final, NoReturn

import msgspec
import structlog
from graphql import OperationType
from starlette.websockets import WebSocket, WebSocketDisconnect

from api.access import Access
from api.auth import Principal
from api.errors import ApiError, ErrorCode, limit_error
from api.execution.operations import Operations, refusal
from api.execution.request import Request
from api.execution.streams import Streams
from api.slow import TooSlowError
from api.transports import protocol
from api.transports.protocol import CloseCode, SocketClosed

_CLOSING_SECONDS: Final = 2.0


class GraphQLOverWebSocket:
    """The endpoint `/graphql` for websockets."""

    def __init__(self, operations: Operations, streams: Streams, access: Access) -> None:
        self.operations = operations
        self.streams = streams
        self.access = access

    async def serve(self, websocket: WebSocket) -> None:
        """Serve one client until it goes, or has to."""
        acceptable = protocol.SUBPROTOCOL in websocket.scope.get("subprotocols", ())
        await websocket.accept(protocol.SUBPROTOCOL if acceptable else None)
        if not acceptable:
            await _close(websocket, SocketClosed(CloseCode.SUBPROTOCOL_NOT_ACCEPTABLE, "Subprotocol not acceptable"))
            return
        try:
            with self.streams.connections.enter(), self.operations.metrics.sockets.track_inprogress():
                await _close(websocket, await Socket(websocket, self).run())
        except ApiError as full:
            await _close(websocket, SocketClosed(CloseCode.TRY_LATER, full.message))


class Socket:
    """One client's connection. Its operations are tasks of its own, which end with it."""

    def __init__(self, websocket: WebSocket, endpoint: GraphQLOverWebSocket) -> None:
        self._websocket = websocket
        self._endpoint = endpoint
        self._limits = endpoint.operations.limits
        self._tasks = asyncio.TaskGroup()
        self._running: dict[str, asyncio.Task[None]] = {}
        self._principal: Principal | None = None

    async def run(self) -> SocketClosed:
        """Read and answer until something ends it."""
        try:
            async with self._tasks:
                self._tasks.create_task(self._watch(), name="socket-watch")
                await self._read()
        except ExceptionGroup as group:
            return _end_of(group)

    async def _watch(self) -> None:
        """A client must say who it is in time, and stays only as long as its key is good."""
        await asyncio.sleep(self._limits.init_seconds)
        if self._principal is None:
            raise SocketClosed(CloseCode.INIT_TIMEOUT, "Connection initialisation timeout")
        while self._endpoint.access.is_good(self._principal):  # noqa: ASYNC110 - a key also expires, and tells nobody
            await asyncio.sleep(self._limits.recheck_seconds)
        raise SocketClosed(CloseCode.FORBIDDEN, "Forbidden: the key is no longer good")

    async def _read(self) -> NoReturn:
        while True:
            await self._take(protocol.parse(await self._receive()))

    async def _receive(self) -> str | None:
        message = await self._websocket.receive()
        if message["type"] == "websocket.disconnect":
            raise SocketClosed(None)
        text: str | None = message.get("text")
        if text is not None and (size := len(text.encode())) > self._limits.body_bytes:
            raise SocketClosed(CloseCode.BAD_REQUEST, f"A message may hold {self._limits.body_bytes} bytes; this has {size}")
        return text

    async def _take(self, message: protocol.ClientMessage) -> None:
        match message:
            case protocol.ConnectionInit():
                await self._admit(message)
                await self._send(protocol.ack())
            case protocol.Ping():
                await self._send(protocol.pong(message.payload))
            case protocol.Subscribe():
                await self._start(message)
            case protocol.Complete():
                if (task := self._running.pop(message.id, None)) is not None:
                    task.cancel()

    async def _admit(self, message: protocol.ConnectionInit) -> None:
        if self._principal is not None:
            raise SocketClosed(CloseCode.TOO_MANY_INITS, "Too many initialisation requests")
        payload = {name.lower(): value for name, value in (message.payload or {}).items()}
        key = payload.get("authorization")
        try:
            self._principal = await self._endpoint.access.admit(self._websocket, key if isinstance(key, str) else None)
        except ApiError as error:
            if error.code is ErrorCode.UNAVAILABLE:
                raise SocketClosed(CloseCode.TRY_LATER, error.message) from error
            raise SocketClosed(CloseCode.FORBIDDEN, f"Forbidden: {error.message}") from error

    async def _start(self, message: protocol.Subscribe) -> None:
        if self._principal is None:
            raise SocketClosed(CloseCode.UNAUTHORIZED, "Unauthorized")
        if message.id in self._running:
            raise SocketClosed(CloseCode.SUBSCRIBER_EXISTS, f"Subscriber for {message.id} already exists")
        if len(self._running) >= self._limits.socket_operations:
            full = limit_error("operations of one socket", self._limits.socket_operations, len(self._running) + 1)
            await self._send(protocol.error_message(message.id, [dict(full.formatted)]))
            return
        operate = self._operate(message.id, message.payload, self._principal)
        self._running[message.id] = self._tasks.create_task(operate, name=f"operation-{message.id}")

    async def _operate(self, name: str, request: Request, principal: Principal) -> None:
        try:
            await self._run(name, request, principal)
        except SocketClosed:
            raise
        except TooSlowError as slow:
            raise SocketClosed(CloseCode.TOO_SLOW, "Too slow: go on from the last cursor, or ask with everyMs") from slow
        except Exception as error:  # noqa: BLE001 - whatever an operation dies of ends it alone, and is told masked
            if isinstance(error, ApiError):
                self._endpoint.operations.refused(principal, error)
            last = protocol.error_message(name, refusal(error)["errors"])
        else:
            last = protocol.complete(name)
        self._running.pop(name, None)
        await self._send(last)

    async def _run(self, name: str, request: Request, principal: Principal) -> None:
        operations = self._endpoint.operations
        ready = operations.prepare(request, principal)
        if ready.prepared.kind is OperationType.SUBSCRIPTION:
            async with aclosing(self._endpoint.streams.payloads(ready, principal)) as payloads:
                async for payload in payloads:
                    await self._send(protocol.next_message(name, payload))
        else:
            answer = await operations.run(ready, principal)
            await self._send(protocol.next_message(name, msgspec.json.encode(answer).decode()))

    async def _send(self, text: str) -> None:
        try:
            await self._websocket.send_text(text)
        except (WebSocketDisconnect, RuntimeError) as gone:
            raise SocketClosed(None) from gone


def _end_of(group: ExceptionGroup[Exception]) -> SocketClosed:
    """What ended a socket: of several at once the one that has something to say."""
    faults = [error for error in group.exceptions if not isinstance(error, SocketClosed)]
    for fault in faults:
        structlog.get_logger().error("websocket_failed", exc_info=fault)
    if faults:
        return SocketClosed(CloseCode.INTERNAL, "Internal server error")
    ends = [error for error in group.exceptions if isinstance(error, SocketClosed)]
    return next((end for end in ends if end.code is not None), ends[0])


async def _close(websocket: WebSocket, end: SocketClosed) -> None:
    """Say goodbye, but wait for nobody who does not listen."""
    if end.code is not None:
        with suppress(WebSocketDisconnect, RuntimeError, TimeoutError):
            async with asyncio.timeout(_CLOSING_SECONDS):
                await websocket.close(end.code.value, end.reason)
