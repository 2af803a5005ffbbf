"""Devices of other dialects over a real broker: heard once they are registered, by whoever owns their site, and not before."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from adapters.mqtt.broker import Kind
from adapters.mqtt.session import Session
from schema.actuators import Dialect
from schema.events import DeviceStatus
from tests.support.brokers import KINDS, StandaloneBroker, standalone_broker
from tests.support.fake_log import FakeLog
from tests.support.foreign import registered
from tests.support.foreign_ingest import ingesting, register, states
from tests.support.mqtt import publisher, until

VALVE = "zigbee2mqtt/greenhouse_valve"


@pytest.fixture(params=KINDS)
async def broker(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[StandaloneBroker]:
    kind: Kind = request.param
    async with standalone_broker(kind, tmp_path / "broker") as started:
        yield started


async def say(sender: Session, topic: str, payload: bytes, *, retain: bool = False) -> None:
    await sender.publish_acked(topic, payload, retain=retain)


async def test_a_registered_device_is_heard_and_one_that_is_not_is_not_nor_is_the_bridge(
    broker: StandaloneBroker, tmp_path: Path
) -> None:
    log = FakeLog()
    await register(log, registered(Dialect.ZIGBEE2MQTT))
    async with ingesting(broker, log, tmp_path), publisher(broker.address) as sender:
        await say(sender, f"{VALVE}/availability", b"online", retain=True)
        await until(lambda: log.stream("device-box-1"))
        await say(sender, "zigbee2mqtt/somebody", b'{"state": "ON"}')
        await say(sender, "zigbee2mqtt/bridge/logging", b'{"level": "info", "message": "hello"}')
        await say(sender, f"{VALVE}/set", b'{"state": "ON"}')
        await say(sender, VALVE, b'{"state": "ON", "linkquality": 120}')
        await until(lambda: states(log))
    assert isinstance(log.events("device-box-1")[0], DeviceStatus)
    assert states(log) == ["on"]
    assert {recorded.stream for recorded in log.stored()} == {"control-box-1", "device-box-1"}


async def test_a_device_is_heard_from_its_registration_on_and_no_longer_once_it_has_another_address(
    broker: StandaloneBroker, tmp_path: Path
) -> None:
    log = FakeLog()
    async with ingesting(broker, log, tmp_path), publisher(broker.address) as sender:
        await say(sender, VALVE, b'{"state": "ON"}', retain=True)
        await register(log, registered(Dialect.ZIGBEE2MQTT))
        await until(lambda: states(log) == ["on"])
        await say(sender, "zigbee2mqtt/other", b'{"state": "OFF"}', retain=True)
        await register(log, registered(Dialect.ZIGBEE2MQTT, address="zigbee2mqtt/other"))
        await until(lambda: states(log) == ["on", "off"])
        await say(sender, VALVE, b'{"state": "ON"}')
        await say(sender, "zigbee2mqtt/other", b'{"state": "ON"}')
        await until(lambda: len(states(log)) == 3)
    assert states(log) == ["on", "off", "on"]


async def test_what_was_said_while_ingest_was_away_is_there_when_it_comes_back(
    broker: StandaloneBroker, tmp_path: Path
) -> None:
    log = FakeLog()
    await register(log, registered(Dialect.SHELLY))
    async with publisher(broker.address) as sender:
        async with ingesting(broker, log, tmp_path):
            await say(sender, "shellyplus1-a8032abe54dc/online", b"true", retain=True)
            await until(lambda: log.stream("device-box-1"))
        await say(
            sender,
            "shellyplus1-a8032abe54dc/events/rpc",
            b'{"method": "NotifyStatus", "params": {"ts": 1717243199.52, "switch:0": {"output": true}}}',
        )
        async with ingesting(broker, log, tmp_path):
            await until(lambda: states(log) == ["on"])


async def test_the_owner_of_a_site_hears_the_devices_of_that_site_alone(broker: StandaloneBroker, tmp_path: Path) -> None:
    log = FakeLog()
    north, south = registered(Dialect.ZIGBEE2MQTT), registered(Dialect.TASMOTA, device="box-2", location="south/house-1")
    await register(log, north, south)
    async with ingesting(broker, log, tmp_path, ["south"]), publisher(broker.address) as sender:
        await say(sender, VALVE, b'{"state": "ON"}', retain=True)
        await say(sender, "tele/tasmota_4F2A/STATE", b'{"POWER": "ON"}', retain=True)
        await until(lambda: states(log, "box-2") == ["on"])
        await register(log, registered(Dialect.ZIGBEE2MQTT, location="south/house-2"))
        await until(lambda: states(log) == ["on"])
