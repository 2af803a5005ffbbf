"""A stream of server-sent events from an ASGI app, without a network."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final
from urllib.parse import urlencode

import msgspec
from starlette.applications import Starlette

_PATIENCE: Final = 5.0


class EventStream:
    """One request, and what comes of it: status, headers, then events and comments."""

    def __init__(self) -> None:
        self.status = 0
        self.headers: dict[str, str] = {}
        self._messages: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._hung_up = asyncio.Event()
        self._rest = ""

    @staticmethod
    def read(text: str) -> list[tuple[str, Any]]:
        """The events of a text, each with its data; comments are passed over."""
        return [_event(block) for block in text.split("\n\n") if block and not block.startswith(":")]

    @classmethod
    @asynccontextmanager
    async def open(
        cls, app: Starlette, key: str, query: str, variables: dict[str, Any], *, method: str = "POST"
    ) -> AsyncIterator["EventStream"]:
        """A request for events; at the end the client hangs up, and the app is waited for."""
        asked = {"query": query, "variables": variables}
        parameters = urlencode({"query": query, "variables": msgspec.json.encode(variables).decode()})
        body = msgspec.json.encode(asked) if method == "POST" else b""
        fields = {"host": "house.test", "authorization": f"Bearer {key}", "accept": "text/event-stream"}
        if method == "POST":
            fields["content-type"] = "application/json"
        scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": "/graphql",
            "raw_path": b"/graphql",
            "query_string": parameters.encode() if method == "GET" else b"",
            "root_path": "",
            "headers": [(name.encode(), value.encode()) for name, value in fields.items()],
            "client": ("test", 1),
            "server": ("house.test", 80),
        }
        stream = cls()
        serving = asyncio.create_task(app(scope, stream._receiver(body), stream._send), name="event-stream-app")
        try:
            await stream._start()
            yield stream
        finally:
            stream._hung_up.set()
            await serving

    async def readings(self, number: int) -> list[Any]:
        """The next results that hold a reading."""
        found: list[Any] = []
        while len(found) < number:
            kind, result = await self.event()
            assert kind == "next", kind
            if "errors" in result or result["data"]["readings"]["__typename"] == "ReadingReceived":
                found.append(result)
        return found

    async def ending(self) -> tuple[Any, str]:
        """The last result, and the event after it, with which the stream ends."""
        last: Any = None
        while True:
            kind, result = await self.event()
            if kind != "next":
                await self.ended()
                return last, kind
            last = result

    async def event(self) -> tuple[str, Any]:
        """The next that is no comment."""
        while (block := await self._block()).startswith(":"):
            pass
        return _event(block)

    async def comment(self) -> None:
        """Wait for one."""
        while not (await self._block()).startswith(":"):
            pass

    async def ended(self) -> None:
        """Wait until no more comes."""
        while (await self._message())["more_body"]:
            pass

    async def _start(self) -> None:
        start = await self._message()
        self.status = start["status"]
        self.headers = {name.decode(): value.decode() for name, value in start["headers"]}

    async def _block(self) -> str:
        while "\n\n" not in self._rest:
            message = await self._message()
            assert message["more_body"], "the stream has ended"
            self._rest += message["body"].decode()
        block, _, self._rest = self._rest.partition("\n\n")
        return block

    async def _message(self) -> dict[str, Any]:
        return await asyncio.wait_for(self._messages.get(), _PATIENCE)

    async def _send(self, message: Any) -> None:
        self._messages.put_nowait({"more_body": False, **message})

    def _receiver(self, body: bytes) -> Any:
        whole = [{"type": "http.request", "body": body, "more_body": False}]

        async def receive() -> Any:
            if whole:
                return whole.pop()
            await self._hung_up.wait()
            return {"type": "http.disconnect"}

        return receive


def _event(block: str) -> tuple[str, Any]:
    lines = dict(line.split(":", 1) for line in block.splitlines())
    data = lines["data"].strip()
    return lines["event"].strip(), msgspec.json.decode(data) if data else None
