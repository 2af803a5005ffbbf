"""The web side of one process: the API over what it reads, with what tells whether it is ready and how it does."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from pathlib import Path

from prometheus_client import GC_COLLECTOR, PLATFORM_COLLECTOR, PROCESS_COLLECTOR, CollectorRegistry
from starlette.types import ASGIApp

from adapters.event_log.port import EventLog
from adapters.history.port import HistoryQueries
from adapters.history.retention.runs import RetentionRuns
from adapters.openid.key_set import KeySet
from adapters.tracing.port import Tracer
from api.app import build_app, build_ops_app
from api.audit_trail import AuditTrail
from api.ingestion import Ingest
from api.services import HealthProbe, Services
from api.static import GRAPHIQL
from api.tokens import Tokens
from glasshouse.certificate import certificate_of
from glasshouse.data_folder import DataFolder
from glasshouse.policy import limits_of, policy_of
from glasshouse.proxies import BehindProxies
from glasshouse.read_side import QuerySide
from glasshouse.reading import Reading
from glasshouse.settings import Settings
from glasshouse.web import WebServer
from projections.past import Past


def process_registry() -> CollectorRegistry:
    """Metrics of a process, those of Python and of the operating system among them."""
    registry = CollectorRegistry()
    for collector in (PROCESS_COLLECTOR, PLATFORM_COLLECTOR, GC_COLLECTOR):
        registry.register(collector)
    return registry


def ops_server(
    reading: Reading,
    *,
    folder: DataFolder,
    registry: CollectorRegistry,
    probes: Sequence[HealthProbe],
    settings: Settings,
    ingest: Ingest | None = None,
) -> WebServer:
    """Whether the process lives, is ready, and how it does, for roles that people do not ask; `/ingest` where it takes in."""
    app = build_ops_app(
        accounts=reading.accounts,
        probes=probes,
        registry=registry,
        session_secret=folder.session_secret(),
        ingest=ingest,
        limits=limits_of(settings),
    )
    return _server(settings, app)


def api_server(
    log: EventLog,
    read: QuerySide,
    history: HistoryQueries | None,
    *,
    audit: AuditTrail,
    retention: RetentionRuns | None = None,
    ingest: Ingest | None = None,
    is_sending: Callable[[], Awaitable[bool]] | None = None,
    folder: DataFolder,
    registry: CollectorRegistry,
    probes: Sequence[HealthProbe],
    settings: Settings,
    tracer: Tracer,
) -> WebServer:
    """The whole API."""
    services = services_of(
        log, read, history, audit=audit, retention=retention, ingest=ingest, folder=folder, registry=registry, probes=probes
    )
    openid = settings.openid
    tokens = None if openid is None else Tokens(openid, KeySet(openid))
    services = replace(
        services,
        is_sending=is_sending,
        targets=None if is_sending is not None else frozenset(settings.notify),
        policy=policy_of(settings),
        limits=limits_of(settings),
        tokens=tokens,
        tracer=tracer,
    )
    at_end = None if tokens is None else tokens.close
    return _server(settings, build_app(services, graphiql=_graphiql(folder)), at_end)


def _graphiql(folder: DataFolder) -> Path:
    """That of the data folder, where somebody put it there; else that of the installation."""
    own = folder.path / "graphiql"
    return own if own.is_dir() else GRAPHIQL


def _server(settings: Settings, app: ASGIApp, at_end: Callable[[], Awaitable[None]] | None = None) -> WebServer:
    """It speaks HTTPS where the settings name a certificate, and knows what proxies stand before it, if any do."""
    if settings.trusted_proxies or settings.root_path:
        app = BehindProxies(app, settings.trusted_proxies, settings.root_path)
    return WebServer(app, certificate_of(settings), at_end)


def services_of(
    log: EventLog,
    read: QuerySide,
    history: HistoryQueries | None,
    *,
    audit: AuditTrail | None = None,
    retention: RetentionRuns | None = None,
    ingest: Ingest | None = None,
    folder: DataFolder,
    registry: CollectorRegistry,
    probes: Sequence[HealthProbe] = (),
) -> Services:
    """What the API leans on, also for commands that ask a resting folder as they would ask a running house."""
    return Services(
        log=log,
        latest=read.latest,
        past=Past(log, read.latest),
        accounts=read.accounts,
        decisions=read.decisions,
        lineage=read.lineage,
        commands=read.commands,
        alert_rules=read.alerts,
        alerts=read.alerts,
        notifications=read.alerts,
        recipients=read.alerts,
        projections=read.engine,
        feed=read.feed,
        history=history,
        audit=audit,
        retention=retention,
        ingest=ingest,
        rules_now=read.rebuilds.rules,
        rebuilds=read.rebuilds,
        registry=registry,
        session_secret=folder.session_secret(),
        probes=probes,
    )
