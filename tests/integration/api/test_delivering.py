"""Posting over a real socket: slow senders, clients that hang up, and answers that come before all was sent."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import httpx

from api.limits import Limits
from api.roles import Role
from glasshouse.settings import Address
from glasshouse.web import WebServer, bind, url_of
from tests.support.delivering import NDJSON, Gateway, by_line, gateway, item, stored
from tests.support.ingest import reading


@asynccontextmanager
async def served(folder: Path, limits: Limits | None = None) -> AsyncIterator[tuple[Gateway, str]]:
    listener = bind(Address("127.0.0.1", 0))
    async with gateway(folder, limits=limits) as home:
        server = WebServer(home.house.app)
        serving = asyncio.create_task(server.run_on(listener), name="web")
        await server.ready.wait()
        try:
            yield home, url_of(listener)
        finally:
            serving.cancel()
            await asyncio.gather(serving, return_exceptions=True)


async def begin(home: Gateway, url: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A POST of lines whose head has been sent, in chunks to come."""
    reader, writer = await asyncio.open_connection(*url.removeprefix("http://").split(":"))
    key = home.house.keys[Role.INGEST]
    head = f"POST /ingest HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {key}\r\nContent-Type: {NDJSON}\r\n"
    writer.write(f"{head}Transfer-Encoding: chunked\r\n\r\n".encode())
    return reader, writer


def chunk(items: Sequence[object]) -> bytes:
    body = by_line(items)
    return b"%x\r\n%b\r\n" % (len(body), body)


async def status_of(reader: asyncio.StreamReader) -> int:
    async with asyncio.timeout(10):
        return int((await reader.readline()).split()[1])


async def has_stored(home: Gateway, count: int) -> None:
    async with asyncio.timeout(10):
        while len(await stored(home.house.log)) < count:
            await asyncio.sleep(0.01)


async def test_lines_are_stored_while_the_rest_is_still_being_sent(tmp_path: Path) -> None:
    async with served(tmp_path) as (home, url):
        reader, writer = await begin(home, url)
        writer.write(chunk([item(reading(minute)) for minute in range(300)]))
        await has_stored(home, 256)
        writer.write(chunk([item(reading(0))]) + b"0\r\n\r\n")
        assert await status_of(reader) == 200
        body = (await asyncio.wait_for(reader.readuntil(b'"}'), 10)).rpartition(b"\r\n\r\n")[2]
        results = [one["result"] for one in json.loads(body)["results"]]
        assert (results.count("stored"), results[-1]) == (300, "duplicate")
        writer.close()


async def test_a_client_that_hangs_up_harms_nobody_and_goes_on_where_it_was(tmp_path: Path) -> None:
    items = [item(reading(minute)) for minute in range(300)]
    async with served(tmp_path) as (home, url):
        _, writer = await begin(home, url)
        writer.write(chunk(items))
        await has_stored(home, 256)
        writer.transport.abort()
        results = await home.results(by_line(items), kind=NDJSON)
        assert set(results) == {"stored", "duplicate"}
        assert len(await stored(home.house.log)) == 300


async def test_whoever_sends_nothing_more_is_told_so_and_lets_go_of_his_place(tmp_path: Path) -> None:
    limits = Limits(body_seconds=0.05, ingest_requests=1)
    async with served(tmp_path, limits) as (home, url):
        reader, writer = await begin(home, url)
        assert await status_of(reader) == 408
        assert (await home.post(item())).status_code == 200
        writer.close()


async def test_no_more_than_so_many_are_under_way_at_once(tmp_path: Path) -> None:
    async with served(tmp_path, Limits(key_ingest_requests=1)) as (home, url):
        reader, writer = await begin(home, url)
        writer.write(chunk([item(reading(minute)) for minute in range(300)]))
        await has_stored(home, 256)
        assert (await home.post(item())).status_code == 429
        writer.write(b"0\r\n\r\n")
        assert await status_of(reader) == 200
        writer.close()


async def test_what_is_too_large_by_its_own_word_is_refused_before_it_is_sent(tmp_path: Path) -> None:
    async with served(tmp_path, Limits(ingest_bytes=1_000)) as (home, url):
        headers = {"authorization": f"Bearer {home.house.keys[Role.INGEST]}", "content-type": "application/json"}
        async with httpx.AsyncClient(base_url=url, trust_env=False) as client:
            response = await client.post("/ingest", content=b" " * 1_001, headers=headers)
        error = response.json()["errors"][0]["extensions"]
        assert (response.status_code, error["allowed"], error["asked"], error["taken"]) == (413, 1_000, 1_001, 0)
