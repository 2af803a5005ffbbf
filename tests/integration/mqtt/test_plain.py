"""Commands reach devices that speak MQTT 3.1.1, whatever the broker makes of MQTT 5's properties."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import gmqtt
from gmqtt.mqtt.constants import MQTTv311

from adapters.mqtt.broker import Kind, start_broker
from adapters.mqtt.plain import Plain
from tests.support.mqtt import publisher

Payloads = asyncio.Queue[bytes]


@asynccontextmanager
async def old_device(port: int, client_id: str) -> AsyncIterator[Payloads]:
    """A client of MQTT 3.1.1 that has subscribed to its commands."""
    payloads, subscribed = Payloads(), asyncio.Event()

    def hear(_client: gmqtt.Client, _topic: str, payload: bytes, _qos: int, _properties: object) -> int:
        payloads.put_nowait(payload)
        return 0

    client = gmqtt.Client(client_id)
    client.on_message = hear
    client.on_subscribe = lambda *_: subscribed.set()
    async with asyncio.timeout(20):
        await client.connect("127.0.0.1", port, version=MQTTv311)
        client.subscribe("house/box/command/#", qos=1)
        await subscribed.wait()
    yield payloads
    await client.disconnect()


async def test_a_device_that_speaks_mqtt_3_gets_plain_messages_and_others_still_get_in(kind: Kind, tmp_path: Path) -> None:
    broker = await start_broker(tmp_path / "mqtt", "127.0.0.1", 0, kind=kind)
    try:
        async with publisher(broker.address) as session, asyncio.timeout(20):
            for name in ("first", "second"):
                async with old_device(broker.port_v311, name) as told:
                    await Plain(session).publish_acked(
                        "house/box/command/vent",
                        name.encode(),
                        response_topic="house/box/ack",
                        correlation_data=b"c",
                        message_expiry_s=30,
                    )
                    assert await told.get() == name.encode()
    finally:
        await broker.stop()


async def test_the_embedded_broker_tells_whether_its_messages_must_be_plain(kind: Kind, tmp_path: Path) -> None:
    broker = await start_broker(tmp_path / "mqtt", "127.0.0.1", 0, kind=kind)
    await broker.stop()
    assert broker.wants_plain is (kind == "iotcore")
