"""The API as an ASGI application: every address that it answers, and what answers there."""

from starlette.applications import Starlette
from starlette.routing import Route, WebSocketRoute

from api.auth import Authenticator
from api.bodies import HttpRefused
from api.health import Metrics, Readiness, healthz
from api.http import GraphQLOverHttp
from api.login import Sessions
from api.metrics import ApiMetrics
from api.operations import Operations
from api.responses import Refusals
from api.schema import build_schema
from api.services import Services
from api.sessions import SessionSigner
from api.static import Page
from api.websocket import GraphQLOverWebSocket


def build_app(services: Services) -> Starlette:
    """The application over these services. It owns no store and starts no task that outlives a request or a socket."""
    metrics = ApiMetrics(services.registry)
    operations = Operations(services, build_schema(), metrics)
    authenticator = Authenticator(services.accounts, SessionSigner(services.session_secret), services.clock)
    page = Page()
    routes = [
        Route("/graphql", GraphQLOverHttp(operations, authenticator).respond, methods=["GET", "POST"]),
        WebSocketRoute("/graphql", GraphQLOverWebSocket(operations, authenticator).serve),
        Route("/session", Sessions(authenticator, services.limits).respond, methods=["POST", "DELETE"]),
        Route("/healthz", healthz),
        Route("/readyz", Readiness(services.probes, services.limits.probe_seconds).respond),
        Route("/metrics", Metrics(services.registry, authenticator).respond),
        Route("/", page.respond),
        Route("/static/{path:path}", page.respond),
    ]
    return Starlette(routes=routes, exception_handlers={HttpRefused: Refusals(metrics).respond})
