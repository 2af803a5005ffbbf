"""An MQTT session that stays: it connects, comes back by itself, and acknowledges only what has been dealt with."""

import asyncio
from collections.abc import Collection, Sequence
from types import TracebackType
from typing import Final, Self

import structlog

from adapters.mqtt.address import BrokerAddress
from adapters.mqtt.backoff import Backoff
from adapters.mqtt.claim import Claim
from adapters.mqtt.connection import Connection, Hello
from adapters.mqtt.errors import (
    BrokerRefusedError,
    BrokerUnansweringError,
    ConnectionLostError,
    MqttError,
    NotConnectedError,
    SessionTakenOverError,
)
from adapters.mqtt.inbox import Handler
from adapters.mqtt.message import Message, Will
from adapters.mqtt.outbox import Outbox, Reason, outgoing
from adapters.tracing.port import OFF, Kind, Tracer

_WEEK_S: Final = 7 * 24 * 3600
_STABLE_S: Final = 10
"""A connection that lived this long was a good one: the next attempt comes soon."""
_UNANSWERED_MOST: Final = 3
"""Attempts that a broker may leave unanswered before we take it for a refusal, if it never took us."""


class Session:
    """One client of a broker. `run` keeps it connected; `async with` runs it in a task of its own.

    With `exclusive` a second session under the same client id ends this one with SessionTakenOverError, on any broker that
    keeps retained messages; without, only on a broker that says so when it cuts off the first.
    """

    def __init__(
        self,
        address: BrokerAddress,
        *,
        client_id: str,
        filters: Sequence[str] = (),
        handler: Handler | None = None,
        no_local: bool = True,
        session_expiry_s: int = _WEEK_S,
        clean: bool = False,
        will: Will | None = None,
        receive_maximum: int = 1000,
        exclusive: bool = False,
        tracer: Tracer = OFF,
    ) -> None:
        self._address = address
        self._tracer = tracer
        self._handler = handler or _acknowledge
        self._claim = Claim(address, client_id) if exclusive else None
        self._hello = Hello(
            client_id=client_id,
            clean=clean,
            session_expiry_s=session_expiry_s,
            receive_maximum=receive_maximum,
            will=will,
            filters=tuple(filters),
            no_local=no_local,
        )
        self._backoff = Backoff()
        self._connection: Connection | None = None
        self._paused = False
        self._also: frozenset[str] = frozenset()
        self._away_s = 0.0
        self._ended: MqttError | None = None
        self._changed = asyncio.Event()
        self._running: asyncio.Task[None] | None = None
        self.connects = 0
        self.last_error: MqttError | None = None

    @property
    def is_connected(self) -> bool:
        """Whether there is a connection, with its subscriptions in place."""
        return self._connection is not None and self._connection.is_open

    async def connected(self) -> None:
        """Return once connected; raises what ended `run`. How long to wait is for the caller to say; see `last_error`."""
        while not self.is_connected:
            if self._ended is not None:
                raise self._ended
            self._changed.clear()
            await self._changed.wait()

    async def first_attempt(self) -> None:
        """Return once connected; raises what the first attempt met: a start need not wait for a broker that is not there."""
        while not self.is_connected:
            if (error := self._ended or self.last_error) is not None:
                raise error
            self._changed.clear()
            await self._changed.wait()

    async def run(self) -> None:
        """Keep the session connected until cancelled; raises BrokerRefusedError and SessionTakenOverError, which stay."""
        unanswered = 0
        while True:
            try:
                await self._one_connection()
            except MqttError as error:
                unanswered = unanswered + 1 if isinstance(error, BrokerUnansweringError) else 0
                if self._stays(error, unanswered):
                    self._ended = error
                self._report(error)
                if self._ended is not None:
                    raise
            await asyncio.sleep(max(self._backoff.wait_s(), self._away_s))
            self._away_s = 0.0

    def publish(
        self,
        topic: str,
        payload: bytes,
        *,
        qos: int = 1,
        retain: bool = False,
        response_topic: str | None = None,
        correlation_data: bytes | None = None,
        message_expiry_s: int | None = None,
    ) -> None:
        """Send without waiting; whether it arrives is not told. Any MqttError: it was not sent."""
        message = outgoing(
            topic,
            payload,
            qos=qos,
            retain=retain,
            response_topic=response_topic,
            correlation_data=correlation_data,
            message_expiry_s=message_expiry_s,
        )
        self._outbox().publish(message)

    async def publish_acked(
        self,
        topic: str,
        payload: bytes,
        *,
        retain: bool = False,
        response_topic: str | None = None,
        correlation_data: bytes | None = None,
        message_expiry_s: int | None = None,
    ) -> int:
        """Send with QoS 1; the reason code of the broker's PUBACK (16: nobody listens; from 128 on: refused).

        NotAcknowledgedError: the connection was lost before, and the broker may or may not have the message.
        """
        message = outgoing(
            topic,
            payload,
            qos=1,
            retain=retain,
            response_topic=response_topic,
            correlation_data=correlation_data,
            message_expiry_s=message_expiry_s,
        )
        with self._tracer.part("mqtt publish", kind=Kind.PRODUCER) as span:
            span.note(**{"messaging.system": "mqtt", "messaging.destination.name": topic})
            await self._outbox().room()
            acknowledged: Reason = asyncio.get_running_loop().create_future()
            self._outbox().publish(message, acknowledged)
            reason = await acknowledged
            span.note(puback=reason)
            return reason

    def also_hear(self, topics: Collection[str]) -> None:
        """Beside its filters subscribe to these topics, and no longer to others that were named here. Holds over a reconnect.

        One that the broker refuses is reported, and no more.
        """
        before, self._also = self._also, frozenset(topics)
        if self._connection is not None:
            self._connection.forget(before - self._also)
            self._connection.hear(self._also - before)

    def forget(self, topic: str) -> None:
        """Be no longer subscribed to a topic, which the broker may know of from an earlier session under this client id."""
        if self._connection is not None:
            self._connection.forget((topic,))

    def pause(self) -> None:
        """Take no more messages: the broker keeps them. Holds over a reconnect."""
        self._paused = True
        if self._connection is not None:
            self._connection.pause()

    def resume(self) -> None:
        """Take messages again."""
        self._paused = False
        if self._connection is not None:
            self._connection.resume()

    def break_off(self, away_s: float) -> None:
        """Cut the connection without a goodbye, so that the will is published; be back after `away_s` at the earliest."""
        self._away_s = away_s
        if self._connection is not None:
            self._connection.break_off()

    async def __aenter__(self) -> Self:
        self._running = asyncio.create_task(self.run(), name=f"mqtt session {self._hello.client_id}")
        try:
            await self.connected()
        except BaseException:
            await self._stop(self._running)
            raise
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._running is not None:
            await self._stop(self._running)
        if error is None and self._ended is not None:
            raise self._ended

    async def _stop(self, running: asyncio.Task[None]) -> None:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    async def _one_connection(self) -> None:
        """From CONNECT to the end; always raises, at last the reason of the end."""
        if self._claim is not None and self.connects:
            await self._claim.check()
        connection = Connection(self._address, self._hello, self._handler, paused=self._paused)
        self._connection = connection
        try:
            await connection.open()
            self._came_up(connection)
            await self._until_lost(connection)
        finally:
            self._connection = None
            if self._claim is not None:
                self._claim.withdraw(connection)
            await connection.close()

    def _came_up(self, connection: Connection) -> None:
        self.connects += 1
        self.last_error = None
        if self._claim is not None:
            self._claim.make(connection)
        connection.hear(self._also)
        self._changed.set()
        structlog.get_logger().info("mqtt_connected", broker=str(self._address), client_id=self._hello.client_id)

    async def _until_lost(self, connection: Connection) -> None:
        loop = asyncio.get_running_loop()
        since = loop.time()
        why = await asyncio.shield(connection.lost)
        if loop.time() - since > _STABLE_S:
            self._backoff.reset()
        raise why

    def _stays(self, error: MqttError, unanswered: int) -> bool:
        if isinstance(error, BrokerUnansweringError):
            return not self.connects and unanswered >= _UNANSWERED_MOST
        return isinstance(error, BrokerRefusedError | SessionTakenOverError)

    def _report(self, error: MqttError) -> None:
        self.last_error = error
        self._changed.set()
        log = structlog.get_logger()
        report = log.warning if isinstance(error, ConnectionLostError) or self._ended else log.info
        report("mqtt not connected", client_id=self._hello.client_id, reason=str(error))

    def _outbox(self) -> Outbox:
        if self._connection is None:
            raise NotConnectedError(f"not connected to {self._address}")
        return self._connection.outbox


def _acknowledge(_: Message) -> None:
    """What a session without a handler does with what an earlier one subscribed to."""
