"""A paused session takes nothing more: the broker keeps it, and our memory stays bounded."""

import asyncio
from functools import partial

from adapters.mqtt.message import Message
from adapters.mqtt.session import Session
from tests.support.brokers import StandaloneBroker
from tests.support.mqtt import Desk, break_connection, publisher, until

MANY = 3000


async def publish_many(broker: StandaloneBroker) -> None:
    async with publisher(broker.address) as sender:
        await asyncio.gather(*(sender.publish_acked("house/a", b"%d" % number) for number in range(MANY)))


async def test_a_paused_session_takes_nothing_and_gets_all_once_it_goes_on(broker: StandaloneBroker) -> None:
    desk = Desk(at_once=True)
    async with Session(broker.address, client_id="ingest", filters=["house/#"], handler=desk) as receiver:
        receiver.pause()
        await publish_many(broker)
        await until(lambda: receiver._connection and receiver._connection._client.wire.on_hold)
        assert desk.messages == []
        receiver.resume()
        await until(lambda: len(desk.messages) == MANY)
    assert desk.payloads == [b"%d" % number for number in range(MANY)]


async def test_a_handler_can_pause_between_two_messages_that_came_together(broker: StandaloneBroker) -> None:
    desk = Desk(at_once=True)

    def one_at_a_time(message: Message) -> None:
        desk(message)
        receiver.pause()

    receiver = Session(broker.address, client_id="ingest", filters=["house/#"], handler=one_at_a_time)
    async with receiver, publisher(broker.address) as sender:
        await asyncio.gather(*(sender.publish_acked("house/a", b"") for _ in range(20)))
        for count in range(1, 21):
            await until(partial(desk.has, count))
            assert len(desk.messages) == count
            receiver.resume()


async def test_a_pause_holds_over_a_reconnect(broker: StandaloneBroker) -> None:
    desk = Desk(at_once=True)
    async with Session(broker.address, client_id="ingest", filters=["house/#"], handler=desk) as receiver:
        receiver.pause()
        await publish_many(broker)
        await break_connection(receiver)
        await until(lambda: receiver._connection is not None and receiver._connection._client.wire.on_hold)
        assert desk.messages == []
        receiver.resume()
        await until(lambda: len(desk.messages) >= MANY)
        await receiver.connected()
    assert set(desk.payloads) == {b"%d" % number for number in range(MANY)}
