"""Roles of a house as processes of their own, on one log and one broker, to be killed and started again one by one."""

import asyncio
import json
import os
import signal
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import websockets

from tests.support.up import READY_SECONDS, glasshouse, launch

LEASE_SECONDS = 4
_WATCH = """subscription ($after: String) { readings(after: $after) { __typename
  ... on ReadingReceived { cursor reading { eventId metric } } ... on ReadingProgress { cursor }
  ... on ReadingGap { cursor reason } } }"""


class Role:
    """A process that is started with the same arguments each time. `ready` is what it last said of itself."""

    def __init__(self, name: str, data: Path, env: Mapping[str, str], *arguments: str) -> None:
        self.data = data
        self.errors = data.with_suffix(".err")
        self.ready: dict[str, Any] = {}
        self._arguments = (name, "--data", str(data), "--http", "127.0.0.1:0", "--json", *arguments)
        self._env = env
        self.process: asyncio.subprocess.Process | None = None

    @property
    def http(self) -> str:
        return str(self.ready["http"])

    async def begin(self) -> None:
        """Start it, ready or not."""
        self.process = await launch(*self._arguments, errors=self.errors, env=self._env)

    async def is_ready(self) -> None:
        """Return once it said that it is."""
        assert self.process is not None
        assert self.process.stdout is not None
        async with asyncio.timeout(READY_SECONDS):
            line = await self.process.stdout.readline()
        assert line, (await self.ended(), self.errors.read_text())
        self.ready = json.loads(line)

    async def start(self) -> "Role":
        await self.begin()
        await self.is_ready()
        return self

    async def kill(self) -> None:
        """As a power cut would."""
        if self.process is not None and self.process.returncode is None:
            with suppress(ProcessLookupError):  # it ended by itself, and nobody has looked yet
                os.killpg(self.process.pid, signal.SIGKILL)
            await self.process.wait()

    def send(self, number: signal.Signals) -> None:
        assert self.process is not None
        self.process.send_signal(number)

    async def ended(self) -> int:
        """Its exit code."""
        assert self.process is not None
        return await self.process.wait()

    async def stop(self) -> int:
        self.send(signal.SIGTERM)
        return await self.ended()

    async def refused(self) -> tuple[int, str]:
        """Run it to its end, which comes soon: exit code and last sentence."""
        code, _, err = await glasshouse(*self._arguments, env=dict(self._env))
        return code, err.strip().splitlines()[-1]


class Estate:
    """Where roles are started: one log, one broker. All that is left at the end is killed."""

    def __init__(self, folder: Path, log: str, broker: str) -> None:
        self.env = {
            "GLASSHOUSE_EVENT_LOG": log,
            "GLASSHOUSE_MQTT": broker,
            "GLASSHOUSE_LEASE_SECONDS": str(LEASE_SECONDS),
        }
        self._folder = folder
        self._roles: list[Role] = []

    def role(self, name: str, folder: str, *arguments: str) -> Role:
        """A role with a data folder of its own."""
        role = Role(name, self._folder / folder, self.env, *arguments)
        self._roles.append(role)
        return role

    async def judged(self, ledger: Path, role: Role, key: str | None = None) -> dict[str, Any]:
        """The oracle's report over what that role holds, at rest or with a key over its API."""
        more = () if key is None else ("--key", key)
        code, out, err = await glasshouse(
            *("audit-ledger", str(ledger), "--data", str(role.data), "--json", *more), env=self.env
        )
        assert out, err
        report: dict[str, Any] = json.loads(out)
        assert code == 0, (report, err)
        assert report["read_models_checked"]
        return report

    async def end(self) -> None:
        for role in self._roles:
            await role.kill()


class Subscriber:
    """Watches all readings at one process after the other: when one is gone it goes on at the next, with its last cursor."""

    def __init__(self, roles: list[Role], key: str) -> None:
        self.seen: list[tuple[str, str]] = []
        self.gaps: list[str] = []
        self.moved = 0
        self.cursor: str | None = None
        self.watching = asyncio.Event()
        self._roles, self._key = roles, key
        self._grown = asyncio.Event()

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            try:
                await self._watch(self._roles[self.moved % len(self._roles)])
            except (OSError, websockets.WebSocketException):
                self.moved += 1
                await asyncio.sleep(0.05)

    async def saw(self, wanted: set[tuple[str, str]]) -> None:
        """Return once it has seen all of these."""
        while not wanted <= set(self.seen):
            self._grown.clear()
            await self._grown.wait()

    async def _watch(self, role: Role) -> None:
        url = role.http.replace("http", "ws") + "/graphql"
        async with websockets.connect(url, subprotocols=[websockets.Subprotocol("graphql-transport-ws")]) as socket:
            await socket.send(json.dumps({"type": "connection_init", "payload": {"authorization": f"Bearer {self._key}"}}))
            assert json.loads(await socket.recv())["type"] == "connection_ack"
            payload = {"query": _WATCH, "variables": {"after": self.cursor}}
            await socket.send(json.dumps({"id": "1", "type": "subscribe", "payload": payload}))
            async for frame in socket:
                self._take(json.loads(frame))

    def _take(self, message: dict[str, Any]) -> None:
        if message["type"] != "next":
            assert message["type"] in {"ping", "pong"}, message
            return
        told = message["payload"]["data"]["readings"]
        self.cursor = told["cursor"]
        self.watching.set()
        if told["__typename"] == "ReadingReceived":
            self.seen.append((told["reading"]["eventId"], told["reading"]["metric"]))
            self._grown.set()
        elif told["__typename"] == "ReadingGap":
            self.gaps.append(told["reason"])


@asynccontextmanager
async def following(roles: list[Role], key: str) -> AsyncIterator[Subscriber]:
    """A subscriber, which has its first cursor."""
    subscriber = Subscriber(roles, key)
    task = asyncio.create_task(subscriber.run(), name="subscriber")
    watched = asyncio.create_task(subscriber.watching.wait(), name="subscriber-watching")
    try:
        await asyncio.wait([task, watched], return_when=asyncio.FIRST_COMPLETED)
        yield subscriber
    finally:
        task.cancel()
        watched.cancel()
        await asyncio.gather(task, watched, return_exceptions=True)


async def ask(role: Role, key: str, document: str, **variables: Any) -> dict[str, Any]:
    """The whole answer to a GraphQL document, errors and all."""
    async with httpx.AsyncClient(base_url=role.http, trust_env=False) as client:
        headers = {"authorization": f"Bearer {key}"}
        response = await client.post("/graphql", json={"query": document, "variables": variables}, headers=headers)
        answer: dict[str, Any] = response.json()
        return answer


async def until_ready(role: Role) -> None:
    """Return once all its parts are."""
    async with httpx.AsyncClient(base_url=role.http, trust_env=False) as client, asyncio.timeout(READY_SECONDS):
        while not (await client.get("/readyz")).is_success:
            await asyncio.sleep(0.05)
