"""The API as an ASGI application: every address that it answers, and what answers there."""

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Final

from prometheus_client import CollectorRegistry
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route, WebSocketRoute

from api.access import Access
from api.auth import Authenticator
from api.deeds import LogNotes
from api.deliveries import Deliveries
from api.execution.operations import Operations
from api.execution.streams import Streams
from api.export_requests import MEDIA_TYPES
from api.exports import Exports
from api.health import Metrics, Readiness, healthz
from api.ingestion import Ingest
from api.limits import Limits
from api.login import Sessions
from api.metrics import ApiMetrics
from api.schema import build_schema
from api.services import HealthProbe, Services, utc_now
from api.sessions import SessionSigner
from api.static import GRAPHIQL, WEB, graphiql_page, house_page
from api.traced_requests import TracedRequests
from api.transports.bodies import HttpRefused
from api.transports.event_stream import EventStreams
from api.transports.http import GraphQLOverHttp
from api.transports.negotiation import EVENTS
from api.transports.responses import Refusals
from api.transports.websocket import GraphQLOverWebSocket
from projections.account_queries import AccountQueries

_WORTH_BYTES: Final = 2048
_FAST: Final = 1
"""zlib's fastest level: readings and windows come to a fifth of their size, at some 4 ms for a megabyte."""
_AS_THEY_ARE: Final = (EVENTS, "image/png", "font/woff2", *(MEDIA_TYPES[name] for name in ("parquet", "arrow")))
"""Of what is answered here: what comes bit by bit, or compressed."""


def build_ops_app(
    *,
    accounts: AccountQueries,
    probes: Sequence[HealthProbe],
    registry: CollectorRegistry,
    session_secret: bytes,
    ingest: Ingest | None = None,
    limits: Limits | None = None,
) -> Starlette:
    """What a process without an API answers: whether it lives, whether it is ready, how it does, and what it takes in."""
    notes, limits = LogNotes(), limits or Limits()
    access = Access(Authenticator(accounts, SessionSigner(session_secret), utc_now), notes)
    routes = _ops_routes(probes, limits.probe_seconds, Metrics(registry, access))
    if ingest is not None:
        routes.append(_ingest_route(Deliveries(ingest, access, notes, limits)))
    return _application(routes, ApiMetrics(registry))


def _ingest_route(deliveries: Deliveries) -> Route:
    return Route("/ingest", deliveries.respond, methods=["POST"])


def _ops_routes(probes: Sequence[HealthProbe], seconds: float, metrics: Metrics) -> list[Route]:
    return [
        Route("/healthz", healthz),
        Route("/readyz", Readiness(probes, seconds).respond),
        Route("/metrics", metrics.respond),
    ]


def build_app(services: Services, *, web: Path = WEB, graphiql: Path = GRAPHIQL) -> Starlette:
    """The application over these services. It owns no store and starts no task that outlives a request or a socket."""
    metrics = ApiMetrics(services.registry)
    operations = Operations(services, build_schema(), metrics)
    streams = Streams(operations)
    authenticator = Authenticator(services.accounts, SessionSigner(services.session_secret), services.clock, services.tokens)
    access = Access(authenticator, services.notes, services.policy.allowed_origins)
    events = EventStreams(operations, streams, access)
    page, explorer = house_page(web), graphiql_page(graphiql)
    routes = [
        Route("/graphql", GraphQLOverHttp(operations, events, access).respond, methods=["GET", "POST"]),
        WebSocketRoute("/graphql", GraphQLOverWebSocket(operations, streams, access).serve),
        _ingest_route(Deliveries(services.ingest, access, services.notes, services.limits)),
        Route("/export", Exports(services, access).respond),
        Route("/session", Sessions(access, services.limits).respond, methods=["POST", "DELETE"]),
        *_ops_routes(services.probes, services.limits.probe_seconds, Metrics(services.registry, access)),
        Route("/", page.respond),
        Route("/static/{path:path}", page.respond),
        Route("/graphiql", explorer.respond),
        Route("/graphiql/", _to_graphiql),
        Route("/graphiql/{path:path}", explorer.respond),
    ]
    traced = [Middleware(TracedRequests, tracer=services.tracer)] if services.tracer.on else []
    return _application(routes, metrics, [*traced, *_middleware(services.policy.allowed_origins)])


def _application(routes: Sequence[BaseRoute], metrics: ApiMetrics, middleware: Sequence[Middleware] = ()) -> Starlette:
    refusals = Refusals(metrics)
    handlers = {HttpRefused: refusals.respond, Exception: refusals.failed}
    app = Starlette(routes=routes, middleware=middleware, exception_handlers=handlers)
    app.router.redirect_slashes = False  # it would lead to whatever host a request names
    return app


async def _to_graphiql(_: Request) -> Response:
    """To where the page finds its files; relative, since only proxies know what the address is outside."""
    return RedirectResponse("../graphiql")


def _middleware(allowed_origins: Collection[str]) -> list[Middleware]:
    """Pages of other origins are told that they may ask, and answers worth it are compressed, the larger ones in a thread."""
    cross_origin = Middleware(
        CORSMiddleware,
        allow_origins=sorted(allowed_origins),
        allow_methods=["GET", "POST"],
        allow_headers=["authorization", "content-encoding", "content-type", "traceparent", "tracestate"],
        expose_headers=["Retry-After"],
        max_age=600,
    )
    compression = Middleware(GZipMiddleware, minimum_size=_WORTH_BYTES, compresslevel=_FAST, exclude_content_types=_AS_THEY_ARE)
    return [cross_origin, compression] if allowed_origins else [compression]
