"""Behind reverse proxies: what trusted ones say of a request is put where it would stand if nobody were in between."""

from collections.abc import Sequence
from ipaddress import ip_address, ip_network
from typing import Any, cast

from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware


class BehindProxies:
    """Believes `X-Forwarded-For`, `-Proto` and `-Host` of `proxies` (addresses, networks) and of nobody else.

    `root_path` is where the outside sees us; proxies may leave it in the path, or take it out.
    """

    def __init__(self, app: ASGIApp, proxies: Sequence[str], root_path: str) -> None:
        self._app = cast("ASGIApp", ProxyHeadersMiddleware(cast("Any", app), trusted_hosts=list(proxies)))
        self._networks = [ip_network(one) for one in proxies]
        self._root_path = root_path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._trusts(scope):
            scope["headers"] = _as_asked_for(scope["headers"])
        if self._root_path and scope["type"] == "http" and scope["path"] == self._root_path:
            # Below it the page finds its files. Relative, so that no host is named that a request made up.
            await RedirectResponse(f"{self._root_path.rpartition('/')[2]}/")(scope, receive, send)
            return
        if self._root_path:
            scope["root_path"] = self._root_path
            if not scope["path"].startswith(f"{self._root_path}/"):
                scope["path"] = self._root_path + scope["path"]
        await self._app(scope, receive, send)

    def _trusts(self, scope: Scope) -> bool:
        if not self._networks or scope.get("client") is None:
            return False
        try:
            address = ip_address(scope["client"][0])
        except ValueError:
            return False
        return any(address in network for network in self._networks)


def _as_asked_for(headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """With the host that was asked for, by the word of the nearest proxy, as the host."""
    told = [value for name, value in headers if name == b"x-forwarded-host"]
    if not told:
        return headers
    host = told[-1].rpartition(b",")[2].strip()
    return [(name, host if name == b"host" else value) for name, value in headers]
