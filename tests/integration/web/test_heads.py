"""Whoever can connect, and has not said who he is, can neither fill the memory nor hold a connection for ever."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, StreamingResponse
from starlette.routing import Route

from glasshouse.heads import BoundedHttp
from tests.support.serving import exchange, served

LINE = b"GET / HTTP/1.1\r\nhost: house\r\n"
CHUNKED = b"POST / HTTP/1.1\r\nhost: house\r\ntransfer-encoding: chunked\r\n\r\n0\r\n"
UNIT = b"y" * 8_192


@pytest.fixture
async def port() -> AsyncIterator[int]:
    """The port of a server that answers with the size of what it was sent."""

    async def measure(request: Request) -> PlainTextResponse:
        return PlainTextResponse(str(len(await request.body())))

    async with served(Starlette(routes=[Route("/", measure, methods=["GET", "POST"])])) as port:
        yield port


ENDLESS = {
    "address": (b"GET /", UNIT),
    "one header": (LINE + b"x: ", UNIT),
    "many headers": (LINE, b"x: " + UNIT + b"\r\n"),
    "one trailer": (CHUNKED + b"x: ", UNIT),
    "many trailers": (CHUNKED, b"x: " + UNIT + b"\r\n"),
}


@pytest.mark.parametrize(("begin", "unit"), ENDLESS.values(), ids=ENDLESS)
async def test_a_head_or_a_trailer_without_an_end_is_refused(port: int, begin: bytes, unit: bytes) -> None:
    answer = await exchange(port, begin, *[unit] * 2_000)
    assert answer.startswith(b"HTTP/1.1 400") or not answer


async def test_a_large_body_is_no_large_head(port: int) -> None:
    head = LINE.replace(b"GET", b"POST") + b"connection: close\r\ncontent-length: 8192000\r\n\r\n"
    assert (await exchange(port, head, *[UNIT] * 1_000)).endswith(b"8192000")


@pytest.mark.parametrize("begin", [b"", b"GET", LINE], ids=["nothing", "a word", "half a head"])
async def test_who_does_not_finish_his_head_in_time_is_cut_off(
    port: int, monkeypatch: pytest.MonkeyPatch, begin: bytes
) -> None:
    monkeypatch.setattr(BoundedHttp, "head_seconds", 0.1)
    assert await exchange(port, begin) == b""


async def test_one_connection_serves_many_requests(port: int) -> None:
    requests = [LINE + b"x: " + b"y" * 40_000 + b"\r\n\r\n"] * 10 + [LINE + b"connection: close\r\n\r\n"]
    assert (await exchange(port, *requests)).count(b"HTTP/1.1 200 OK") == 11


async def test_who_takes_nothing_of_an_answer_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(BoundedHttp, "stuck_seconds", 0.2)
    ended = asyncio.Event()

    async def endless() -> AsyncIterator[bytes]:
        try:
            while True:
                yield UNIT
                await asyncio.sleep(0)
        finally:
            ended.set()

    async def answer(request: Request) -> StreamingResponse:
        del request
        return StreamingResponse(endless())

    async with served(Starlette(routes=[Route("/", answer)])) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1)
        writer.write(LINE + b"\r\n")
        await asyncio.wait_for(ended.wait(), 20)
        with suppress(ConnectionError):
            await asyncio.wait_for(drained(reader), 20)
        writer.close()


async def drained(reader: asyncio.StreamReader) -> None:
    while await reader.read(1 << 20):
        pass
