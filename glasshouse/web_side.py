"""The web side of one process: the API over what it reads, with what tells whether it is ready and how it does."""

from collections.abc import Sequence

from prometheus_client import GC_COLLECTOR, PLATFORM_COLLECTOR, PROCESS_COLLECTOR, CollectorRegistry

from adapters.event_log.port import EventLog
from adapters.history.port import History
from adapters.history.retention.runs import RetentionRuns
from api.app import build_app, build_ops_app
from api.services import HealthProbe, Services
from glasshouse.data_folder import DataFolder
from glasshouse.read_side import QuerySide
from glasshouse.reading import Reading
from glasshouse.web import WebServer


def process_registry() -> CollectorRegistry:
    """Metrics of a process, those of Python and of the operating system among them."""
    registry = CollectorRegistry()
    for collector in (PROCESS_COLLECTOR, PLATFORM_COLLECTOR, GC_COLLECTOR):
        registry.register(collector)
    return registry


def ops_server(
    reading: Reading, *, folder: DataFolder, registry: CollectorRegistry, probes: Sequence[HealthProbe]
) -> WebServer:
    """Whether the process lives, is ready, and how it does: for roles that people do not ask."""
    secret = folder.session_secret()
    return WebServer(build_ops_app(accounts=reading.accounts, probes=probes, registry=registry, session_secret=secret))


def api_server(
    log: EventLog,
    read: QuerySide,
    history: History | None,
    *,
    retention: RetentionRuns | None = None,
    folder: DataFolder,
    registry: CollectorRegistry,
    probes: Sequence[HealthProbe],
) -> WebServer:
    """The whole API."""
    services = services_of(log, read, history, retention=retention, folder=folder, registry=registry, probes=probes)
    return WebServer(build_app(services))


def services_of(
    log: EventLog,
    read: QuerySide,
    history: History | None,
    *,
    retention: RetentionRuns | None = None,
    folder: DataFolder,
    registry: CollectorRegistry,
    probes: Sequence[HealthProbe] = (),
) -> Services:
    """What the API leans on, also for commands that ask a resting folder as they would ask a running house."""
    return Services(
        log=log,
        latest=read.latest,
        accounts=read.accounts,
        decisions=read.decisions,
        lineage=read.lineage,
        projections=read.engine,
        feed=read.feed,
        history=history,
        retention=retention,
        rules_now=read.rebuilds.rules,
        rebuilds=read.rebuilds,
        registry=registry,
        session_secret=folder.session_secret(),
        probes=probes,
    )
