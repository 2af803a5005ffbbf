"""What a session publishes arrives whole and once, and its answers can be awaited."""

import asyncio
from pathlib import Path

import pytest

from adapters.mqtt.errors import MessageTooLargeError, OutboxFullError, TopicNotAllowedError
from adapters.mqtt.message import Message
from adapters.mqtt.session import Session
from tests.support.brokers import StandaloneBroker, standalone_broker
from tests.support.mqtt import Desk, publisher, until
from tests.support.told import Told


async def test_response_topic_and_correlation_data_arrive(broker: StandaloneBroker) -> None:
    desk = Desk(at_once=True)
    async with (
        Session(broker.address, client_id="ingest", filters=["house/#"], handler=desk),
        publisher(broker.address) as sender,
    ):
        sender.publish("house/a", b"with", response_topic="house-reply/1", correlation_data=b"\x00\xff", message_expiry_s=60)
        sender.publish("house/b", b"", qos=0)
        await until(lambda: len(desk.messages) == 2)
    by_topic = {message.topic: message for message in desk.messages}
    assert by_topic["house/a"] == Message("house/a", b"with", response_topic="house-reply/1", correlation_data=b"\x00\xff")
    assert by_topic["house/b"] == Message("house/b", b"")


async def test_a_publish_is_told_of_as_a_part_of_what_asks_for_it(broker: StandaloneBroker) -> None:
    told = Told()
    async with Session(broker.address, client_id="dispatcher", clean=True, session_expiry_s=0, tracer=told.tracer) as sender:
        await sender.publish_acked("house/a", b"hush")
        with told.tracer.span("dispatch", "order-1"):
            await sender.publish_acked("house/b", b"hush")
    publish = told["mqtt publish"]
    assert publish.parent == told["dispatch"].place
    assert publish.attributes["messaging.destination.name"] == "house/b"
    assert "hush" not in repr(told.spans)


async def test_thousands_of_publishes_at_once_are_each_acknowledged(broker: StandaloneBroker) -> None:
    desk = Desk(at_once=True)
    async with (
        Session(broker.address, client_id="ingest", filters=["house/#"], handler=desk),
        publisher(broker.address) as sender,
    ):
        reasons = await asyncio.gather(*(sender.publish_acked("house/a", b"%d" % number) for number in range(5000)))
        await until(lambda: len(desk.messages) == 5000)
    assert set(reasons) == {0}
    assert desk.payloads == [b"%d" % number for number in range(5000)]


async def test_a_large_message_arrives_whole(broker: StandaloneBroker) -> None:
    desk = Desk(at_once=True)
    payload = bytes(range(256)) * 3000
    async with (
        Session(broker.address, client_id="ingest", filters=["house/#"], handler=desk),
        publisher(broker.address) as sender,
    ):
        await sender.publish_acked("house/a", payload)
        await until(lambda: len(desk.messages) == 1)
    assert desk.payloads == [payload]


async def test_a_message_that_mosquitto_would_not_take_is_refused_before_it_costs_the_connection(tmp_path: Path) -> None:
    async with standalone_broker("mosquitto", tmp_path / "broker") as broker, publisher(broker.address) as sender:
        with pytest.raises(MessageTooLargeError):
            await sender.publish_acked("house/a", bytes(1024 * 1024))
        assert await sender.publish_acked("house/a", bytes(1024 * 1000)) < 128
        assert sender.connects == 1


@pytest.mark.parametrize("topic", ["", "a/#", "+/a", "a\0b", "a\ud800", "a\x85", "/" * 200, "a" * 65536])
async def test_a_topic_that_would_cost_the_connection_is_refused(broker: StandaloneBroker, topic: str) -> None:
    async with publisher(broker.address) as sender:
        with pytest.raises(TopicNotAllowedError):
            sender.publish(topic, b"")
        with pytest.raises(TopicNotAllowedError):
            sender.publish("house/a", b"", response_topic=topic)
        await sender.publish_acked("house/a", b"")
        assert sender.connects == 1


async def test_publishing_faster_than_the_broker_takes_it_is_refused_not_heaped_up(broker: StandaloneBroker) -> None:
    async with publisher(broker.address) as sender:

        def heap_up() -> None:
            for _ in range(100):
                sender.publish("house/a", bytes(500_000))

        with pytest.raises(OutboxFullError):
            heap_up()
        await until(lambda: not sender._outbox()._in_flight)
        assert sender.connects == 1


async def test_devices_say_what_they_like_about_themselves_and_give_no_commands(tmp_path: Path) -> None:
    async with standalone_broker("mosquitto", tmp_path / "broker", host="0.0.0.0") as broker:
        accounts = broker.plan.credentials
        assert accounts is not None
        async with publisher(broker.plan.address_of(accounts.devices)) as device:
            assert await device.publish_acked("glasshouse/site/device/reading", b"{}") < 128
            assert await device.publish_acked("glasshouse/site/device/misspelt", b"{}") < 128
            assert await device.publish_acked("glasshouse/site/device/command/heater", b"{}") == 135
        async with publisher(broker.address) as ours:
            assert await ours.publish_acked("glasshouse/site/device/command/heater", b"{}") < 128
