"""A session comes back by itself, with its subscriptions, and misses nothing that the broker kept."""

import asyncio
from pathlib import Path

import pytest

from adapters.mqtt.broker import Kind
from adapters.mqtt.errors import BrokerUnreachableError, ConnectionLostError, NotAcknowledgedError, NotConnectedError
from adapters.mqtt.message import Message, Will
from adapters.mqtt.session import Session
from tests.support.brokers import StandaloneBroker, standalone_broker
from tests.support.mqtt import Desk, break_connection, publisher, until


async def test_a_session_comes_back_after_the_broker_was_killed_and_hears_again(broker: StandaloneBroker) -> None:
    desk = Desk(at_once=True)
    async with Session(broker.address, client_id="ingest", filters=["house/#"], handler=desk) as receiver:
        await broker.kill()
        await until(lambda: not receiver.is_connected)
        assert isinstance(receiver.last_error, ConnectionLostError | BrokerUnreachableError)
        await broker.start()
        await receiver.connected()
        async with publisher(broker.address) as sender:
            await sender.publish_acked("house/a", b"after")
        await until(lambda: desk.payloads == [b"after"])


async def test_what_was_queued_while_a_session_was_away_arrives_in_order(broker: StandaloneBroker) -> None:
    async with Session(broker.address, client_id="ingest", filters=["house/#"]):
        pass
    async with publisher(broker.address) as sender:
        for number in range(50):
            await sender.publish_acked("house/a", b"%d" % number)
    desk = Desk(at_once=True)
    async with Session(broker.address, client_id="ingest", filters=["house/#"], handler=desk):
        await until(lambda: len(desk.messages) == 50)
    assert desk.payloads == [b"%d" % number for number in range(50)]


async def test_mosquitto_keeps_its_queue_over_a_restart(tmp_path: Path) -> None:
    async with standalone_broker("mosquitto", tmp_path / "broker") as broker:
        async with Session(broker.address, client_id="ingest", filters=["house/#"]):
            pass
        async with publisher(broker.address) as sender:
            await sender.publish_acked("house/a", b"kept")
        await broker.stop()
        await broker.start()
        desk = Desk(at_once=True)
        async with Session(broker.address, client_id="ingest", filters=["house/#"], handler=desk):
            await until(lambda: desk.payloads == [b"kept"])


async def test_retained_messages_come_with_a_new_subscription_and_not_again_on_a_reconnect(broker: StandaloneBroker) -> None:
    async with publisher(broker.address) as sender:
        await sender.publish_acked("house/status", b"online", retain=True)
        desk = Desk(at_once=True)
        async with Session(broker.address, client_id="ingest", filters=["house/#"], handler=desk) as receiver:
            await until(lambda: desk.messages == [Message("house/status", b"online", retain=True)])
            await break_connection(receiver)
            await receiver.connected()
            await sender.publish_acked("house/a", b"next")
            await until(lambda: b"next" in desk.payloads)
        assert desk.payloads == [b"online", b"next"]


async def test_the_will_is_published_when_a_client_breaks_off_and_not_when_it_says_goodbye(broker: StandaloneBroker) -> None:
    desk = Desk(at_once=True)
    async with Session(broker.address, client_id="ingest", filters=["house/#"], handler=desk):
        will = Will("house/status", b"offline")
        device = Session(broker.address, client_id="device", clean=True, session_expiry_s=0, will=will)
        async with device:
            pass
        async with device:
            await break_connection(device)
            await until(lambda: desk.payloads == [b"offline"])


async def test_a_session_that_is_broken_off_leaves_its_will_and_stays_away_as_long_as_it_was_told(
    broker: StandaloneBroker,
) -> None:
    desk, clock = Desk(at_once=True), asyncio.get_running_loop().time
    will = Will("house/status", b"offline")
    async with (
        Session(broker.address, client_id="ingest", filters=["house/#"], handler=desk),
        Session(broker.address, client_id="device", clean=True, session_expiry_s=0, will=will) as device,
    ):
        since = clock()
        device.break_off(1.5)
        await until(lambda: desk.payloads == [b"offline"])
        await until(lambda: device.connects > 1)
        assert clock() - since >= 1.5


async def test_a_broker_that_is_not_there_is_named_and_awaited(kind: Kind, tmp_path: Path) -> None:
    async with standalone_broker(kind, tmp_path / "broker") as broker:
        await broker.stop()
        session = Session(broker.address, client_id="ingest", filters=["house/#"])
        running = asyncio.create_task(session.run(), name="session under test")
        with pytest.raises(BrokerUnreachableError, match=f"no broker at {broker.url}"):
            await session.first_attempt()
        with pytest.raises(NotConnectedError):
            session.publish("house/a", b"")
        await broker.start()
        await session.connected()
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        assert not session.is_connected


async def test_a_publish_whose_connection_is_lost_says_that_it_was_not_acknowledged(broker: StandaloneBroker) -> None:
    async with publisher(broker.address) as sender:
        unanswered = asyncio.create_task(sender.publish_acked("house/a", b"on its way"), name="unanswered publish")
        await asyncio.sleep(0)
        await break_connection(sender)
        with pytest.raises(NotAcknowledgedError):
            await unanswered
