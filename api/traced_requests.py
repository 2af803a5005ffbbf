"""A span for each request over HTTP, which goes on with the trace of who asks where he sends a `traceparent`."""

from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from adapters.tracing.port import Kind, Tracer

_TOLD: Final = frozenset({"/graphql", "/export", "/session"})
"""What somebody wants to know more of; who looks every few seconds whether we live would fill the collector."""
_FAULT: Final = 500


class TracedRequests:
    """ASGI middleware."""

    def __init__(self, app: ASGIApp, tracer: Tracer) -> None:
        self._app = app
        self._tracer = tracer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        route = scope.get("path", "").removeprefix(scope.get("root_path", ""))
        if scope["type"] != "http" or route not in _TOLD:
            await self._app(scope, receive, send)
            return
        method = scope["method"]
        about = {"http.request.method": method, "http.route": route, "url.scheme": scope["scheme"]}
        parent = _traceparent(scope)
        with self._tracer.span(f"{method} {route}", kind=Kind.SERVER, traceparent=parent, **about) as span:

            async def sending(message: Message) -> None:
                if message["type"] == "http.response.start":
                    span.note(**{"http.response.status_code": message["status"]})
                    if message["status"] >= _FAULT:
                        span.failed(str(message["status"]))
                await send(message)

            await self._app(scope, receive, sending)


def _traceparent(scope: Scope) -> str | None:
    """More than one is none."""
    found = [value for name, value in scope["headers"] if name == b"traceparent"]
    return found[0].decode("latin-1") if len(found) == 1 else None
