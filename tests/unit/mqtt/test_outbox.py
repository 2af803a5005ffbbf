"""What waits for the broker to take more can be taken back, and is then never sent."""

import asyncio
from types import SimpleNamespace
from typing import Any, cast

import gmqtt

from adapters.mqtt.outbox import Outbox, Reason, outgoing
from adapters.mqtt.wire import Wire


class SlowBroker:
    """Takes one message at a time."""

    def __init__(self) -> None:
        self.sent: list[bytes] = []
        wire = SimpleNamespace(writable=True, id_generator=SimpleNamespace(free_id=lambda _id: None))
        self.outbox = Outbox(self._send, cast("Wire", wire), receive_maximum=3, packet_size_maximum=1_000_000)

    def _send(self, message: gmqtt.Message) -> int:
        self.sent.append(message.topic)
        return len(self.sent)

    def publish(self, topic: str) -> Reason:
        reason: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self.outbox.publish(outgoing(topic, b"", qos=1, retain=False), reason)
        return reason


async def test_a_message_that_was_taken_back_while_it_waited_is_not_sent() -> None:
    broker = SlowBroker()
    first, second, third = (broker.publish(topic) for topic in ("first", "second", "third"))
    second.cancel()
    broker.outbox.acknowledged(1, 0)
    assert (broker.sent, first.result()) == ([b"first", b"third"], 0)
    broker.outbox.acknowledged(2, 0)
    assert third.result() == 0
