"""The clients that frontends use lose their connection again and again under load, and have every reading once in the end."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from tests.support import npm
from tests.support.cutting import Cutter, cutting
from tests.support.mqtt import until
from tests.support.up import UpProcess, launch, simulate_arguments

LIBRARIES = ("graphql-ws", "graphql-sse", "apollo", "urql")
CUTS = 100
RATE = 150
SETTLED_SECONDS = 120
DEVICES = """query ($after: String) { devices(first: 100, after: $after) { nodes { id } pageInfo { hasNextPage } } }"""
READINGS = """query ($device: ID!, $after: String) {
  readings(deviceId: $device, from: "2000-01-01T00:00:00Z", first: 500, after: $after) {
    nodes { eventId sensorId metric } pageInfo { hasNextPage endCursor } } }"""


class Follower:
    """A client in a process of its own, and what it was told."""

    def __init__(self, library: str, process: asyncio.subprocess.Process, network: Cutter) -> None:
        self.library = library
        self.network = network
        self.devices: list[str] | None = None
        self.readings: Counter[str] = Counter()
        self.gaps: list[str] = []
        self._process = process

    async def listen(self) -> None:
        """Take what it prints until it ends."""
        assert self._process.stdout is not None
        async for line in self._process.stdout:
            told = json.loads(line)
            if "devices" in told:
                self.devices = told["devices"]
            elif "gap" in told:
                self.gaps.append(told["gap"])
            else:
                self.readings[json.dumps(told, sort_keys=True)] += 1


@asynccontextmanager
async def following(library: str, up: UpProcess, clients: Path, errors: Path) -> AsyncIterator[Follower]:
    place = urlsplit(up.http)
    assert place.hostname is not None
    assert place.port is not None
    async with cutting((place.hostname, place.port), cuts=CUTS, seed=len(library)) as network:
        arguments = ("follow.mjs", library, f"{network.url}/graphql", str(up.ready["admin_key"]))
        with errors.open("wb") as stderr:
            process = await asyncio.create_subprocess_exec(
                npm.program(), *arguments, cwd=clients, stdout=asyncio.subprocess.PIPE, stderr=stderr
            )
        follower = Follower(library, process, network)
        listening = asyncio.create_task(follower.listen(), name=f"listen-{library}")
        try:
            yield follower
        finally:
            process.kill()
            await process.wait()
            await listening


@pytest.mark.timeout(900)
async def test_every_client_has_each_reading_once_after_a_hundred_lost_connections(
    up: UpProcess, clients: Path, tmp_path: Path
) -> None:
    mqtt = f"mqtt://{up.ready['mqtt']['host']}:{up.ready['mqtt']['port']}"
    async with AsyncExitStack() as stack:
        followers = [
            await stack.enter_async_context(following(library, up, clients, tmp_path / f"{library}.log"))
            for library in LIBRARIES
        ]
        await until(lambda: all(one.devices is not None for one in followers), 120)
        load = await launch(*simulate_arguments(mqtt, tmp_path / "ledger.jsonl", rate=RATE), errors=tmp_path / "simulate.log")
        try:
            await until(lambda: all(one.network.cuts == CUTS for one in followers), 500)
        finally:
            load.terminate()
            await load.wait()
        await settled(up, followers)
    for one in followers:
        assert (one.library, one.network.cuts, one.gaps) == (one.library, CUTS, [])
        assert sum(one.readings.values()) > RATE


async def settled(up: UpProcess, followers: Sequence[Follower]) -> None:
    """Return once each was told exactly what the house has recorded; fails where that never comes to be."""
    deadline = asyncio.get_running_loop().time() + SETTLED_SECONDS
    while True:
        expected = Counter(await recorded(up))
        wrong = {one.library: (one.readings - expected, expected - one.readings) for one in followers}
        if not any(more or fewer for more, fewer in wrong.values()):
            return
        assert asyncio.get_running_loop().time() < deadline, {
            name: (len(more), len(less)) for name, (more, less) in wrong.items()
        }
        await asyncio.sleep(0.2)


async def recorded(up: UpProcess) -> list[str]:
    """All readings there are, asked page by page and device by device."""
    found: list[str] = []
    headers = {"authorization": f"Bearer {up.ready['admin_key']}"}
    async with httpx.AsyncClient(base_url=up.http, headers=headers, trust_env=False, timeout=30) as client:

        async def ask(query: str, **variables: Any) -> Any:
            answer = (await client.post("/graphql", json={"query": query, "variables": variables})).json()
            assert "errors" not in answer, answer
            return answer["data"]

        for device in (await ask(DEVICES))["devices"]["nodes"]:
            after, more = None, True
            while more:
                page = (await ask(READINGS, device=device["id"], after=after))["readings"]
                found += [json.dumps(node, sort_keys=True) for node in page["nodes"]]
                after, more = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]
    return found
