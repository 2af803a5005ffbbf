"""A network between a browser and a server that is cut for real: what is open breaks, what is tried hangs."""

import asyncio
import threading
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager, suppress
from typing import Any

_CHUNK = 65_536
_SECONDS = 10


class Cable:
    """Hands bytes on between connections to `url` and the server, in a thread of its own, so that the test may wait."""

    def __init__(self, target: str) -> None:
        host, port = target.removeprefix("http://").split(":")
        self.url = ""
        self._target = (host, int(port))
        self._whole = True
        self._ends: set[asyncio.StreamWriter] = set()
        self._carrying: set[asyncio.Task[None]] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="cable")

    def cut(self) -> None:
        self._run(self._break(whole=False))

    def mend(self) -> None:
        """What was tried meanwhile has failed by now; the next try gets through."""
        self._run(self._break(whole=True))

    def lay(self) -> None:
        self._thread.start()
        self._server = self._run(self._listen())
        self.url = "http://{}:{}".format(*self._server.sockets[0].getsockname())

    def take_away(self) -> None:
        self._run(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(_SECONDS)

    async def _listen(self) -> asyncio.Server:
        return await asyncio.start_server(self._connected, "127.0.0.1", 0)

    async def _break(self, *, whole: bool) -> None:
        self._whole = whole
        for end in self._ends:
            end.transport.abort()
        self._ends.clear()
        await asyncio.gather(*self._carrying)

    async def _end(self) -> None:
        self._server.close()
        await self._break(whole=False)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._ends.add(writer)
        if not self._whole:
            return  # it hangs
        task = asyncio.current_task()
        assert task is not None
        self._carrying.add(task)
        try:
            with suppress(OSError):
                await self._carry(reader, writer)
        finally:
            self._carrying.discard(task)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        server_reader, server_writer = await asyncio.open_connection(*self._target)
        self._ends.add(server_writer)
        ways = [_pass_on(reader, server_writer), _pass_on(server_reader, writer)]
        await asyncio.gather(*ways, return_exceptions=True)
        self._ends -= {writer, server_writer}


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(_CHUNK):
            writer.write(data)
            await writer.drain()
    finally:
        writer.close()


@contextmanager
def cable_to(target: str) -> Iterator[Cable]:
    """Such a network before a server, for as long as the block runs."""
    cable = Cable(target)
    cable.lay()
    try:
        yield cable
    finally:
        cable.take_away()
