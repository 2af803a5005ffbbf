"""A message is acknowledged when it has been dealt with, on the connection it came by, and otherwise comes again."""

import asyncio
from functools import partial

from adapters.mqtt.message import Message
from adapters.mqtt.session import Session
from tests.support.brokers import StandaloneBroker
from tests.support.mqtt import Desk, break_connection, publisher, until

FILTERS = ["house/#"]


def session(broker: StandaloneBroker, desk: Desk, receive_maximum: int = 1000) -> Session:
    return Session(broker.address, client_id="ingest", filters=FILTERS, handler=desk, receive_maximum=receive_maximum)


async def publish(broker: StandaloneBroker, *payloads: bytes) -> None:
    async with publisher(broker.address) as sender:
        await asyncio.gather(*(sender.publish_acked("house/a", payload) for payload in payloads))


async def left_over(broker: StandaloneBroker) -> list[bytes]:
    """What the broker still holds for the session, up to a message that is sent last."""
    desk = Desk(at_once=True)
    async with session(broker, desk):
        await publish(broker, b"last")
        await until(lambda: b"last" in desk.payloads)
    return desk.payloads[:-1]


async def test_a_message_not_dealt_with_when_its_session_dies_comes_again(broker: StandaloneBroker) -> None:
    desk = Desk()
    async with session(broker, desk):
        await publish(broker, b"1", b"2", b"3")
        await until(lambda: len(desk.messages) == 3)
    assert await left_over(broker) == [b"1", b"2", b"3"]


async def test_a_message_dealt_with_does_not_come_again(broker: StandaloneBroker) -> None:
    desk = Desk()
    async with session(broker, desk) as receiver:
        await publish(broker, b"1", b"2", b"3")
        await until(lambda: len(desk.messages) == 3)
        desk.done()
        await receiver.publish_acked("elsewhere", b"whose answer comes after the acknowledgements went out")
    assert await left_over(broker) == []


async def test_acknowledgements_leave_in_order_of_arrival(broker: StandaloneBroker) -> None:
    desk = Desk()
    async with session(broker, desk) as receiver:
        await publish(broker, b"1", b"2", b"3")
        await until(lambda: len(desk.messages) == 3)
        desk.outcomes[2].set_result(None)
        desk.outcomes[1].set_result(None)
        await receiver.publish_acked("elsewhere", b"")
        assert receiver.connects == 1
    assert await left_over(broker) == [b"1", b"2", b"3"]


async def test_a_failing_handler_gets_the_message_again(broker: StandaloneBroker) -> None:
    desk = Desk()
    async with session(broker, desk) as receiver:
        await publish(broker, b"1", b"2")
        await until(lambda: len(desk.messages) == 2)
        desk.outcomes[0].set_result(None)
        desk.outcomes[1].set_exception(OSError("the disk is full"))
        await until(lambda: len(desk.messages) == 3)
        assert desk.payloads == [b"1", b"2", b"2"]
        await receiver.connected()
        assert receiver.connects == 2
        desk.done()
        await receiver.publish_acked("elsewhere", b"")
    assert await left_over(broker) == []


async def test_a_handler_that_raises_gets_the_message_again(broker: StandaloneBroker) -> None:
    seen: list[bytes] = []

    def handler(message: Message) -> None:
        seen.append(message.payload)
        if len(seen) == 1:
            raise RuntimeError("not now")

    async with Session(broker.address, client_id="ingest", filters=FILTERS, handler=handler):
        await publish(broker, b"1")
        await until(lambda: seen == [b"1", b"1"])


async def test_an_outcome_that_outlived_its_connection_acknowledges_nothing_on_the_next(broker: StandaloneBroker) -> None:
    desk = Desk()
    async with session(broker, desk) as receiver:
        await publish(broker, b"1", b"2")
        await until(lambda: len(desk.messages) == 2)
        old = desk.outcomes[:]
        await break_connection(receiver)
        await until(lambda: len(desk.messages) == 4)
        for outcome in old:
            outcome.set_result(None)
        await receiver.publish_acked("elsewhere", b"")
    assert await left_over(broker) == [b"1", b"2"]


async def test_a_redelivered_message_says_so_where_the_broker_does(broker: StandaloneBroker) -> None:
    desk = Desk()
    async with session(broker, desk) as receiver:
        await publish(broker, b"1")
        await until(lambda: len(desk.messages) == 1)
        await break_connection(receiver)
        await until(lambda: len(desk.messages) == 2)
    assert [message.redelivered for message in desk.messages] == [False, broker.plan.kind == "mosquitto"]


async def test_more_than_the_receive_maximum_waits_at_the_broker(broker: StandaloneBroker) -> None:
    desk = Desk()
    async with session(broker, desk, receive_maximum=10):
        await publish(broker, *(b"%d" % number for number in range(300)))
        await until(lambda: len(desk.messages) == 10)
        for handled in range(300):
            await until(partial(desk.has, handled + 1))
            assert len(desk.messages) - handled <= 10
            desk.outcomes[handled].set_result(None)
    assert desk.payloads == [b"%d" % number for number in range(300)]
