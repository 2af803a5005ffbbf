"""One connection to a broker, from CONNECT to its end; it never comes back, a session opens the next."""

import asyncio
import contextlib
import ssl
from collections.abc import Collection, Sequence
from typing import Any, Final

import gmqtt
import msgspec
from gmqtt.mqtt.handler import MQTTConnectError

from adapters.mqtt.address import BrokerAddress
from adapters.mqtt.client import OneConnection
from adapters.mqtt.errors import (
    BrokerRefusedError,
    BrokerUnansweringError,
    BrokerUnreachableError,
    BrokerUntrustedError,
    ConnectionLostError,
    MqttError,
    NotConnectedError,
    SessionTakenOverError,
)
from adapters.mqtt.inbox import Handler, Inbox
from adapters.mqtt.message import Will
from adapters.mqtt.outbox import Outbox
from adapters.mqtt.packets import read_publish
from adapters.mqtt.subscriptions import REFUSED, Subscriptions
from adapters.mqtt.wire import Listener

KEEP_ALIVE_S: Final = 30
_ANSWER_S: Final = 10
_GOODBYE_S: Final = 2
_TAKEN_OVER: Final = 142
_RECEIVE_MAXIMUM: Final = 65535
_SUBSCRIBED_NEWLY: Final = 1
"""Retain handling: retained messages come with a subscription that is new, not again on each reconnect."""
_PACKET_SIZE_MAXIMUM: Final = 16 * 1024 * 1024
_NOT_FOR_EVER: Final = frozenset({3, 128, 131, 136, 137, 151, 159})
"""CONNACK reasons that may pass: unavailable, busy, quota or rate exceeded. All others stay until somebody acts."""


class Hello(msgspec.Struct, frozen=True, kw_only=True):
    """What a connection begins with."""

    client_id: str
    clean: bool
    session_expiry_s: int
    receive_maximum: int
    will: Will | None
    filters: Sequence[str]
    no_local: bool


class Connection:
    """Open it with `open`; `lost` tells of its end, and why."""

    def __init__(self, address: BrokerAddress, hello: Hello, handler: Handler, *, paused: bool) -> None:
        self._address = address
        self._hello = hello
        self._paused = paused
        self._is_open = False
        self._outbox: Outbox | None = None
        self._inbox = Inbox(handler, self._write, self._handler_failed)
        self._client = _client(self, address, hello)
        self._client.on_connect = self._on_connack
        self._client.on_subscribe = self._on_suback
        self._more = Subscriptions(self._subscribe, self._client.forget)
        loop = asyncio.get_running_loop()
        self._subscribed: asyncio.Future[None] = loop.create_future()
        self.lost: asyncio.Future[MqttError] = loop.create_future()

    async def open(self) -> None:
        """Connect and subscribe; raises what the broker, or the lack of one, calls for."""
        try:
            async with asyncio.timeout(_ANSWER_S):
                await self._unless_lost(self._connect(), "mqtt connect")
        except TimeoutError:
            raise BrokerUnreachableError(f"the broker at {self._address} does not answer") from None
        if self._hello.filters:
            self._subscribe(self._hello.filters)
            # No time limit: the answer may lie behind messages that we hold back. Keep-alive watches over it.
            await self._unless_lost(self._subscribed, "mqtt subscribe")
        self._is_open = True

    def hear(self, topics: Collection[str]) -> None:
        """Subscribe to these, too."""
        if self.is_open:
            self._more.add(topics)

    def forget(self, topics: Collection[str]) -> None:
        """Be subscribed to these no longer."""
        if self.is_open:
            self._more.drop(topics)

    @property
    def is_open(self) -> bool:
        """Whether it is there, with its subscriptions in place."""
        return self._is_open and not self.lost.done()

    @property
    def outbox(self) -> Outbox:
        """Where to publish, from the broker's welcome on."""
        if self._outbox is None or self.lost.done():
            raise NotConnectedError(f"not connected to {self._address}")
        return self._outbox

    def pause(self) -> None:
        """Hand over no more messages, and stop reading when one comes."""
        self._paused = True

    def resume(self) -> None:
        """Go on."""
        self._paused = False
        self._client.wire.read_on()

    def break_off(self) -> None:
        """End it without a goodbye, so that the will is published."""
        self._client.wire.abort()

    async def close(self) -> None:
        """Say goodbye, so that no will is published; break off where the broker does not listen."""
        self._end(ConnectionLostError("we closed the connection"))
        heartbeat = self._client.heartbeat
        if heartbeat is None:
            return
        heartbeat.stop()
        if not heartbeat.is_closing():
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_GOODBYE_S):
                    await heartbeat.goodbye()
        self._client.wire.abort()

    async def _connect(self) -> None:
        address = self._address
        try:
            await self._client.connect(address.host, address.port, ssl=address.tls_context() or False, keepalive=KEEP_ALIVE_S)
        except MQTTConnectError as error:
            raise _refusal(address, error) from error
        except ssl.SSLError as error:
            reason = getattr(error, "verify_message", None) or error.reason
            raise BrokerUntrustedError(f"no trusted connection to {address}: {reason}") from error
        except OSError as error:
            raise BrokerUnreachableError(f"no broker at {address}: {error.strerror or error}") from error

    async def _unless_lost(self, waited: Any, name: str) -> None:
        task = asyncio.ensure_future(waited)
        if isinstance(task, asyncio.Task):
            task.set_name(name)
        try:
            await asyncio.wait({task, self.lost}, return_when=asyncio.FIRST_COMPLETED)
            if not task.done():
                raise self._before_open(self.lost.result())
            task.result()
        finally:
            if not task.done():
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)

    def _before_open(self, why: MqttError) -> MqttError:
        if self._outbox is not None or not isinstance(why, ConnectionLostError):
            return why
        return BrokerUnansweringError(
            f"the broker at {self._address} closed the connection without an answer: "
            "a wrong user or password, or a port that does not speak MQTT 5"
        )

    def _subscribe(self, topics: Sequence[str]) -> None:
        self._client.subscribe([self._subscription(topic) for topic in topics])

    def _subscription(self, topic: str) -> gmqtt.Subscription:
        return gmqtt.Subscription(
            topic, qos=1, no_local=self._hello.no_local, retain_as_published=True, retain_handling_options=_SUBSCRIBED_NEWLY
        )

    # What the wire tells.

    def on_publish(self, head: int, data: bytes, at: int, end: int) -> None:
        puback, message = read_publish(head, data, at, end)
        try:
            self._inbox.deliver(puback, message)
        except Exception as error:  # noqa: BLE001 - the handler's, whatever it is
            self._handler_failed(error)

    def on_puback(self, packet_id: int, reason: int) -> None:
        if self._outbox is not None:
            self._outbox.acknowledged(packet_id, reason)

    def on_read(self) -> None:
        self._inbox.settle()

    def has_room(self) -> bool:
        return not self._paused and len(self._inbox) < self._hello.receive_maximum and not self.lost.done()

    def on_writable(self) -> None:
        if self._outbox is not None:
            self._outbox.send_waiting()

    def on_lost(self, reason: int, error: Exception | None) -> None:
        if reason == _TAKEN_OVER:
            self._end(SessionTakenOverError(f"another client connected to {self._address} as {self._hello.client_id}"))
        else:
            detail = error or (f"it said goodbye with reason {reason}" if reason else "the other end closed it")
            self._end(ConnectionLostError(f"the connection to {self._address} was lost: {detail}"))

    def _on_connack(self, _client: Any, _session_present: int, _reason: int, _properties: Any) -> None:
        # Not later: messages may stand right behind it, and their receipts want to leave.
        self._outbox = Outbox(
            self._client.send,
            self._client.wire,
            receive_maximum=self._client.granted("receive_maximum", _RECEIVE_MAXIMUM),
            packet_size_maximum=self._client.granted("maximum_packet_size", _PACKET_SIZE_MAXIMUM),
        )

    def _on_suback(self, _client: Any, _packet_id: int, granted: Sequence[int], _properties: Any) -> None:
        if self._is_open:
            self._more.answered(granted)
            return
        refused = [topic for topic, qos in zip(self._hello.filters, granted, strict=False) if qos >= REFUSED]
        if refused:
            self._end(BrokerRefusedError(f"the broker at {self._address} does not let us subscribe to {', '.join(refused)}"))
        elif not self._subscribed.done():
            self._subscribed.set_result(None)

    def _write(self, acknowledgements: bytes) -> None:
        self._client.wire.write_data(acknowledgements)
        self._client.wire.read_on()

    def _handler_failed(self, error: BaseException) -> None:
        self._end(ConnectionLostError(f"a message could not be handled, so that it must be delivered again: {error!r}"))

    def _end(self, why: MqttError) -> None:
        if self.lost.done():
            return
        self.lost.set_result(why)
        self._inbox.close()
        if self._outbox is not None:
            self._outbox.close(why)


def _client(listener: Listener, address: BrokerAddress, hello: Hello) -> OneConnection:
    will = hello.will
    client = OneConnection(
        listener,
        hello.client_id,
        clean_session=hello.clean,
        will_message=None if will is None else gmqtt.Message(will.topic, will.payload, qos=will.qos, retain=will.retain),
        session_expiry_interval=hello.session_expiry_s,
        receive_maximum=hello.receive_maximum,
        maximum_packet_size=_PACKET_SIZE_MAXIMUM,
    )
    if address.username is not None:
        client.set_auth_credentials(address.username, address.password)
    return client


def _refusal(address: BrokerAddress, error: MQTTConnectError) -> MqttError:
    if error._code in _NOT_FOR_EVER:  # noqa: SLF001 - gmqtt keeps it there
        return BrokerUnreachableError(f"the broker at {address} is not ready for us: {error.message}")
    return BrokerRefusedError(f"the broker at {address} refuses us: {error.message}")
