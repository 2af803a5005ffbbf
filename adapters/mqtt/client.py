"""gmqtt, cut down to one connection: the packets that leave, the handshake, and a keep-alive of ours.

gmqtt's client reconnects on its own, with packet ids that leak, and its keep-alive cannot tell a dead connection from one that
is held back. So it is used once, never asked to reconnect, and what arrives is read by `wire.py`.
"""

import asyncio
import contextlib
import time
from collections.abc import Sequence
from typing import Any, Final

import gmqtt
from gmqtt.mqtt.connection import MQTTConnection

from adapters.mqtt.wire import Listener, Wire

_SILENCE: Final = 1.5
"""Keep-alive intervals without a byte after which a connection is dead, whatever the kernel says."""


class Heartbeat(MQTTConnection):  # type: ignore[misc]  # gmqtt has no types
    """gmqtt's connection with another keep-alive."""

    def touch(self) -> None:
        self._last_data_in = time.monotonic()

    async def goodbye(self) -> None:
        """Say DISCONNECT, and return once the broker has closed: only then has it read all acknowledgements before it."""
        self._protocol.leave()
        self.send_disconnect()
        with contextlib.suppress(OSError):
            await asyncio.shield(self._protocol.closed)

    def stop(self) -> None:
        """No more beats."""
        self._keep_connection_callback.cancel()

    def _keep_connection(self) -> None:
        # gmqtt calls this every half interval. Its own closes a connection that we hold back, and closes politely one
        # that is dead, which waits for ever where something is left to write.
        if self.is_closing():
            return
        if self._protocol.on_hold:
            self.touch()
        if time.monotonic() - self._last_data_in > _SILENCE * self._keepalive:
            self._protocol.abort()
            return
        self._send_ping_request()
        again = asyncio.get_running_loop().call_later(self._keepalive / 2, self._keep_connection)
        self._keep_connection_callback = again


class OneConnection(gmqtt.Client):  # type: ignore[misc]  # gmqtt has no types
    """gmqtt's client, for one connection."""

    def __init__(self, listener: Listener, client_id: str, **gmqtts: Any) -> None:
        super().__init__(client_id, optimistic_acknowledgement=False, **gmqtts)
        self.wire = Wire(listener, connection_state=self._connection_state, id_generator=self._package_handler.id_generator)

    @property
    def heartbeat(self) -> Heartbeat | None:
        """What packets leave by; None before there is a connection."""
        heartbeat: Heartbeat | None = self._connection
        return heartbeat

    def send(self, message: gmqtt.Message) -> int | None:
        """Publish without keeping it for a reconnect that never comes; its packet id, where its QoS has one."""
        packet_id: int | None
        packet_id, _ = self._connection.publish(message)
        return packet_id

    def forget(self, topics: Sequence[str]) -> None:
        """Unsubscribe. In bytes: gmqtt takes the packet to be as long as its topics have characters."""
        self._remove_subscriptions(topics)
        self._connection.unsubscribe([topic.encode() for topic in topics])

    def granted(self, term: str, default: int) -> int:
        """A property of the broker's CONNACK."""
        value: int = self._package_handler._connack_properties.get(term, [default])[0]  # noqa: SLF001 - gmqtt keeps it there
        return value

    async def reconnect(self, **_: Any) -> None:
        """Never: see the module's docstring."""

    async def _create_connection(self, host: str, port: int, ssl: Any, clean_session: bool, keepalive: int) -> Heartbeat:
        loop = asyncio.get_running_loop()
        transport, wire = await loop.create_connection(lambda: self.wire, host, port, ssl=ssl)
        return Heartbeat(transport, wire, clean_session, keepalive, package_handler=self._package_handler)
