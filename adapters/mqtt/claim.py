"""Who holds a client id, said on a retained topic: neither Mosquitto 2.0.11 nor iotcore tells a session that it was taken over.

Each session that comes up writes its own name there. One that was cut off without a word looks, under another client id,
whether its name still stands, before it throws out whoever came in between.
"""

import asyncio
import contextlib
import secrets
from typing import Final

import structlog

from adapters.mqtt.address import BrokerAddress
from adapters.mqtt.connection import Connection, Hello
from adapters.mqtt.errors import BrokerRefusedError, OutboxFullError, SessionTakenOverError
from adapters.mqtt.message import Message
from adapters.mqtt.outbox import Reason, outgoing
from adapters.mqtt.subscriptions import REFUSED

_LOOK_S: Final = 0.5
"""How long a broker may take to send a retained message; it is the first thing that comes after the SUBACK."""


class Claim:
    """A session's claim on its client id."""

    def __init__(self, address: BrokerAddress, client_id: str) -> None:
        self._address = address
        self._client_id = client_id
        # Outside of the topics that devices use.
        self._topic = f"glasshouse-session/{client_id}"
        self._name = secrets.token_hex(8).encode()
        self._allowed = True

    def make(self, connection: Connection) -> None:
        """Say that the client id is ours."""
        if not self._allowed:
            return
        claimed: Reason = asyncio.get_running_loop().create_future()
        claimed.add_done_callback(self._on_claimed)
        connection.outbox.publish(outgoing(self._topic, self._name, qos=1, retain=True), claimed)

    def withdraw(self, connection: Connection) -> None:
        """Say that it is nobody's, if the broker still listens."""
        if self._allowed and connection.is_open:
            with contextlib.suppress(OutboxFullError):
                connection.outbox.publish(outgoing(self._topic, b"", qos=1, retain=True))

    async def check(self) -> None:
        """Return if nobody else holds it, as far as the broker lets us see; else SessionTakenOverError."""
        if self._allowed and await self._holder() not in (None, b"", self._name):
            raise SessionTakenOverError(f"another client connected to {self._address} as {self._client_id}")

    async def _holder(self) -> bytes | None:
        holder: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

        def on_message(message: Message) -> None:
            if not holder.done():
                holder.set_result(message.payload)

        looking = Connection(self._address, self._onlooker(), on_message, paused=False)
        try:
            await looking.open()
            with contextlib.suppress(TimeoutError):
                return await asyncio.wait_for(holder, _LOOK_S)
        except BrokerRefusedError as error:
            structlog.get_logger().info("mqtt_session_not_guarded", client_id=self._client_id, reason=str(error))
        finally:
            await looking.close()
        return None

    def _onlooker(self) -> Hello:
        return Hello(
            client_id=f"{self._client_id}-onlooker",
            clean=True,
            session_expiry_s=0,
            receive_maximum=10,
            will=None,
            filters=[self._topic],
            no_local=False,
        )

    def _on_claimed(self, claimed: Reason) -> None:
        # Mosquitto cuts off who publishes where he may not: claiming again on each connection would never end.
        if claimed.exception() is None and claimed.result() >= REFUSED:
            self._allowed = False
            log = structlog.get_logger()
            log.warning("mqtt_session_not_guarded", topic=self._topic, reason="the broker does not let us publish")
