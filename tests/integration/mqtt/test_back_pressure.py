"""A paused session takes nothing more: the broker keeps it, and our memory stays bounded."""

import asyncio
import os
import signal
from functools import partial

import pytest

from adapters.mqtt.errors import OutboxFullError
from adapters.mqtt.message import Message
from adapters.mqtt.session import Session
from tests.support.brokers import StandaloneBroker
from tests.support.mqtt import Desk, break_connection, publisher, until

MANY = 3000


async def publish_many(broker: StandaloneBroker) -> None:
    async with publisher(broker.address) as sender:
        await asyncio.gather(*(sender.publish_acked("house/a", b"%d" % number) for number in range(MANY)))


async def publish_for_ever(session: Session) -> None:
    while True:
        session.publish("house/a", bytes(64 * 1024))
        await asyncio.sleep(0)


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


async def test_a_session_ends_although_its_broker_does_not_listen_any_more(broker: StandaloneBroker) -> None:
    try:
        async with asyncio.timeout(20), Session(broker.address, client_id="ingest", exclusive=True) as session:
            os.kill(broker.pid, signal.SIGSTOP)
            with pytest.raises(OutboxFullError):
                await publish_for_ever(session)
    finally:
        os.kill(broker.pid, signal.SIGCONT)
    assert not session.is_connected
