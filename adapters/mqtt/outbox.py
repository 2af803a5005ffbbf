"""What one connection publishes: in order, within the broker's Receive Maximum, each QoS 1 message until its PUBACK."""

import asyncio
import math
import time
from collections import deque
from collections.abc import Callable, Iterable
from typing import Final, NamedTuple, TypeAlias

import gmqtt

from adapters.mqtt.errors import (
    MessageExpiredError,
    MessageTooLargeError,
    MqttError,
    NotAcknowledgedError,
    NotConnectedError,
    OutboxFullError,
    TopicNotAllowedError,
)
from adapters.mqtt.topics import is_publishable
from adapters.mqtt.wire import Wire

Reason: TypeAlias = asyncio.Future[int]

_WAITING_MOST: Final = 8 * 1024 * 1024
_OVERHEAD: Final = 512
"""What a waiting message costs beside its bytes, about."""
_IN_FLIGHT_MOST: Final = 1000
_HEADERS_MOST: Final = 64
"""What a packet is larger than topic, payload, response topic and correlation data, at most."""
_EXPIRY: Final = "message_expiry_interval"


class _Waiting(NamedTuple):
    message: gmqtt.Message
    acknowledged: Reason | None
    since: float


class Outbox:
    """The publishes of one connection. What waits grows older: its life is told to the broker as it is when it is sent."""

    def __init__(
        self,
        send: Callable[[gmqtt.Message], int | None],
        wire: Wire,
        *,
        receive_maximum: int,
        packet_size_maximum: int,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._clock = clock
        self._send_now = send
        self._wire = wire
        # gmqtt gives out Receive Maximum less one packet ids, and a SUBSCRIBE needs one too.
        self._window = max(1, min(receive_maximum - 2, _IN_FLIGHT_MOST))
        self._packet_size_maximum = packet_size_maximum
        self._in_flight: dict[int, Reason | None] = {}
        self._waiting: deque[_Waiting] = deque()
        self._waiting_bytes = 0
        self._room = asyncio.Event()
        self._room.set()

    def publish(self, message: gmqtt.Message, acknowledged: Reason | None = None) -> None:
        """Send, or queue behind what is waiting; OutboxFullError where too much is.

        Whoever cancels `acknowledged` before it was sent has taken it back.
        """
        self._check_size(message)
        if not self._waiting and self._may_send():
            self._send(message, acknowledged)
            return
        if not self._room.is_set():
            raise OutboxFullError("the broker does not take our messages as fast as we publish them")
        self._waiting.append(_Waiting(message, acknowledged, self._clock()))
        self._count(_cost(message))

    async def room(self) -> None:
        """Return once `publish` will not find the outbox full."""
        while not self._room.is_set():
            await self._room.wait()

    def acknowledged(self, packet_id: int, reason: int) -> None:
        """The broker's PUBACK."""
        future = self._in_flight.pop(packet_id, None)
        self._wire.id_generator.free_id(packet_id)
        if future is not None and not future.done():
            future.set_result(reason)
        self.send_waiting()

    def send_waiting(self) -> None:
        """Send what may be sent now."""
        while self._waiting and self._may_send():
            message, acknowledged, since = self._waiting.popleft()
            self._count(-_cost(message))
            if acknowledged is not None and acknowledged.cancelled():
                continue
            if _lives_on(message, self._clock() - since):
                self._send(message, acknowledged)
            elif acknowledged is not None:
                acknowledged.set_exception(MessageExpiredError("its time was over before the broker could take it"))

    def close(self, why: MqttError) -> None:
        """The connection is gone: nothing more will be acknowledged."""
        in_doubt, unsent = list(self._in_flight.values()), [one.acknowledged for one in self._waiting]
        self._in_flight.clear()
        self._waiting.clear()
        self._count(-self._waiting_bytes)
        _fail(in_doubt, NotAcknowledgedError, f"not acknowledged: {why}")
        _fail(unsent, NotConnectedError, f"the connection ended before the broker could take it: {why}")

    def _may_send(self) -> bool:
        return self._wire.writable and len(self._in_flight) < self._window

    def _send(self, message: gmqtt.Message, acknowledged: Reason | None) -> None:
        packet_id = self._send_now(message)
        if packet_id is not None:
            self._in_flight[packet_id] = acknowledged
        elif acknowledged is not None:
            acknowledged.set_result(0)

    def _check_size(self, message: gmqtt.Message) -> None:
        most = self._packet_size_maximum
        if _size(message) + _HEADERS_MOST > most:
            raise MessageTooLargeError(f"a message of {message.payload_size} bytes; the broker takes packets of {most}")

    def _count(self, cost: int) -> None:
        self._waiting_bytes += cost
        if self._waiting_bytes < _WAITING_MOST:
            self._room.set()
        else:
            self._room.clear()


def outgoing(
    topic: str,
    payload: bytes,
    *,
    qos: int,
    retain: bool,
    response_topic: str | None = None,
    correlation_data: bytes | None = None,
    message_expiry_s: int | None = None,
) -> gmqtt.Message:
    """A message to publish; TopicNotAllowedError where the broker would close the connection over it."""
    for named in (topic, response_topic):
        if named is not None and not is_publishable(named):
            raise TopicNotAllowedError(f"nothing can be published to the topic {named!r}")
    properties = {
        "response_topic": response_topic,
        "correlation_data": correlation_data,
        _EXPIRY: message_expiry_s,
    }
    return gmqtt.Message(topic, payload, qos, retain, **{key: value for key, value in properties.items() if value is not None})


def _cost(message: gmqtt.Message) -> int:
    return _size(message) + _OVERHEAD


def _size(message: gmqtt.Message) -> int:
    texts = (value for value in message.properties.values() if not isinstance(value, int))
    return len(message.topic) + int(message.payload_size) + sum(len(text) for text in texts)


def _fail(reasons: Iterable[Reason | None], kind: type[MqttError], why: str) -> None:
    for reason in reasons:
        if reason is not None and not reason.done():
            reason.set_exception(kind(why))


def _lives_on(message: gmqtt.Message, waited: float) -> bool:
    """Whether it has a life left after that many seconds, in whole ones, as MQTT counts them."""
    if _EXPIRY not in message.properties:
        return True
    message.properties[_EXPIRY] -= math.ceil(waited)
    return bool(message.properties[_EXPIRY] > 0)
