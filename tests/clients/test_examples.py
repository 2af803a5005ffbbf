"""The examples of the documentation: they compile as strictly as can be, and do what they say against a house that runs."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from adapters.mqtt.address import BrokerAddress
from adapters.mqtt.session import Session
from tests.support import npm
from tests.support.cutting import cutting
from tests.support.documents import ROOT
from tests.support.mqtt import until
from tests.support.up import UpProcess

LIVE_CHART = ROOT / "docs" / "examples" / "live-chart"
WARN = ROOT / "docs" / "examples" / "warn_when_hot.py"
SCHEMA = {"GLASSHOUSE_SCHEMA": str(ROOT / "schema.graphql")}
CUTS = 10


@pytest.fixture
async def live_chart(cache: pytest.Cache) -> Path:
    """The example's folder, compiled from types that were generated of our schema."""
    folder = await npm.installed(LIVE_CHART, cache)
    for command in ("graphql-codegen --config codegen.ts", "tsc"):
        program, *arguments = command.split()
        code, out, err = await npm.run(str(folder / "node_modules" / ".bin" / program), *arguments, cwd=folder, env=SCHEMA)
        assert code == 0, (command, out, err)
    return folder


class Greenhouse:
    """A device that sends one reading after another."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._sent = 0

    async def says(self, values: list[float]) -> None:
        for value in values:
            moment = datetime.now(UTC) - timedelta(minutes=5) + timedelta(milliseconds=self._sent)
            body = {"timestamp": moment.isoformat(), "seq": self._sent, "reading": {"temperature": value}}
            self._session.publish("glasshouse/farm/tomato-1/reading", json.dumps(body).encode())
            self._sent += 1
            await asyncio.sleep(0.01)


@pytest.fixture
async def greenhouse(up: UpProcess) -> AsyncIterator[Greenhouse]:
    address = BrokerAddress(up.ready["mqtt"]["host"], up.ready["mqtt"]["port"])
    async with Session(address, client_id="example-device", clean=True) as session:
        yield Greenhouse(session)


def has(found: list[Any], count: int) -> bool:
    return len(found) >= count


class Lines(list[Any]):
    """What a program prints, a JSON object a line; `ended` once it did by itself."""

    ended = False


@asynccontextmanager
async def lines_of(*command: str, cwd: Path, key: str) -> AsyncIterator[Lines]:
    """What a program prints for as long as the block runs."""
    lines = Lines()
    take = lines.append
    process = await asyncio.create_subprocess_exec(
        *command, cwd=cwd, env={**os.environ, "GLASSHOUSE_KEY": key}, stdout=asyncio.subprocess.PIPE
    )

    async def listen() -> None:
        assert process.stdout is not None
        async for line in process.stdout:
            take(json.loads(line))
        lines.ended = True

    listening = asyncio.create_task(listen(), name="listen")
    try:
        yield lines
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()
        await listening


async def changed(up: UpProcess, mutation: str) -> Any:
    """What an admin is answered."""
    key = {"authorization": f"Bearer {up.ready['admin_key']}"}
    async with httpx.AsyncClient(base_url=up.http, headers=key, trust_env=False) as client:
        return (await client.post("/graphql", json={"query": f"mutation {{ {mutation} }}"})).json()["data"]


async def test_the_live_chart_has_every_point_once_whatever_the_network_does_and_ends_with_its_key(
    up: UpProcess, greenhouse: Greenhouse, live_chart: Path
) -> None:
    place = urlsplit(up.http)
    assert place.hostname is not None
    assert place.port is not None
    await greenhouse.says([20.0, 21.0])
    issue = 'issueKey(input: {name: "chart", role: VIEWER}) { ... on IssueKeySuccess { secret key { id } } }'
    issued = (await changed(up, issue))["issueKey"]
    async with cutting((place.hostname, place.port), cuts=CUTS, seed=3) as network:
        command = (npm.program(), "build/main.js", f"{network.url}/graphql", "tomato-1", "temperature")
        expected = [20.0, 21.0]
        async with lines_of(*command, cwd=live_chart, key=issued["secret"]) as points:
            await until(lambda: len(points) >= 2, 30)
            while network.cuts < CUTS:
                more = [22.0 + len(expected) / 100 + number / 1000 for number in range(5)]
                await greenhouse.says(more)
                expected += more
                await until(partial(has, points, len(expected)), 30)
            assert [point["value"] for point in points] == pytest.approx(expected)
            assert {point["unit"] for point in points} == {"degC"}
            await changed(up, f'revokeKey(input: {{keyId: "{issued["key"]["id"]}"}}) {{ __typename }}')
            await until(lambda: points.ended, 30)


async def test_the_warning_comes_once_for_each_time_that_it_gets_too_hot_also_over_a_restart(
    up: UpProcess, greenhouse: Greenhouse, tmp_path: Path
) -> None:
    command = (sys.executable, str(WARN), "--url", f"{up.http}/graphql", "--limit", "32", "--seen", str(tmp_path / "seen.json"))
    warn = (*command, "--command", 'printf \'{"told": "%s"}\\n\' "$GLASSHOUSE_TOLD"')
    key = str(up.ready["admin_key"])
    async with lines_of(*warn, cwd=tmp_path, key=key) as told:
        await until((tmp_path / "seen.json").exists, 30)
        await greenhouse.says([30.0, 31.9, 32.5, 33.0, 32.2])
        await until(lambda: len(told) >= 1, 30)
    await greenhouse.says([32.4, 30.5])
    async with lines_of(*warn, cwd=tmp_path, key=key) as later:
        await until(lambda: len(later) >= 1, 30)
        await greenhouse.says([34.0])
        await until(lambda: len(later) >= 2, 30)
    sentences = [line["told"].partition(" at ")[0] for line in (*told, *later)]
    assert sentences == [
        "tomato-1 is too hot: 32.5 degC",
        "tomato-1 has cooled down: 30.5 degC",
        "tomato-1 is too hot: 34 degC",
    ]
