"""What waits for the broker to take more can be taken back, and is then never sent."""

import asyncio
from types import SimpleNamespace
from typing import Any, cast

import gmqtt

from adapters.mqtt.errors import ConnectionLostError, MessageExpiredError, NotAcknowledgedError, NotConnectedError
from adapters.mqtt.outbox import Outbox, Reason, outgoing
from adapters.mqtt.wire import Wire


class SlowBroker:
    """Takes one message at a time."""

    def __init__(self) -> None:
        self.sent: list[bytes] = []
        wire = SimpleNamespace(writable=True, id_generator=SimpleNamespace(free_id=lambda _id: None))
        self.now = 0.0
        self.outbox = Outbox(
            self._send, cast("Wire", wire), receive_maximum=3, packet_size_maximum=1_000_000, clock=lambda: self.now
        )
        self.expiries: list[int | None] = []

    def _send(self, message: gmqtt.Message) -> int:
        self.sent.append(message.topic)
        self.expiries.append(message.properties.get("message_expiry_interval"))
        return len(self.sent)

    def publish(self, topic: str, expiry_s: int | None = None) -> Reason:
        reason: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self.outbox.publish(outgoing(topic, b"", qos=1, retain=False, message_expiry_s=expiry_s), reason)
        return reason


async def test_a_message_that_was_taken_back_while_it_waited_is_not_sent() -> None:
    broker = SlowBroker()
    first, second, third = (broker.publish(topic) for topic in ("first", "second", "third"))
    second.cancel()
    broker.outbox.acknowledged(1, 0)
    assert (broker.sent, first.result()) == ([b"first", b"third"], 0)
    broker.outbox.acknowledged(2, 0)
    assert third.result() == 0


async def test_a_message_that_waited_lives_only_as_long_as_is_left_of_its_time() -> None:
    broker = SlowBroker()
    broker.publish("first", 30)
    late = [broker.publish("second", 30), broker.publish("third", 2), broker.publish("fourth")]
    broker.now = 2.5
    for packet_id in (1, 2, 3):
        broker.outbox.acknowledged(packet_id, 0)
    assert (broker.sent, broker.expiries) == ([b"first", b"second", b"fourth"], [30, 27, None])
    assert isinstance(late[1].exception(), MessageExpiredError)
    assert (late[0].result(), late[2].result()) == (0, 0)


async def test_what_still_waited_as_the_connection_went_was_certainly_not_sent() -> None:
    broker = SlowBroker()
    sent, waiting = broker.publish("sent"), broker.publish("waiting")
    broker.outbox.close(ConnectionLostError("the cable"))
    assert (type(sent.exception()), type(waiting.exception())) == (NotAcknowledgedError, NotConnectedError)
