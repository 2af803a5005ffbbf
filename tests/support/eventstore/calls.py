"""One gRPC call as its handler sees it: messages in, messages out, and how it ends."""

import asyncio
import struct
from collections import deque
from collections.abc import Mapping
from typing import Protocol

from tests.support.eventstore.refusals import Trailers, invalid

LARGEST_MESSAGE = 20 * 1024 * 1024
READ_AHEAD = 64
"""Messages that may wait for the handler before the client's window is closed."""

_HEAD = struct.Struct(">BI")
_TIMEOUT_UNITS = {"H": 3600.0, "M": 60.0, "S": 1.0, "m": 1e-3, "u": 1e-6, "n": 1e-9}


def framed(message: bytes) -> bytes:
    """A message as it stands on the wire."""
    return _HEAD.pack(0, len(message)) + message


class Wire(Protocol):
    """The connection that carries the call."""

    async def write(self, stream_id: int, payload: bytes) -> None: ...
    def finish(self, stream_id: int, code: int, details: str, trailers: Trailers) -> None: ...
    def give_back(self, stream_id: int, size: int) -> None: ...
    def drop(self) -> None: ...


class Call:
    """A call. `receive` gives None after the client's last message; `send` takes framed messages and waits for room."""

    def __init__(self, wire: Wire, stream_id: int, headers: Mapping[str, str]) -> None:
        self.wire = wire
        self.path = headers.get(":path", "")
        self.metadata = headers
        self._stream_id = stream_id
        self._bytes = bytearray()
        self._messages: deque[bytes] = deque()
        self.requests_ended = False
        self._held = 0
        self._waiting: asyncio.Future[None] | None = None

    @property
    def seconds(self) -> float | None:
        """The client's deadline."""
        text = self.metadata.get("grpc-timeout")
        return int(text[:-1]) * _TIMEOUT_UNITS[text[-1]] if text else None

    def feed(self, data: bytes, flow_controlled: int) -> None:
        """Bytes of the client's messages, and what they took of its window."""
        self._bytes += data
        self._held += flow_controlled
        while (message := self._next_message()) is not None:
            self._messages.append(message)
        self._reopen()
        self._wake()

    def end_requests(self) -> None:
        """The client will send no more."""
        self.requests_ended = True
        self._wake()

    async def receive(self) -> bytes | None:
        while not self._messages:
            if self.requests_ended:
                return None
            self._waiting = asyncio.get_running_loop().create_future()
            await self._waiting
        message = self._messages.popleft()
        self._reopen()
        return message

    async def send(self, payload: bytes) -> None:
        await self.wire.write(self._stream_id, payload)

    def finish(self, code: int = 0, details: str = "", trailers: Trailers = ()) -> None:
        self.wire.finish(self._stream_id, code, details, trailers)

    def release(self) -> None:
        """Give back what is held of the client's window: nobody will read it."""
        if self._held:
            self.wire.give_back(self._stream_id, self._held)
            self._held = 0

    def _next_message(self) -> bytes | None:
        if len(self._bytes) < _HEAD.size:
            return None
        compressed, length = _HEAD.unpack_from(self._bytes)
        if compressed:
            invalid("Compressed messages are not supported by this double.")
        if length > LARGEST_MESSAGE:
            invalid(f"Received message exceeds the maximum of {LARGEST_MESSAGE} bytes.")
        end = _HEAD.size + length
        if len(self._bytes) < end:
            return None
        message = bytes(self._bytes[_HEAD.size : end])
        del self._bytes[:end]
        return message

    def _reopen(self) -> None:
        if len(self._messages) < READ_AHEAD:
            self.release()

    def _wake(self) -> None:
        waiting, self._waiting = self._waiting, None
        if waiting is not None and not waiting.done():
            waiting.set_result(None)
