"""What is awaited at the end of a server, however it comes to that."""

import asyncio

from starlette.applications import Starlette

from glasshouse.settings import Address
from glasshouse.web import WebServer, bind


async def test_what_is_to_be_done_at_the_end_is_done_once_nobody_is_served_any_more() -> None:
    ended = asyncio.Event()

    async def at_end() -> None:
        assert not any(one.is_serving() for one in server.servers)
        ended.set()

    server = WebServer(Starlette(), at_end=at_end)
    serving = asyncio.create_task(server.run_on(bind(Address("127.0.0.1", 0))), name="web")
    await server.ready.wait()
    assert not ended.is_set()
    serving.cancel()
    await asyncio.wait([serving])
    assert ended.is_set()
