"""`up` whose own broker lets devices in with keys alone."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from adapters.mqtt.address import BrokerAddress
from adapters.mqtt.mosquitto import find_mosquitto
from adapters.mqtt.session import Session
from glasshouse.client import ApiClient
from tests.support.device_keys import gets_in, says
from tests.support.up import UpProcess, glasshouse, running_up

ONLY_KEYS = {"GLASSHOUSE_MQTT_KEYS": "true"}
READING = "glasshouse/home/tomato-1/reading"


def _at(up: UpProcess, key: str | None = None) -> BrokerAddress:
    user = None if key is None else key.split("_")[1]
    return BrokerAddress(up.ready["mqtt"]["host"], up.ready["mqtt"]["port"], username=user, password=key)


async def comes_true(condition: Callable[[], Awaitable[bool]], *, expected: bool = True) -> None:
    async with asyncio.timeout(60):
        while await condition() is not expected:
            await asyncio.sleep(0.05)


@pytest.mark.skipif(find_mosquitto() is None, reason="not on this machine: mosquitto")
async def test_keys_open_and_close_the_broker_while_it_runs_and_are_there_when_it_starts(tmp_path: Path) -> None:
    data, errors = tmp_path / "data", tmp_path / "errors.log"
    async with running_up(data, errors=errors, env=ONLY_KEYS) as up:
        admin = {"GLASSHOUSE_KEY": up.ready["admin_key"]}
        assert not await gets_in(_at(up))
        issue = ("keys", "issue", "tomato-1", "--role", "ingest", "--device", "tomato-1", "--data", str(data))
        keys = [(await glasshouse(*issue, env=admin))[1].strip() for _ in range(2)]
        for key in keys:
            await comes_true(lambda key=key: gets_in(_at(up, key)))  # type: ignore[misc]
        assert await says(_at(up, keys[0]), READING)
        assert not await says(_at(up, keys[0]), "glasshouse/home/tomato-2/reading")
        revoke = ("keys", "revoke", keys[0].split("_")[1], "--data", str(data), "--json")
        assert json.loads((await glasshouse(*revoke, env=admin))[1])["revoked"]
        await comes_true(lambda: gets_in(_at(up, keys[0])), expected=False)
        assert await gets_in(_at(up, keys[1]))
        assert await up.stop() == 0
    async with running_up(data, errors=errors, env=ONLY_KEYS) as up:
        assert await gets_in(_at(up, keys[1]))
        assert not await gets_in(_at(up, keys[0]))
        assert not await gets_in(_at(up))
        assert await up.stop() == 0


@pytest.mark.skipif(find_mosquitto() is None, reason="not on this machine: mosquitto")
async def test_a_device_cannot_take_the_place_of_the_house_by_its_client_id(tmp_path: Path) -> None:
    data, errors = tmp_path / "data", tmp_path / "errors.log"
    async with running_up(data, errors=errors, env=ONLY_KEYS) as up:
        admin = up.ready["admin_key"]
        issue = ("keys", "issue", "tomato-1", "--role", "ingest", "--data", str(data), "--key", admin)
        key = (await glasshouse(*issue))[1].strip()
        await comes_true(lambda: gets_in(_at(up, key)))
        async with Session(_at(up, key), client_id="glasshouse-ingest", filters=["glasshouse/#"]) as session:
            assert await session.publish_acked(READING, b'{"reading": {"temperature": 21.5}}') < 128
            async with ApiClient(up.http, admin) as client, asyncio.timeout(60):
                while not (await client.ask('{ device(id: "tomato-1") { id } }'))["device"]:
                    await asyncio.sleep(0.05)
            assert session.connects == 1
        assert await up.stop() == 0


async def test_a_broker_of_ones_own_is_not_told_of_keys_by_a_setting(tmp_path: Path) -> None:
    arguments = ("up", "--data", str(tmp_path), "--http", "127.0.0.1:0", "--mqtt", "mqtt://127.0.0.1:9")
    code, _, err = await glasshouse(*arguments, env=ONLY_KEYS)
    assert (code, "glasshouse keys mosquitto" in err) == (2, True)
