"""The API on a real socket, served by uvicorn as the house serves it."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from api.limits import Limits
from glasshouse.settings import Address
from glasshouse.web import WebServer, bind, url_of
from tests.support.api import House, small_house

SMALL_BUFFER = 16_384
"""So that a client that does not read is felt soon, and not after the megabytes that the kernel would take in its stead."""


@dataclass
class Served:
    """A small house and where it listens."""

    house: House
    url: str

    @property
    def websocket(self) -> str:
        return self.url.replace("http", "ws", 1) + "/graphql"


@asynccontextmanager
async def serving_house(folder: Path, limits: Limits | None = None) -> AsyncIterator[Served]:
    listener = bind(Address("127.0.0.1", 0))
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SMALL_BUFFER)
    async with small_house(folder, limits=limits) as house:
        server = WebServer(house.app)
        serving = asyncio.create_task(server.run_on(listener), name="web")
        await server.ready.wait()
        try:
            yield Served(house, url_of(listener))
        finally:
            serving.cancel()
            await asyncio.gather(serving, return_exceptions=True)


@pytest.fixture
async def served(tmp_path: Path) -> AsyncIterator[Served]:
    async with serving_house(tmp_path) as served:
        yield served


@pytest.fixture
async def served_impatiently(tmp_path: Path) -> AsyncIterator[Served]:
    """Whoever keeps a live subscription waiting is soon too slow for it."""
    async with serving_house(tmp_path, Limits(progress_seconds=0.0, slow_seconds=0.05)) as served:
        yield served
