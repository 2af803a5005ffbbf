"""uvicorn inside our own event loop, on a socket that is bound before anything else starts."""

import asyncio
import contextlib
import errno
import socket
from collections.abc import Iterator

import uvicorn
from starlette.applications import Starlette

from glasshouse.errors import AddressError
from glasshouse.heads import BoundedHttp
from glasshouse.settings import Address

_SHUTDOWN_SECONDS = 3
_MAX_FRAME = 1 << 20


def bind(address: Address) -> socket.socket:
    """A listening socket; AddressError in plain words where the address is taken or not ours."""
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((address.host, address.port))
        listener.listen(1024)
    except OSError as error:
        listener.close()
        raise AddressError(_plain(address, error)) from error
    listener.setblocking(False)
    return listener


def _plain(address: Address, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"the HTTP address {address} is taken by another program; stop it, or choose another with --http HOST:PORT"
    return f"the HTTP address {address} cannot be used ({error.strerror}); choose another with --http HOST:PORT"


def is_free(address: Address) -> bool:
    """Whether it could be listened on just now."""
    try:
        bind(address).close()
    except AddressError:
        return False
    return True


def url_of(listener: socket.socket) -> str:
    """Where a browser on this machine finds it."""
    host, port = listener.getsockname()[:2]
    if host in {"0.0.0.0", "::"}:  # noqa: S104  # compared, not bound
        host = "127.0.0.1"
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


class WebServer(uvicorn.Server):
    """Serves one app until its task is cancelled. Signals are for the composition root, not for uvicorn."""

    def __init__(self, app: Starlette) -> None:
        config = uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            lifespan="off",
            http=BoundedHttp,
            ws="websockets-sansio",
            ws_max_size=_MAX_FRAME,
            ws_ping_interval=20,
            server_header=False,
            timeout_graceful_shutdown=_SHUTDOWN_SECONDS,
        )
        super().__init__(config)
        self.ready = asyncio.Event()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()

    async def start_on(self, listener: socket.socket, tasks: asyncio.TaskGroup) -> asyncio.Task[None]:
        """Return once it serves, in a task of its own."""
        serving = tasks.create_task(self.run_on(listener), name="http")
        await self.ready.wait()
        return serving

    async def run_on(self, listener: socket.socket) -> None:
        """Serve on the socket. Cancelling lets requests under way finish for a moment, then closes."""
        serving = asyncio.create_task(self.serve([listener]), name="http-server")
        try:
            await asyncio.shield(serving)
        finally:
            self.should_exit = True
            await serving
