"""An answer leaves in one write, and what is streamed leaves as it comes."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket
from uvicorn.server import ServerState

from glasshouse.heads import BoundedHttp
from tests.support.serving import exchange, served


class Wire(asyncio.Transport):
    """A connection that keeps each write for itself."""

    def __init__(self) -> None:
        super().__init__()
        self.writes: list[bytes] = []
        self.closed = False

    def write(self, data: bytes) -> None:  # type: ignore[override]  # uvicorn writes nothing else
        assert not self.closed
        self.writes.append(bytes(data))

    def close(self) -> None:
        self.closed = True

    def is_closing(self) -> bool:
        return self.closed

    def pause_reading(self) -> None:
        pass

    def resume_reading(self) -> None:
        pass


class Talk:
    """What a client of an app sends, and what comes back."""

    def __init__(self, app: Starlette) -> None:
        config = uvicorn.Config(app, log_config=None, access_log=False, lifespan="off", http=BoundedHttp)
        config.load()
        self.wire = Wire()
        self._state = ServerState()
        self._protocol = BoundedHttp(config, self._state, {})
        self._protocol.connection_made(self.wire)

    def send(self, method: str, path: str, *headers: str) -> None:
        self._protocol.data_received("\r\n".join([f"{method} {path} HTTP/1.1", "host: house", *headers, "", ""]).encode())

    async def answered(self, requests: int = 1) -> list[bytes]:
        """The writes, once so many requests are answered."""
        async with asyncio.timeout(20):
            while self._state.total_requests < requests:
                await asyncio.sleep(0)
        await asyncio.sleep(0)
        self.hang_up()
        return self.wire.writes

    def hang_up(self) -> None:
        self._protocol.connection_lost(None)


async def hello(request: Request) -> Response:
    return PlainTextResponse(f"hello {request.query_params.get('name', '')}")


async def nothing(_: Request) -> Response:
    return Response(status_code=204)


async def as_before(_: Request) -> Response:
    return Response(status_code=304)


async def measure(request: Request) -> Response:
    return PlainTextResponse(str(len(await request.body())))


async def echo(socket: WebSocket) -> None:
    await socket.accept()
    await socket.send_text(await socket.receive_text())
    await socket.close()


HOUSE = Starlette(
    routes=[
        Route("/", hello),
        Route("/nothing", nothing),
        Route("/as-before", as_before),
        Route("/measure", measure, methods=["POST"]),
        WebSocketRoute("/echo", echo),
    ]
)


async def test_an_answer_leaves_in_one_write() -> None:
    talk = Talk(HOUSE)
    talk.send("GET", "/?name=you")
    [answer] = await talk.answered()
    assert answer.startswith(b"HTTP/1.1 200 OK")
    assert answer.endswith(b"\r\n\r\nhello you")


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("HEAD", "/", b"200 OK"), ("GET", "/nothing", b"204 No Content"), ("GET", "/as-before", b"304 Not Modified")],
)
async def test_an_answer_without_a_body_leaves_too(method: str, path: str, status: bytes) -> None:
    talk = Talk(HOUSE)
    talk.send(method, path)
    answer = b"".join(await talk.answered())
    assert answer.startswith(b"HTTP/1.1 " + status)
    assert answer.endswith(b"\r\n\r\n")


async def test_an_answer_that_ends_the_connection_leaves_before_that() -> None:
    talk = Talk(HOUSE)
    talk.send("GET", "/", "connection: close")
    [answer] = await talk.answered()
    assert answer.endswith(b"hello ")
    assert talk.wire.closed


async def test_requests_sent_in_one_go_are_answered_in_their_order() -> None:
    talk = Talk(HOUSE)
    for number in range(3):
        talk.send("GET", f"/?name={number}")
        talk.send("HEAD", "/")
    answers = b"".join(await talk.answered(6)).split(b"HTTP/1.1 200 OK")[1:]
    assert [answer.partition(b"\r\n\r\n")[2] for answer in answers] == [b"hello 0", b"", b"hello 1", b"", b"hello 2", b""]


async def test_what_is_streamed_leaves_as_it_comes() -> None:
    parts: asyncio.Queue[bytes] = asyncio.Queue()

    async def stream(_: Request) -> Response:
        return StreamingResponse(as_they_come())

    async def as_they_come() -> AsyncIterator[bytes]:
        while part := await parts.get():
            yield part

    talk = Talk(Starlette(routes=[Route("/", stream)]))
    talk.send("GET", "/")
    async with asyncio.timeout(20):
        for number, expected in enumerate([b"transfer-encoding: chunked\r\n\r\n", b"3\r\none\r\n", b"3\r\ntwo\r\n"], 1):
            while len(talk.wire.writes) < number:
                await asyncio.sleep(0)
            assert talk.wire.writes[-1].endswith(expected)
            parts.put_nowait([b"one", b"two", b""][number - 1])
    assert (await talk.answered())[3:] == [b"0\r\n\r\n"]


async def test_each_part_of_a_stream_leaves_before_the_next_is_made() -> None:
    seen: list[int] = []

    async def stream(_: Request) -> Response:
        return StreamingResponse(hurried())

    async def hurried() -> AsyncIterator[bytes]:
        for part in (b"one", b"two"):
            seen.append(len(talk.wire.writes))
            yield part
        seen.append(len(talk.wire.writes))

    talk = Talk(Starlette(routes=[Route("/", stream)]))
    talk.send("GET", "/")
    await talk.answered()
    assert seen[-2:] == [seen[-1] - 1, seen[-1]]
    assert seen[-1] == len(talk.wire.writes) - 1


async def test_whoever_asks_whether_to_send_his_body_is_told_so_first() -> None:
    async with served(HOUSE) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"POST /measure HTTP/1.1\r\nhost: house\r\nexpect: 100-continue\r\ncontent-length: 5\r\n\r\n")
        async with asyncio.timeout(20):
            assert await reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
            writer.write(b"hello")
            assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200 OK")
            assert await reader.readexactly(1) == b"5"
        writer.close()


async def test_a_fault_is_answered_whole() -> None:
    async def fail(_: Request) -> Response:
        raise RuntimeError("on purpose")

    async with served(Starlette(routes=[Route("/", fail)])) as port:
        answer = await exchange(port, b"GET / HTTP/1.1\r\nhost: house\r\nconnection: close\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 500")
    assert answer.endswith(b"Internal Server Error")


async def test_a_connection_can_become_a_websocket_after_an_answer() -> None:
    async with served(HOUSE) as port, asyncio.timeout(20):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET /?name=you HTTP/1.1\r\nhost: house\r\n\r\n")
        assert (await reader.readuntil(b"hello you")).startswith(b"HTTP/1.1 200 OK")
        writer.write(b"GET /echo HTTP/1.1\r\nhost: house\r\nconnection: upgrade\r\nupgrade: websocket\r\n")
        writer.write(b"sec-websocket-version: 13\r\nsec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n")
        assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 101")
        writer.write(b"\x81\x82\0\0\0\0hi")
        assert await reader.readexactly(4) == b"\x81\x02hi"
        writer.close()
