"""A network between a client and a server that loses connections in the middle of what is sent."""

import asyncio
import random
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress

_CHUNK = 16_384


class Cutter:
    """Hands bytes on, and cuts each connection after some of the server's, until it has cut so many."""

    def __init__(self, target: tuple[str, int], cuts: int, seed: int) -> None:
        self.cuts = 0
        self.url = ""
        self._target = target
        self._wanted = cuts
        self._random = random.Random(seed)
        self._open: dict[asyncio.Task[None], list[asyncio.StreamWriter]] = {}

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection of a client."""
        task = asyncio.current_task()
        assert task is not None
        self._open[task] = [writer]
        try:
            with suppress(OSError):
                server_reader, server_writer = await asyncio.open_connection(*self._target)
                self._open[task].append(server_writer)
                await self._between(reader, writer, server_reader, server_writer)
        finally:
            _abort(self._open.pop(task))

    async def close(self) -> None:
        """Cut all that is left."""
        handling = list(self._open)
        for writers in self._open.values():
            _abort(writers)
        await asyncio.gather(*handling)

    async def _between(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        server_reader: asyncio.StreamReader,
        server_writer: asyncio.StreamWriter,
    ) -> None:
        upstream = asyncio.create_task(_pass_on(reader, server_writer), name="to-server")
        try:
            await self._down(server_reader, writer)
        finally:
            _abort([writer, server_writer])
            await asyncio.gather(upstream, return_exceptions=True)

    async def _down(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """What the server says, up to where the connection is cut."""
        left = self._random.randrange(400, 3_000)
        while data := await reader.read(_CHUNK):
            if self.cuts < self._wanted:
                data = data[:left]  # the rest is lost
                left -= len(data)
            writer.write(data)
            await writer.drain()
            if left <= 0:
                self.cuts += 1
                return


def _abort(writers: Iterable[asyncio.StreamWriter]) -> None:
    for writer in writers:
        writer.transport.abort()


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(_CHUNK):
        writer.write(data)
        await writer.drain()


@asynccontextmanager
async def cutting(target: tuple[str, int], *, cuts: int, seed: int) -> AsyncIterator[Cutter]:
    """Such a network before a server, for as long as the block runs."""
    cutter = Cutter(target, cuts, seed)
    server = await asyncio.start_server(cutter.handle, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()
    cutter.url = f"http://{host}:{port}"
    try:
        yield cutter
    finally:
        server.close()
        await cutter.close()
