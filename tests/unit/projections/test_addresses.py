"""The devices of other dialects, as the log has them last."""

import asyncio
from pathlib import Path

from adapters.snapshot import SnapshotFile
from domain.foreign import ForeignDevice, foreign_device
from projections.addresses import SNAPSHOT_KIND, SNAPSHOT_VERSION, Addresses
from schema.actuators import Dialect
from schema.envelope import Cursor
from schema.events import DeviceMetadata
from tests.support.engines import read_all, running
from tests.support.foreign import registered
from tests.support.house_events import Said, pack, reading, tell
from tests.support.memory_log import MemoryLog


def registration(metadata: DeviceMetadata) -> Said:
    return pack(f"control-{metadata.device_id}", metadata)


def known(metadata: DeviceMetadata) -> ForeignDevice:
    device = foreign_device(metadata)
    assert device is not None
    return device


VALVE = registered(Dialect.ZIGBEE2MQTT)
PLUG = registered(Dialect.TASMOTA, device="a-plug", location="south")


async def addresses_of(*said: Said) -> list[ForeignDevice]:
    log, addresses = MemoryLog(), Addresses()
    await tell(log, said)
    await read_all(log, [addresses])
    return addresses.devices()


async def test_each_is_known_as_it_was_registered_last_and_devices_of_our_own_are_not() -> None:
    moved = registered(Dialect.ZIGBEE2MQTT, address="zigbee2mqtt/vent")
    ours = DeviceMetadata(device_id="tomato-1", location="north")
    said = [registration(one) for one in (VALVE, ours, PLUG, moved)]
    assert await addresses_of(reading("tomato-1", 0), *said) == [known(PLUG), known(moved)]


async def test_one_that_becomes_a_device_of_ours_is_forgotten() -> None:
    ours = DeviceMetadata(device_id="box-1", location="north")
    assert await addresses_of(registration(VALVE), registration(ours)) == []


async def test_who_waits_is_told_of_each_change_and_of_nothing_else() -> None:
    log, addresses = MemoryLog(), Addresses()
    async with running(log, [addresses]) as engine:
        await asyncio.wait_for(addresses.changed(), 10)
        assert addresses.devices() == []
        await tell(log, [registration(VALVE)])
        await asyncio.wait_for(addresses.changed(), 10)
        assert addresses.devices() == [known(VALVE)]
        await tell(log, [registration(DeviceMetadata(device_id="tomato-1", location="north"))])
        head = await log.head()
        assert head is not None
        await engine.reached("addresses", head)
        waiting = asyncio.ensure_future(addresses.changed())
        await asyncio.sleep(0)
        assert not waiting.done()
        waiting.cancel()


async def test_a_restart_goes_on_from_the_file(tmp_path: Path) -> None:
    def addresses() -> Addresses:
        return Addresses(SnapshotFile(tmp_path / "addresses.json", kind=SNAPSHOT_KIND, version=SNAPSHOT_VERSION))

    log = MemoryLog()
    await tell(log, [registration(VALVE)])
    await read_all(log, [addresses()])
    again = addresses()
    assert await again.start(await log_cursor(log)) == await log.head()
    assert again.devices() == [known(VALVE)]
    of_another_log = addresses()
    assert await of_another_log.start(await log_cursor(MemoryLog("another"))) is None
    assert of_another_log.devices() == []


async def log_cursor(log: MemoryLog) -> Cursor:
    return Cursor(log.log_id, await log.head())
