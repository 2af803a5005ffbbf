"""uvicorn inside our own event loop, on a socket that is bound before anything else starts."""

import asyncio
import contextlib
import errno
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

import structlog
import uvicorn
from starlette.types import ASGIApp

from glasshouse.certificate import Certificate
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


def url_of(listener: socket.socket, *, secure: bool = False) -> str:
    """Where a browser on this machine finds it."""
    host, port = listener.getsockname()[:2]
    if host in {"0.0.0.0", "::"}:  # noqa: S104  # compared, not bound
        host = "127.0.0.1"
    return f"{'https' if secure else 'http'}://{f'[{host}]' if ':' in host else host}:{port}"


class WebServer(uvicorn.Server):
    """Serves one app until its task is cancelled, and then awaits `at_end`.

    Signals are for the composition root, not for uvicorn.
    """

    def __init__(
        self, app: ASGIApp, certificate: Certificate | None = None, at_end: Callable[[], Awaitable[None]] | None = None
    ) -> None:
        self._at_end = at_end
        self._certificate = certificate
        config = uvicorn.Config(
            app,
            ssl_context_factory=None if certificate is None else lambda _config, _default: certificate.context,
            proxy_headers=False,
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
            async with self._fresh_certificate():
                await asyncio.shield(serving)
        finally:
            self.should_exit = True
            await serving
            if self._at_end is not None:
                await self._at_end()

    @contextlib.asynccontextmanager
    async def _fresh_certificate(self) -> AsyncIterator[None]:
        if self._certificate is None:
            yield
            return
        keeping = asyncio.create_task(self._certificate.keep_fresh(), name="certificate")
        keeping.add_done_callback(_tell_end)
        try:
            yield
        finally:
            keeping.cancel()
            await asyncio.wait([keeping])


def _tell_end(keeping: asyncio.Task[None]) -> None:
    if not keeping.cancelled() and (fault := keeping.exception()) is not None:
        reason = "renewed certificates are not taken up any more; start again"
        structlog.get_logger().error("certificate_not_watched", reason=reason, exc_info=fault)
