"""A broker of one's own that lets devices in with their keys, as `glasshouse keys mosquitto` writes its files."""

import asyncio
import json
import os
import shlex
import shutil
import signal
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from adapters.mqtt.address import BrokerAddress
from adapters.mqtt.mosquitto import find_mosquitto
from tests.support.brokers import standalone_broker
from tests.support.device_keys import gets_in, says
from tests.support.documents import ROOT, blocks
from tests.support.up import glasshouse, running_up

OURS = "mqtt://glasshouse:hush@127.0.0.1:1883"


DOCUMENTED = "mqtt://glasshouse:PASSWORD@127.0.0.1:1883"
PAGE = ROOT / "docs" / "how-to" / "device-keys.md"
LINES = [line for text in blocks(PAGE, "sh") for line in text.splitlines() if line.startswith("glasshouse keys")]


async def answer(*arguments: str, env: dict[str, str] | None = None) -> Any:
    code, out, err = await glasshouse("keys", *arguments, "--json", env=env)
    assert code == 0, err
    return json.loads(out)


@pytest.mark.skipif(
    find_mosquitto() is None or shutil.which("mosquitto_pub") is None,
    reason="not on this machine: mosquitto, mosquitto-clients",
)
async def test_a_key_opens_the_broker_for_its_device_until_it_is_revoked(tmp_path: Path) -> None:
    data, folder = ("--data", str(tmp_path / "data")), tmp_path / "broker"
    errors = tmp_path / "errors.log"
    async with standalone_broker("mosquitto", folder, host="0.0.0.0") as broker:
        ours = broker.address.url
        lines = [
            _own(line, {"data/house": str(tmp_path / "data"), "data/mosquitto": str(folder), DOCUMENTED: ours})
            for line in LINES
        ]
        async with running_up(tmp_path / "data", mqtt=ours, errors=errors) as up:
            admin = {"GLASSHOUSE_KEY": up.ready["admin_key"]}
            key, other = [await answer(*line, env=admin) for line in lines[:2]]
            await answer("issue", "c", "--role", "viewer", *data, env=admin)
            write = lines[2]
            assert (await answer(*write, env=admin))["logins"] == 2
            os.kill(broker.pid, signal.SIGHUP)
            at = [_at(broker.address, key["secret"]), _at(broker.address, other["secret"])]
            async with asyncio.timeout(30):
                while not await gets_in(at[0]):
                    await asyncio.sleep(0.02)
            assert await says(at[0], "glasshouse/home/tomato-1/reading")
            assert not await says(at[0], "glasshouse/home/tomato-2/reading")
            assert await says(at[1], "glasshouse/north/tomato-2/reading")
            assert not await says(at[1], "glasshouse/home/tomato-2/reading")
            assert await _published(broker.address.port, ID=key["secret"].split("_")[1], KEY=key["secret"]) == 0
            assert await _published(broker.address.port, ID=key["secret"].split("_")[1], KEY=other["secret"]) != 0
            await answer("revoke", key["id"], *data, env=admin)
            assert await up.stop() == 0
        assert (await answer(*write))["logins"] == 1
        os.kill(broker.pid, signal.SIGHUP)
        async with asyncio.timeout(30):
            while await gets_in(at[0]):
                await asyncio.sleep(0.02)
        assert await gets_in(at[1])
        assert await gets_in(broker.address)


async def test_a_key_that_has_ended_or_delivers_nothing_is_not_in_the_files(tmp_path: Path) -> None:
    data, out = ("--data", str(tmp_path / "data")), tmp_path / "broker"
    async with running_up(tmp_path / "data", errors=tmp_path / "errors.log") as up:
        await up.stop()
    key = await answer("issue", "a", "--role", "ingest", "--site", "north", *data)
    told = await answer("mosquitto", "--out", str(out), "--mqtt", OURS, *data)
    assert told == {"logins": 1, "passwords": str(out / "mosquitto.passwords"), "access": str(out / "mosquitto.acl")}
    names = [line.split(":")[0] for line in (out / "mosquitto.passwords").read_text().splitlines()]
    assert names == ["glasshouse", key["id"]]
    assert f"user {key['id']}\ntopic write glasshouse/north/+/+\n" in (out / "mosquitto.acl").read_text()
    for file in out.iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert "hush" not in file.read_text()
    code, text, _ = await glasshouse("keys", "mosquitto", "--out", str(out), "--mqtt", OURS, *data)
    assert (code, text) == (0, f"logins of devices written to {out}: 1; Mosquitto reads them when it gets a SIGHUP\n")


@pytest.mark.parametrize("mqtt", ["127.0.0.1:1883", "mqtt://broker:1883", "mqtt://glasshouse@broker:1883"])
async def test_without_an_account_of_ours_no_files_are_written(tmp_path: Path, mqtt: str) -> None:
    code, _, err = await glasshouse(
        "keys", "mosquitto", "--out", str(tmp_path / "out"), "--mqtt", mqtt, "--data", str(tmp_path)
    )
    assert (code, "the house itself must get in, too" in err) == (2, True)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("user", ["a%3Ab", "%23a", "a%0Auser%20b", "a%20b"])
async def test_a_user_name_that_would_break_the_files_is_refused(tmp_path: Path, user: str) -> None:
    mqtt = f"mqtt://{user}:hush@broker:1883"
    code, _, err = await glasshouse(
        "keys", "mosquitto", "--out", str(tmp_path / "out"), "--mqtt", mqtt, "--data", str(tmp_path)
    )
    assert (code, "cannot hold the user name" in err, "hush" in err) == (2, True, False)


def _own(line: str, own: Mapping[str, str]) -> list[str]:
    """What comes after `glasshouse keys` in a line of the page."""
    for shown, real in own.items():
        line = line.replace(shown, real)
    return shlex.split(line)[2:]


async def _published(port: int, **env: str) -> int:
    """The exit code of the page's `mosquitto_pub`."""
    line = next(line for text in blocks(PAGE, "sh") for line in text.splitlines() if line.startswith("mosquitto_pub"))
    process = await asyncio.create_subprocess_shell(line.replace("1883", str(port)), env={**os.environ, **env})
    return await process.wait()


def _at(address: BrokerAddress, key: str) -> BrokerAddress:
    return BrokerAddress(address.host, address.port, username=key.split("_")[1], password=key)
