"""gRPC over HTTP/2 as an asyncio protocol.

Not grpc.aio: it sends less than 20,000 messages a second, and can neither drop nor freeze a connection.
"""

import asyncio
import sys
import traceback
from collections.abc import Callable
from contextlib import suppress
from typing import cast
from urllib.parse import quote

from grpc import StatusCode
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.errors import ErrorCodes
from h2.events import (
    ConnectionTerminated,
    DataReceived,
    Event,
    RemoteSettingsChanged,
    RequestReceived,
    StreamEnded,
    StreamReset,
    WindowUpdated,
)
from h2.exceptions import ProtocolError
from h2.settings import SettingCodes, Settings

from tests.support.eventstore.calls import Call
from tests.support.eventstore.connections import Connections
from tests.support.eventstore.refusals import Ended, Gone, Refused, Trailers

WINDOW = 1024 * 1024
STREAMS = 100
"""Calls at once on one connection: what the real server's web server allows."""
FLUSH_AT = 64 * 1024

_HEADERS = [(":status", "200"), ("content-type", "application/grpc")]
_UNSET = {SettingCodes.MAX_CONCURRENT_STREAMS: STREAMS, SettingCodes.INITIAL_WINDOW_SIZE: WINDOW}


class Connection(asyncio.Protocol):
    """One client's connection and the calls on it."""

    def __init__(self, owner: Connections) -> None:
        self._owner = owner
        self._h2 = H2Connection(
            H2Configuration(
                client_side=False, header_encoding="utf-8", validate_inbound_headers=False, validate_outbound_headers=False
            )
        )
        self._h2.local_settings = Settings(client=False, initial_values=_UNSET)
        self._transport: asyncio.Transport
        self._calls: dict[int, Call] = {}
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._answering: set[int] = set()
        self._writers: set[asyncio.Future[None]] = set()
        self._paused = False
        self._unflushed = 0
        self._flush_planned = False

    # asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._owner.open.add(self)
        self._owner.accepted += 1
        self._h2.initiate_connection()
        self._h2.increment_flow_control_window(16 * WINDOW)
        if self._owner.frozen:
            self._transport.pause_reading()
        self._flush()

    def data_received(self, data: bytes) -> None:
        try:
            for event in self._h2.receive_data(data):
                self._on(event)
        except ProtocolError:
            self._flush()
            self._transport.close()
            return
        self._plan_flush()

    def pause_writing(self) -> None:
        self._paused = True

    def resume_writing(self) -> None:
        self._paused = False
        self._wake_writers()

    def connection_lost(self, _exc: Exception | None) -> None:
        self._owner.open.discard(self)
        for task in self._tasks.values():
            task.cancel()
        self._calls.clear()

    # what the calls use

    async def write(self, stream_id: int, payload: bytes) -> None:
        self._must_be_there(stream_id)
        if stream_id not in self._answering:
            self._answering.add(stream_id)
            self._send(self._h2.send_headers, stream_id, _HEADERS)
        start, end = 0, len(payload)
        while start < end:
            room = min(self._h2.local_flow_control_window(stream_id), self._h2.max_outbound_frame_size, end - start)
            if room <= 0 or self._paused:
                await self._wait_for_room()
                self._must_be_there(stream_id)
                continue
            self._send(self._h2.send_data, stream_id, payload[start : start + room])
            start += room
            self._unflushed += room
            if self._unflushed >= FLUSH_AT:
                self._flush()
        self._plan_flush()

    def finish(self, stream_id: int, code: int, details: str, trailers: Trailers) -> None:
        call = self._calls.pop(stream_id, None)
        if call is None:
            return
        status = [("grpc-status", str(code)), *trailers]
        if details:
            status.append(("grpc-message", quote(details, safe=" !\"#$&'()*+,-./:;<=>?@[]^_`{|}~")))
        headers = status if stream_id in self._answering else [*_HEADERS, *status]
        self._answering.discard(stream_id)
        call.release()
        with suppress(ProtocolError):  # the client may have closed the stream or the connection in the meantime
            self._h2.send_headers(stream_id, headers, end_stream=True)
            if not call.requests_ended:
                self._h2.reset_stream(stream_id, ErrorCodes.NO_ERROR)
        self._plan_flush()

    def give_back(self, stream_id: int, size: int) -> None:
        self._h2.acknowledge_received_data(size, stream_id)
        self._plan_flush()

    def drop(self) -> None:
        self._transport.abort()

    def freeze(self, frozen: bool) -> None:
        if frozen:
            self._transport.pause_reading()
        else:
            self._transport.resume_reading()
            self._flush()

    def close(self) -> list[asyncio.Task[None]]:
        self._h2.close_connection()
        self._flush()
        self._transport.close()
        return list(self._tasks.values())

    # inside

    def _on(self, event: Event) -> None:
        if isinstance(event, DataReceived):
            assert event.stream_id is not None
            self._on_data(event.stream_id, event)
        elif isinstance(event, RequestReceived):
            self._begin(event)
        elif isinstance(event, StreamEnded):
            if (call := self._calls.get(event.stream_id or 0)) is not None:
                call.end_requests()
        elif isinstance(event, StreamReset):
            self._end(event.stream_id or 0)
        elif isinstance(event, WindowUpdated | RemoteSettingsChanged):
            self._wake_writers()
        elif isinstance(event, ConnectionTerminated):
            self._transport.close()

    def _begin(self, event: RequestReceived) -> None:
        assert event.stream_id is not None
        assert event.headers is not None
        headers = {str(name, "utf-8") if isinstance(name, bytes) else name: value for name, value in event.headers}
        call = Call(self, event.stream_id, cast("dict[str, str]", headers))
        self._calls[event.stream_id] = call
        task = asyncio.create_task(self._run(event.stream_id, call), name=f"call {event.stream_id} {call.path}")
        self._tasks[event.stream_id] = task
        task.add_done_callback(lambda _: self._tasks.pop(event.stream_id or 0, None))

    async def _run(self, stream_id: int, call: Call) -> None:
        handler = self._owner.handlers.get(call.path, _unimplemented)
        try:
            async with asyncio.timeout(call.seconds):
                await handler(call)
            call.finish()
        except Refused as refused:
            call.finish(refused.code, refused.details, refused.trailers)
        except TimeoutError:
            call.finish(int(StatusCode.DEADLINE_EXCEEDED.value[0]), "Deadline Exceeded")
        except Ended:
            call.finish()
        except Gone:
            self._calls.pop(stream_id, None)
        except Exception:  # noqa: BLE001  # as the real server: the client hears of it, and the log says more
            traceback.print_exc(file=sys.stderr)
            call.finish(int(StatusCode.UNKNOWN.value[0]), "Exception was thrown by handler.")

    def _on_data(self, stream_id: int, event: DataReceived) -> None:
        call = self._calls.get(stream_id)
        size = event.flow_controlled_length or 0
        if call is None:
            self.give_back(stream_id, size)
            return
        try:
            call.feed(event.data or b"", size)
        except Refused as refused:
            call.finish(refused.code, refused.details, refused.trailers)
            self._end(stream_id)

    def _end(self, stream_id: int) -> None:
        if (call := self._calls.pop(stream_id, None)) is not None:
            call.release()
        self._answering.discard(stream_id)
        if (task := self._tasks.get(stream_id)) is not None:
            task.cancel()

    @staticmethod
    def _send(send: Callable[..., None], *arguments: object) -> None:
        try:
            send(*arguments)
        except ProtocolError as error:
            raise Gone from error

    def _must_be_there(self, stream_id: int) -> None:
        if stream_id not in self._calls:
            raise Gone

    async def _wait_for_room(self) -> None:
        self._flush()
        room = asyncio.get_running_loop().create_future()
        self._writers.add(room)
        try:
            await room
        finally:
            self._writers.discard(room)

    def _wake_writers(self) -> None:
        for writer in list(self._writers):
            if not writer.done():
                writer.set_result(None)

    def _plan_flush(self) -> None:
        if not self._flush_planned:
            self._flush_planned = True
            asyncio.get_running_loop().call_soon(self._flush)

    def _flush(self) -> None:
        self._flush_planned = False
        self._unflushed = 0
        if self._owner.frozen or self._transport.is_closing():
            return
        if data := self._h2.data_to_send():
            self._transport.write(data)


async def _unimplemented(_call: Call) -> None:
    raise Refused(StatusCode.UNIMPLEMENTED, "Method is unimplemented.")
