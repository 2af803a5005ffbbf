"""A web server of the house's own for any app, and clients that speak to it byte by byte."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette

from glasshouse.settings import Address
from glasshouse.web import WebServer, bind


@asynccontextmanager
async def served(app: Starlette) -> AsyncIterator[int]:
    """The port of a server of that app."""
    listener = bind(Address("127.0.0.1", 0))
    server = WebServer(app)
    serving = asyncio.create_task(server.run_on(listener), name="http")
    await server.ready.wait()
    yield listener.getsockname()[1]
    serving.cancel()
    await asyncio.gather(serving, return_exceptions=True)
    listener.close()


async def exchange(port: int, *sent: bytes) -> bytes:
    """All that the server says until it hangs up; what it no longer listens to is not sent."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        async with asyncio.timeout(20):
            for part in sent:
                writer.write(part)
                await writer.drain()
            return await reader.read()
    except ConnectionError:
        return b""
    finally:
        writer.close()
