"""The roles of the compose file run as processes of one machine: the commands, the variables and the secrets as they stand."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest

from adapters.mqtt.address import BrokerAddress
from adapters.mqtt.mosquitto import find_mosquitto
from tests.support.compose import FOLDER, mosquitto_of_compose, roles
from tests.support.eventstore.process import eventstore
from tests.support.up import launch, simulate_arguments


@pytest.fixture
async def places(tmp_path: Path) -> AsyncIterator[Path]:
    """A folder of secrets that name an event store and a broker which are there."""
    async with eventstore(tmp_path) as store, mosquitto_of_compose(tmp_path) as port:
        for name, inside, here in (
            ("event_log", "kurrentdb:2113", store.address),
            ("mqtt", "mosquitto:1883", f"127.0.0.1:{port}"),
        ):
            secret = tmp_path / name
            assert inside in secret.read_text()
            secret.write_text(secret.read_text().replace(inside, here))
        yield tmp_path


def environment_of(name: str, places: Path) -> dict[str, str]:
    """What compose and the image set for a service."""
    given: Mapping[str, str] = roles()[name]["environment"]
    inside = {variable: value.replace("/run/secrets", str(places)) for variable, value in given.items()}
    return {"GLASSHOUSE_DATA": str(places / name), "GLASSHOUSE_HTTP": "127.0.0.1:0", **inside}


@asynccontextmanager
async def running(name: str, places: Path) -> AsyncIterator[str]:
    """A service that is ready; its address."""
    errors = places / f"{name}.err"
    process = await launch(*roles()[name]["command"], "--json", errors=errors, env=environment_of(name, places))
    assert process.stdout is not None
    async with asyncio.timeout(60):
        line = await process.stdout.readline()
    assert line, errors.read_text()
    ready = json.loads(line)
    yield str(ready["http"])
    process.terminate()
    assert await process.wait() == 0, errors.read_text()


async def become_healthy(http: str) -> None:
    """As the health check of the image sees it, which asks again: a role that works may still be reading what it missed."""
    async with asyncio.timeout(20):
        while not await healthy(http):
            await asyncio.sleep(0.1)


async def healthy(http: str) -> bool:
    environment = {**os.environ, "GLASSHOUSE_HTTP": http.removeprefix("http://")}
    process = await asyncio.create_subprocess_exec(sys.executable, str(FOLDER / "ready.py"), env=environment)
    return await process.wait() == 0


@pytest.mark.skipif(find_mosquitto() is None, reason="there is no mosquitto on this machine (Debian: mosquitto)")
async def test_the_services_start_take_readings_in_and_end_when_told(places: Path) -> None:
    async with AsyncExitStack() as stack:
        for name in roles():
            await become_healthy(await stack.enter_async_context(running(name, places)))
        address = BrokerAddress.parse((places / "mqtt").read_text().strip())
        simulated = await launch(
            *simulate_arguments(address.url, places / "ledger.jsonl", rate=100, seconds=2), errors=places / "simulate.err"
        )
        out, _ = await simulated.communicate()
        assert simulated.returncode == 0
    assert json.loads(out)["receipted"] > 0
