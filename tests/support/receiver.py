"""A web server that people are told by: it keeps what it got, and answers as a test wants."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager, suppress

import msgspec


class Got(msgspec.Struct, frozen=True):
    """A request."""

    path: str
    headers: dict[str, str]
    body: bytes


class Receiver:
    """`answers` are taken in turn, the last for ever; None is no answer at all."""

    def __init__(self, *answers: str | None) -> None:
        self.got: list[Got] = []
        self.url = ""
        self._writers: list[asyncio.StreamWriter] = []
        self._answers = list(answers) or ["204 No Content"]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One request a connection."""
        self._writers.append(writer)
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
            headers = dict(_header(line) for line in head[1:] if line)
            body = await reader.readexactly(int(headers.get("content-length", "0")))
            self.got.append(Got(head[0].split()[1], headers, body))
            answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
            if answer is None:
                await reader.read()
            else:
                writer.write(f"HTTP/1.1 {answer}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode())
                await writer.drain()
        writer.close()

    async def hang_up(self) -> None:
        for writer in self._writers:
            writer.transport.abort()
            with suppress(ConnectionError):
                await writer.wait_closed()


def _header(line: str) -> tuple[str, str]:
    name, _, value = line.partition(": ")
    return name.lower(), value


@asynccontextmanager
async def receiving(*answers: str | None) -> AsyncIterator[Receiver]:
    receiver = Receiver(*answers)
    server = await asyncio.start_server(receiver.serve, "127.0.0.1", 0)
    receiver.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield receiver
    finally:
        server.close()
        await receiver.hang_up()


@contextmanager
def receiving_in_a_thread() -> Iterator[Receiver]:
    """For tests that have no event loop to spare."""
    loop = asyncio.new_event_loop()
    with ThreadPoolExecutor(1) as thread:
        running = thread.submit(loop.run_forever)
        receiver = receiving()
        try:
            yield asyncio.run_coroutine_threadsafe(receiver.__aenter__(), loop).result(timeout=10)
        finally:
            asyncio.run_coroutine_threadsafe(receiver.__aexit__(None, None, None), loop).result(timeout=10)
            loop.call_soon_threadsafe(loop.stop)
            running.result(timeout=10)
            loop.close()
