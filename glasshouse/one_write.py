"""An answer in one write: uvicorn writes its head and its body one after the other, each of which wakes whoever reads."""

import asyncio


class OneWrite(asyncio.Transport):
    """What uvicorn writes one answer with a body to.

    The head waits for what is written right after it, and leaves with that; where nothing is, at the end of this turn of the
    event loop. All else leaves at once.
    """

    __slots__ = ("_begun", "_head", "_loop", "_transport")

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__()
        self._transport = transport
        self._loop = loop
        self._begun = False
        self._head = b""

    def write(self, data: bytes) -> None:  # type: ignore[override]  # uvicorn writes nothing else
        if self._begun:
            self._transport.write(self._taken() + data)
        else:
            self._begun, self._head = True, data
            self._loop.call_soon(self._leave)

    def close(self) -> None:
        self._leave()
        self._transport.close()

    def is_closing(self) -> bool:
        return self._transport.is_closing()

    def _leave(self) -> None:
        if self._head and not self._transport.is_closing():
            self._transport.write(self._taken())

    def _taken(self) -> bytes:
        head, self._head = self._head, b""
        return head
