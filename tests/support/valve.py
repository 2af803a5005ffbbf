"""A native device over a real broker that does what it is told, and somebody who asks for it over the API of a house."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from time import time
from typing import Any

import httpx
import msgspec

from adapters.mqtt.address import BrokerAddress
from adapters.mqtt.message import Message
from adapters.mqtt.session import Session
from tests.support.up import UpProcess

_ABOUT = "glasshouse/north/box"


class Valve:
    """`told` are the commands that it got. It drops a command that it has seen, as a native device must."""

    def __init__(self, up: UpProcess) -> None:
        address = BrokerAddress("127.0.0.1", up.ready["mqtt"]["port"])
        self.told: list[dict[str, Any]] = []
        self._commands: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._session = Session(address, client_id="box", filters=[f"{_ABOUT}/command/+"], handler=self._heard)

    @asynccontextmanager
    async def at_work(self) -> AsyncIterator["Valve"]:
        async with self._session, asyncio.TaskGroup() as tasks:
            await self._session.connected()
            working = tasks.create_task(self._work(), name="valve")
            yield self
            working.cancel()

    async def measures(self, temperature: float) -> None:
        await self._says("reading", timestamp=int(time() * 1000), reading={"temperature": temperature})

    def _heard(self, message: Message) -> None:
        self._commands.put_nowait(msgspec.json.decode(message.payload))

    async def _work(self) -> None:
        while True:
            command = await self._commands.get()
            known = any(one["commandId"] == command["commandId"] for one in self.told)
            self.told.append(command)
            if not known:
                await self._obeys(command)

    async def _obeys(self, command: dict[str, Any]) -> None:
        name, value = command["commandId"], command["value"]
        await self._says("ack", commandId=name, result="accepted")
        await self._says("state", actuatorId=command["actuatorId"], state=value, commandId=name)
        await self._says("ack", commandId=name, result="succeeded", state=value)

    async def _says(self, about: str, **payload: Any) -> None:
        await self._session.publish_acked(f"{_ABOUT}/{about}", msgspec.json.encode(payload))


class Operator:
    """Asks with the admin key of the house."""

    def __init__(self, up: UpProcess, key: str) -> None:
        self._client = httpx.AsyncClient(base_url=up.http, trust_env=False, headers={"authorization": f"Bearer {key}"})

    async def ask(self, query: str, **variables: Any) -> Any:
        answer = (await self._client.post("/graphql", json={"query": query, "variables": variables})).json()
        assert "errors" not in answer, answer
        return answer["data"]

    async def until(self, ready: Callable[[Any], object], query: str, **variables: Any) -> Any:
        """The one field of the query, once it is as wanted."""
        async with asyncio.timeout(30):
            while not ready(found := next(iter((await self.ask(query, **variables)).values()))):
                await asyncio.sleep(0.05)
        return found

    async def close(self) -> None:
        await self._client.aclose()
