"""The README, walked from top to bottom by a stranger: each command and each query as it stands there, on free ports."""

import asyncio
import json
import os
import re
import shlex
import shutil
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import websockets

from tests.support.brokers import KINDS, standalone_broker
from tests.support.documents import ROOT, blocks
from tests.support.eventstore.process import eventstore
from tests.support.up import UpProcess, launch

README = ROOT / "README.md"
ROLES = ("glasshouse ingest", "glasshouse project", "glasshouse react", "glasshouse serve")
ESDB = "esdb://127.0.0.1:2113"
NEEDED = [tool for tool in ("mosquitto_pub", "curl", "make") if shutil.which(tool) is None]


class Stranger:
    """Somebody who copies what the README shows. Ports and folders are his own, all else is as it stands."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.errors = folder / "errors.log"
        self.up: UpProcess | None = None
        self.key = ""

    def own(self, line: str) -> str:
        line = line.replace("data/house", str(self.folder / "house")).replace("docs/examples", str(ROOT / "docs/examples"))
        if self.up is None:
            return line.replace("127.0.0.1:8080", "127.0.0.1:0").replace("127.0.0.1:1883", "127.0.0.1:0")
        return line.replace("http://127.0.0.1:8080", self.up.http).replace("-p 1883", f"-p {self.up.ready['mqtt']['port']}")

    async def start(self, line: str) -> None:
        """The `up` of the README, which goes on."""
        process = await launch(*shlex.split(self.own(line))[1:], "--json", errors=self.errors)
        assert process.stdout is not None
        ready = json.loads(await process.stdout.readline())
        self.up, self.key = UpProcess(process, ready), ready["admin_key"]

    async def shell(self, line: str) -> str:
        """Any other command; its output."""
        environment = {
            **os.environ,
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "GLASSHOUSE_KEY": self.key,
            "no_proxy": "*",
        }
        process = await asyncio.create_subprocess_shell(
            self.own(line), stdout=asyncio.subprocess.PIPE, env=environment, cwd=self.folder
        )
        out, _ = await process.communicate()
        assert process.returncode == 0, line
        return out.decode()

    async def ask(self, document: str) -> dict[str, Any]:
        assert self.up is not None
        async with httpx.AsyncClient(base_url=self.up.http, trust_env=False) as client:
            headers = {"authorization": f"Bearer {self.key}"}
            answer = (await client.post("/graphql", json={"query": document}, headers=headers)).json()
        assert "errors" not in answer, (document, answer)
        data: dict[str, Any] = answer["data"]
        return data

    async def watch(self, document: str, publish: str) -> dict[str, Any]:
        """Subscribe, have something published, and give the first reading that comes."""
        assert self.up is not None
        url = self.up.http.replace("http", "ws") + "/graphql"
        async with (
            asyncio.timeout(20),
            websockets.connect(url, subprotocols=[websockets.Subprotocol("graphql-transport-ws")]) as ws,
        ):
            await ws.send(json.dumps({"type": "connection_init", "payload": {"authorization": f"Bearer {self.key}"}}))
            assert json.loads(await ws.recv())["type"] == "connection_ack"
            await ws.send(json.dumps({"id": "1", "type": "subscribe", "payload": {"query": document}}))
            while True:
                await self.shell(publish)
                message = json.loads(await ws.recv())
                found: dict[str, Any] = message["payload"]["data"]["readings"]
                if "reading" in found:
                    return found


@pytest.fixture
async def stranger(tmp_path: Path) -> AsyncIterator[Stranger]:
    stranger = Stranger(tmp_path)
    yield stranger
    if stranger.up is not None and stranger.up.process.returncode is None:
        assert await stranger.up.stop() == 0


@pytest.mark.skipif(bool(NEEDED), reason=f"not on this machine: {', '.join(NEEDED)} (Debian: mosquitto-clients, curl, make)")
async def test_every_command_and_query_of_the_readme_does_what_it_says(stranger: Stranger) -> None:
    commands = [line for line in _commands() if not line.startswith(("make ", *ROLES)) and ESDB not in line]
    up, publish, curl, imports, doctor = commands
    await stranger.start(up)
    await stranger.shell(publish)
    latest, history, series, summary, subscription, mutations, command, inside = list(blocks(README, "graphql"))

    async with asyncio.timeout(20):
        while (await stranger.ask(latest))["device"] is None:
            await asyncio.sleep(0.05)
    shown = (await stranger.ask(latest))["device"]["latest"]
    assert {(one["metric"], one["value"], one["unit"]) for one in shown} == {
        ("temperature", 21.5, "degC"),
        ("humidity", 63, "%"),
    }
    assert json.loads(await stranger.shell(curl))["data"]["devices"]["edges"][0]["node"]["id"] == "door-1"

    async with asyncio.timeout(20):
        while not (page := (await stranger.ask(history))["readings"])["edges"]:
            await asyncio.sleep(0.05)
    assert page["edges"][0]["node"]["value"] == 21.5
    assert page["liveCursor"]
    async with asyncio.timeout(20):
        while not (one := (await stranger.ask(series))["series"][0])["buckets"]:
            await asyncio.sleep(0.05)
    assert one["buckets"][0]["mean"] == 21.5
    day = {each["metric"]: each["mean"] for each in (await stranger.ask(summary))["dailySummary"]}
    assert (day["temperature"], day["humidity"], "dew_point" in day) == (21.5, 63, True)

    another = publish.replace("10:00:00Z", "10:01:00Z")
    assert (await stranger.watch(subscription, another))["reading"]["unit"] in {"degC", "%"}

    changed = await stranger.ask(mutations)
    assert changed["defineSite"]["site"] == {"id": "north", "timeZone": "Europe/Rome"}
    assert changed["registerDevice"]["device"]["location"] == "north/house-1/door"
    issued = [await stranger.ask(command) for _ in range(2)]
    assert issued[0]["issueCommand"]["command"]["id"] == issued[1]["issueCommand"]["command"]["id"]
    assert (await stranger.ask(inside))["deadLetters"]["edges"] == []

    assert "18" in await stranger.shell(imports)
    assert "running house" in await stranger.shell(doctor)


async def test_a_house_moves_to_an_eventstoredb_as_the_readme_says(stranger: Stranger) -> None:
    copy, moved = [line for line in _commands() if ESDB in line]
    async with eventstore(stranger.folder) as double:
        url = double.url.partition("?")[0]
        await stranger.start(_commands()[2])
        assert stranger.up is not None
        await stranger.shell(_commands()[3])
        assert await stranger.up.stop() == 0
        key, stranger.up = stranger.key, None
        out = await stranger.shell(copy.replace(ESDB, url))
        assert "copied" in out
        await stranger.start(moved.replace(ESDB, url).replace("data/moved", str(stranger.folder / "moved")))
        assert not stranger.key  # the first one came along
        stranger.key = key
        shown = (await stranger.ask(next(blocks(README, "graphql"))))["device"]["latest"]
        assert {one["value"] for one in shown} == {21.5, 63}


async def test_the_roles_of_the_readme_run_beside_one_another(tmp_path: Path) -> None:
    lines = [line for line in _commands() if line.startswith(ROLES)]
    assert len(lines) == 5
    folder = tmp_path / "broker"
    folder.mkdir()
    running: list[asyncio.subprocess.Process] = []
    async with standalone_broker(KINDS[-1], folder) as broker:
        try:
            for line in lines:
                own = line.replace("mqtt://127.0.0.1:1884", broker.url).replace("data/", f"{tmp_path}/")
                own = re.sub(r"127\.0\.0\.1:80\d\d", "127.0.0.1:0", own)
                process = await launch(*shlex.split(own)[1:], "--json", errors=tmp_path / "errors.log")
                running.append(process)
                assert process.stdout is not None
                ready = json.loads(await process.stdout.readline())
                assert (ready["event"], ready["role"]) == ("ready", shlex.split(own)[1])
        finally:
            for process in running:
                process.terminate()
            assert [await process.wait() for process in running] == [0] * len(lines)


def _commands() -> list[str]:
    return [line for text in blocks(README, "sh") for line in text.splitlines()]


async def test_make_demo_is_the_demo(tmp_path: Path) -> None:
    options = f"--seconds 3 --data {tmp_path} --http 127.0.0.1:0 --mqtt 127.0.0.1:0 --json"
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}  # of a make around us
    process = await asyncio.create_subprocess_exec(
        *("make", "--no-print-directory", "demo", f"DEMO={options}"),
        cwd=ROOT,
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    out, _ = await process.communicate()
    assert process.returncode == 0, out.decode()
    assert json.loads(out.decode().splitlines()[-1])["lost"] == 0
