"""Devices at a Mosquitto with keys of their own: each gets in with its own, says and hears what is its own, and no more."""

import asyncio
import stat
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from adapters.mqtt.address import BrokerAddress
from adapters.mqtt.errors import BrokerRefusedError
from adapters.mqtt.mosquitto import find_mosquitto
from adapters.mqtt.session import Session
from tests.support.device_keys import DeviceKey, gets_in, guarded_broker, let_in, says
from tests.support.mqtt import Desk, until

pytestmark = pytest.mark.skipif(find_mosquitto() is None, reason="not on this machine: mosquitto")


async def comes_true(condition: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(30):
        while not await condition():
            await asyncio.sleep(0.02)


async def test_a_key_gets_in_with_its_id_and_the_whole_key_alone(tmp_path: Path) -> None:
    key, other = DeviceKey(devices=["tomato-1"]), DeviceKey(devices=["tomato-2"])
    async with guarded_broker(tmp_path, key, other) as broker:
        await comes_true(lambda: gets_in(key.at(broker)))
        assert await gets_in(broker.address)
        place = (broker.address.host, broker.address.port)
        secret = key.text.split("_", 2)[2]
        for user, password in (
            (key.login.user, other.text),
            (key.login.user, secret),
            (key.login.user, key.login.password_hash),
            (key.login.user, ""),
            ("tomato-1", key.text),
        ):
            assert not await gets_in(BrokerAddress(*place, username=user, password=password)), user
        assert not await gets_in(BrokerAddress(*place))


async def test_a_key_speaks_for_its_own_devices_and_sites_alone_and_gives_no_commands(tmp_path: Path) -> None:
    device, site = DeviceKey(devices=["tomato-1", "tomato-2"]), DeviceKey(sites=["north"])
    both, every = DeviceKey(sites=["north"], devices=["tomato-1"]), DeviceKey()
    may = {
        "glasshouse/home/tomato-1/reading": (device, every),
        "glasshouse/north/tomato-1/reading": (device, site, both, every),
        "glasshouse/north/tomato-2/state": (device, site, every),
        "glasshouse/north/tomato-3/status": (site, every),
        "glasshouse/home/tomato-3/misspelt": (every,),
        "glasshouse/north/tomato-1/command/heater": (),
        "glasshouse/north/tomato-1/receipt/1": (),
        "glasshouse-session/glasshouse-ingest": (),
        "elsewhere": (),
    }
    async with guarded_broker(tmp_path, device, site, both, every) as broker:
        await comes_true(lambda: gets_in(every.at(broker)))
        for topic, allowed in may.items():
            assert await says(broker.address, topic)
            for key in (device, site, both, every):
                assert await says(key.at(broker), topic) is (key in allowed), topic


async def test_commands_and_receipts_reach_their_own_device_alone(tmp_path: Path) -> None:
    keys = [DeviceKey(devices=[name]) for name in ("tomato-1", "tomato-2")]
    async with guarded_broker(tmp_path, *keys) as broker, AsyncExitStack() as stack:
        await comes_true(lambda: gets_in(keys[1].at(broker)))
        desks = [Desk(at_once=True), Desk(at_once=True)]
        for number, (key, desk) in enumerate(zip(keys, desks, strict=True)):
            session = Session(key.at(broker), client_id=f"d{number}", filters=["glasshouse/#"], handler=desk)
            await stack.enter_async_context(session)
        ours = await stack.enter_async_context(Session(broker.address, client_id="dispatcher"))
        for device in ("tomato-1", "tomato-2"):
            for topic in ("reading", "status", "command/heater", "receipt"):
                await ours.publish_acked(f"glasshouse/home/{device}/{topic}", device.encode())
        await until(lambda: desks[1].has(2) and desks[0].has(2))
        for device, desk in zip(("tomato-1", "tomato-2"), desks, strict=True):
            heard = [message.topic for message in desk.messages]
            assert heard == [f"glasshouse/home/{device}/command/heater", f"glasshouse/home/{device}/receipt"]


async def test_a_key_left_out_is_cut_off_at_the_signal_and_does_not_come_back(tmp_path: Path) -> None:
    revoked, kept = DeviceKey(devices=["tomato-1"]), DeviceKey(devices=["tomato-2"])
    async with guarded_broker(tmp_path, revoked, kept) as broker:
        await comes_true(lambda: gets_in(revoked.at(broker)))
        async with Session(kept.at(broker), client_id="kept") as stays, Session(broker.address, client_id="ours") as ours:
            session = Session(revoked.at(broker), client_id="revoked")
            running = asyncio.create_task(session.run(), name="revoked session")
            await session.connected()
            await let_in(broker, tmp_path, kept)
            with pytest.raises(BrokerRefusedError):
                await asyncio.wait_for(running, 30)
            for session in (stays, ours):
                assert await session.publish_acked("glasshouse/home/tomato-2/reading", b"{}") < 128
                assert session.connects == 1
        assert not await gets_in(revoked.at(broker))


@pytest.mark.parametrize("restarted", [False, True])
async def test_the_signal_costs_no_message_of_a_session_that_is_away(tmp_path: Path, *, restarted: bool) -> None:
    key = DeviceKey(devices=["tomato-1"])
    async with guarded_broker(tmp_path, key) as broker:
        await comes_true(lambda: gets_in(key.at(broker)))
        async with Session(broker.address, client_id="ingest", filters=["glasshouse/#"]):
            pass
        assert await says(key.at(broker), "glasshouse/home/tomato-1/reading")
        if restarted:
            await broker.stop()
            await broker.start()
        await let_in(broker, tmp_path)
        await comes_true(lambda: _not(gets_in(key.at(broker))))
        desk = Desk(at_once=True)
        async with Session(broker.address, client_id="ingest", filters=["glasshouse/#"], handler=desk):
            await until(lambda: desk.has(1))


async def _not(answer: Awaitable[bool]) -> bool:
    return not await answer


async def test_only_we_can_read_the_files_and_no_key_stands_in_them(tmp_path: Path) -> None:
    key = DeviceKey(devices=["tomato-1"])
    async with guarded_broker(tmp_path, key):
        for name in ("mosquitto.passwords", "mosquitto.acl"):
            file = tmp_path / name
            assert stat.S_IMODE(file.stat().st_mode) == 0o600
            assert key.text.split("_", 2)[2] not in file.read_text()
