"""The API as an ASGI application: every address that it answers, and what answers there."""

from collections.abc import Sequence

from prometheus_client import CollectorRegistry
from starlette.applications import Starlette
from starlette.routing import Route, WebSocketRoute

from api.auth import Authenticator
from api.bodies import HttpRefused
from api.exports import Exports
from api.health import Metrics, Readiness, healthz
from api.http import GraphQLOverHttp
from api.limits import Limits
from api.login import Sessions
from api.metrics import ApiMetrics
from api.operations import Operations
from api.responses import Refusals
from api.schema import build_schema
from api.services import HealthProbe, Services, utc_now
from api.sessions import SessionSigner
from api.static import Page
from api.websocket import GraphQLOverWebSocket
from projections.queries import AccountQueries


def build_ops_app(
    *,
    accounts: AccountQueries,
    probes: Sequence[HealthProbe],
    registry: CollectorRegistry,
    session_secret: bytes,
    limits: Limits | None = None,
) -> Starlette:
    """What a process without an API answers: whether it lives, whether it is ready, and how it does."""
    authenticator = Authenticator(accounts, SessionSigner(session_secret), utc_now)
    routes = _ops_routes(probes, (limits or Limits()).probe_seconds, Metrics(registry, authenticator))
    return Starlette(routes=routes, exception_handlers={HttpRefused: Refusals(ApiMetrics(registry)).respond})


def _ops_routes(probes: Sequence[HealthProbe], seconds: float, metrics: Metrics) -> list[Route]:
    return [
        Route("/healthz", healthz),
        Route("/readyz", Readiness(probes, seconds).respond),
        Route("/metrics", metrics.respond),
    ]


def build_app(services: Services) -> Starlette:
    """The application over these services. It owns no store and starts no task that outlives a request or a socket."""
    metrics = ApiMetrics(services.registry)
    operations = Operations(services, build_schema(), metrics)
    authenticator = Authenticator(services.accounts, SessionSigner(services.session_secret), services.clock)
    page = Page()
    routes = [
        Route("/graphql", GraphQLOverHttp(operations, authenticator).respond, methods=["GET", "POST"]),
        WebSocketRoute("/graphql", GraphQLOverWebSocket(operations, authenticator).serve),
        Route("/export", Exports(services, authenticator).respond),
        Route("/session", Sessions(authenticator, services.limits).respond, methods=["POST", "DELETE"]),
        *_ops_routes(services.probes, services.limits.probe_seconds, Metrics(services.registry, authenticator)),
        Route("/", page.respond),
        Route("/static/{path:path}", page.respond),
    ]
    return Starlette(routes=routes, exception_handlers={HttpRefused: Refusals(metrics).respond})
