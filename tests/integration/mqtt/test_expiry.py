"""A message lives no longer than it was given: a device that was away does not hear of what is over."""

import asyncio

from adapters.mqtt.session import Session
from tests.support.brokers import StandaloneBroker
from tests.support.mqtt import Desk, publisher, until

TOPIC = "glasshouse/farm/box/command/heater"


async def test_a_device_that_comes_back_hears_what_is_still_alive_and_nothing_else(broker: StandaloneBroker) -> None:
    desk = Desk(at_once=True)
    filters = ["glasshouse/farm/box/command/#"]
    async with Session(broker.address, client_id="box", filters=filters):
        pass
    async with publisher(broker.address) as sender:
        await sender.publish_acked(TOPIC, b"over", message_expiry_s=1)
        await sender.publish_acked(TOPIC, b"alive", message_expiry_s=600)
    await asyncio.sleep(2)  # the broker's clock decides, and tells nobody
    async with Session(broker.address, client_id="box", filters=filters, handler=desk):
        await until(lambda: desk.messages)
    assert desk.payloads == [b"alive"]
