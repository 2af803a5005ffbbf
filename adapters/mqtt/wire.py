"""What arrives on one connection, cut into packets: PUBLISH, PUBACK and DISCONNECT to our listener, all else to gmqtt.

gmqtt's own reading spends a task, an inspection of the callback and a write on each message; here a read is cut where it lies.
"""

import asyncio
import struct
from typing import Any, Final, Protocol

from gmqtt.mqtt.package import Package
from gmqtt.mqtt.protocol import BaseMQTTProtocol, MQTTProtocol

from adapters.mqtt.packets import DISCONNECT, PUBACK, PUBLISH, MalformedPacketError, size_of

_UNSENT_MOST: Final = 64 * 1024


class Listener(Protocol):
    """Who is told what arrives. Its methods must not block."""

    def on_publish(self, head: int, data: bytes, at: int, end: int) -> None: ...

    def on_puback(self, packet_id: int, reason: int) -> None: ...

    def on_read(self) -> None:
        """All that was read has been handed over."""
        ...

    def has_room(self) -> bool:
        """Whether another PUBLISH may be handed over; where not, reading stops until `Wire.read_on`."""
        ...

    def on_writable(self) -> None: ...

    def on_lost(self, reason: int, error: Exception | None) -> None:
        """The connection is gone; `reason` is that of the broker's DISCONNECT, 0 where it sent none. Told more than once."""
        ...


class Wire(MQTTProtocol):  # type: ignore[misc]  # gmqtt has no types
    """The transport's protocol: cuts the stream into packets."""

    def __init__(self, listener: Listener, **gmqtts: Any) -> None:
        super().__init__(**gmqtts)
        self._listener = listener
        self._chunks: list[bytes] = []
        self._have = 0
        self._need = 2
        self._cutting = False
        self._leaving = False
        self._unsent: list[bytes] = []
        self._unsent_bytes = 0
        self._kernel_takes = True
        self.on_hold = False

    def connection_made(self, transport: asyncio.Transport) -> None:
        # Not gmqtt's own, which starts a reading task beside the transport's callbacks.
        BaseMQTTProtocol.connection_made(self, transport)

    def data_received(self, data: bytes) -> None:
        if self._leaving:
            return
        self._connection.touch()
        self._chunks.append(data)
        self._have += len(data)
        if self._have >= self._need and not self.on_hold:
            self._cut()

    def eof_received(self) -> bool:
        return False

    def read_on(self) -> None:
        """Take up what was held, if the listener has room for it."""
        if self.on_hold and not self._cutting and self._listener.has_room():
            self._release()
            self._cut()

    @property
    def writable(self) -> bool:
        """Whether what is written now leaves soon."""
        return self._kernel_takes and self._unsent_bytes < _UNSENT_MOST

    def write_data(self, data: bytes) -> None:
        """Send what is written in one turn of the loop together: a call of the kernel costs more than a packet."""
        if not self._unsent:
            self._loop.call_soon(self._send)
        self._unsent.append(data)
        self._unsent_bytes += len(data)

    def _send(self) -> None:
        if not self._transport.is_closing():
            self._transport.write(b"".join(self._unsent))
        self._unsent.clear()
        self._unsent_bytes = 0
        if self._kernel_takes:
            self._listener.on_writable()

    def pause_writing(self) -> None:
        self._kernel_takes = False

    def resume_writing(self) -> None:
        self._kernel_takes = True
        self._listener.on_writable()

    def connection_lost(self, exc: Exception | None) -> None:
        # Not gmqtt's own, which would log a traceback, and reconnect.
        asyncio.StreamReaderProtocol.connection_lost(self, exc)
        self._listener.on_lost(0, exc)

    def leave(self) -> None:
        """Read on only to see the other end close; what still comes is not looked at."""
        self._leaving = True
        self._release()
        self._chunks.clear()

    def abort(self) -> None:
        """Break the connection now, whatever waits to be written."""
        if self._transport is not None:
            self._transport.abort()

    def _cut(self) -> None:
        self._cutting = True
        try:
            self._hand_over()
            while self.on_hold and self._listener.has_room():
                self._release()
                self._hand_over()
        except (MalformedPacketError, IndexError, struct.error) as error:
            self._listener.on_lost(0, MalformedPacketError(f"the broker sent what is not MQTT 5: {error}"))
            self.abort()
        finally:
            self._cutting = False

    def _hand_over(self) -> None:
        data = self._chunks[0] if len(self._chunks) == 1 else b"".join(self._chunks)
        used = self._packets(data)
        self._chunks = [data[used:]] if used < len(data) else []
        self._have = len(data) - used
        self._listener.on_read()

    def _packets(self, data: bytes) -> int:
        at, have, listener = 0, len(data), self._listener
        self._need = 2
        while at + 2 <= have:
            size, start = data[at + 1], at + 2
            if size & 0x80:
                long_size = size_of(data, at + 1)
                if long_size is None:
                    self._need = have - at + 1
                    break
                size, start = long_size
            end = start + size
            if end > have:
                self._need = end - at
                break
            if data[at] & 0xF0 != PUBLISH:
                self._other(data[at], data[start:end])
            elif listener.has_room():
                listener.on_publish(data[at], data, start, end)
            else:
                self._hold()
                break
            at = end
        return at

    def _hold(self) -> None:
        self.on_hold = True
        if not self._transport.is_closing():
            self._transport.pause_reading()

    def _release(self) -> None:
        if not self.on_hold:
            return
        self.on_hold = False
        if not self._transport.is_closing():
            self._transport.resume_reading()

    def _other(self, head: int, body: bytes) -> None:
        if head & 0xF0 == PUBACK:
            self._listener.on_puback(body[0] << 8 | body[1], body[2] if len(body) > 2 else 0)  # noqa: PLR2004 - see MQTT 3.4.2
        elif head & 0xF0 == DISCONNECT:
            self._listener.on_lost(body[0] if body else 0, None)
        else:
            self._connection.put_package(Package(head, body))
