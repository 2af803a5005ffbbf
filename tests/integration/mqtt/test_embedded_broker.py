"""The embedded broker lives as long as we do, keeps its files where it is told, and fails in one plain sentence."""

import asyncio
import json
import os
import signal
import socket
import stat
import sys
from pathlib import Path

import pytest

from adapters.mqtt.address import BrokerAddress
from adapters.mqtt.broker import Kind, start_broker
from adapters.mqtt.child import takes_connections
from adapters.mqtt.errors import BrokerStartError, PortTakenError
from adapters.mqtt.mosquitto import find_mosquitto
from tests.support.device_keys import DeviceKey, gets_in
from tests.support.mqtt import publisher


async def test_it_listens_on_a_free_port_and_lets_us_in_anonymously_on_loopback(kind: Kind, tmp_path: Path) -> None:
    broker = await start_broker(tmp_path / "mqtt", "127.0.0.1", 0, kind=kind)
    try:
        assert broker.kind == kind
        assert (broker.port == broker.port_v311) is (kind == "mosquitto")
        assert broker.address.username is None
        async with publisher(broker.address) as client:
            await client.publish_acked("house/a", b"")
    finally:
        await broker.stop()
    assert isinstance(await broker.died(), str)
    assert not await takes_connections("127.0.0.1", broker.port)


async def test_beyond_loopback_it_makes_accounts_once_that_only_we_can_read(kind: Kind, tmp_path: Path) -> None:
    first = await start_broker(tmp_path, "0.0.0.0", 0, kind=kind)
    await first.stop()
    second = await start_broker(tmp_path, "0.0.0.0", 0, kind=kind)
    await second.stop()
    assert first.credentials == second.credentials
    accounts = json.loads((tmp_path / "credentials.json").read_text())
    assert set(accounts) == {"ours", "devices"}
    assert accounts["ours"]["password"] != accounts["devices"]["password"]
    for file in tmp_path.iterdir():
        if file.suffix in {".json", ".toml", ".conf", ".passwords", ".acl"}:
            assert stat.S_IMODE(file.stat().st_mode) == 0o600


@pytest.mark.skipif(find_mosquitto() is None, reason="not on this machine: mosquitto")
async def test_with_logins_it_lets_in_those_and_us_alone_also_on_loopback_and_takes_others_while_it_runs(
    tmp_path: Path,
) -> None:
    first, second = DeviceKey(devices=["tomato-1"]), DeviceKey(devices=["tomato-2"])
    broker = await start_broker(tmp_path, "127.0.0.1", 0, kind="mosquitto", logins=[first.login])
    try:
        assert await gets_in(broker.address)
        assert await gets_in(first.at(broker))
        assert not await gets_in(second.at(broker))
        assert not await gets_in(BrokerAddress(broker.address.host, broker.port))
        assert broker.credentials is not None
        shared = broker.credentials.devices
        assert not await gets_in(BrokerAddress(broker.host, broker.port, username=shared.user, password=shared.password))
        await broker.let_in([second.login])
        async with asyncio.timeout(30):
            while not await gets_in(second.at(broker)):
                await asyncio.sleep(0.02)
        assert not await gets_in(first.at(broker))
        assert await gets_in(broker.address)
    finally:
        await broker.stop()


async def test_iotcore_is_not_started_with_logins_that_it_cannot_hold_anybody_to(tmp_path: Path) -> None:
    with pytest.raises(BrokerStartError, match="install mosquitto"):
        await start_broker(tmp_path, "127.0.0.1", 0, kind="iotcore", logins=[])


async def test_a_taken_port_is_named(kind: Kind, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(PortTakenError, match=f"port {port} on 127.0.0.1 cannot be used for MQTT"):
            await start_broker(tmp_path, "127.0.0.1", port, kind=kind)


async def test_an_address_that_is_not_ours_is_named(kind: Kind, tmp_path: Path) -> None:
    with pytest.raises(BrokerStartError, match=r"192\.0\.2\.1"):
        await start_broker(tmp_path, "192.0.2.1", 0, kind=kind)


async def test_a_broker_that_ends_says_why(kind: Kind, tmp_path: Path) -> None:
    broker = await start_broker(tmp_path, "127.0.0.1", 0, kind=kind)
    os.kill(broker.pid, signal.SIGKILL)
    async with asyncio.timeout(10):
        await broker.died()
    await broker.stop()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child that its parent died")
async def test_it_dies_with_a_parent_that_is_killed(kind: Kind, tmp_path: Path) -> None:
    program = f"""
import asyncio
from pathlib import Path
from adapters.mqtt.broker import start_broker

async def main():
    broker = await start_broker(Path({str(tmp_path)!r}), "127.0.0.1", 0, kind={kind!r})
    print(broker.port, flush=True)
    await broker.died()

asyncio.run(main())
"""
    parent = await asyncio.create_subprocess_exec(sys.executable, "-c", program, stdout=asyncio.subprocess.PIPE)
    assert parent.stdout is not None
    port = int(await parent.stdout.readline())
    assert await takes_connections("127.0.0.1", port)
    parent.kill()
    await parent.wait()
    async with asyncio.timeout(10):
        while await takes_connections("127.0.0.1", port):
            await asyncio.sleep(0.01)
