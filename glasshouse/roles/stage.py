"""What every role stands on: its own data folder, an address for its health, and the event log that it shares."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from socket import socket
from typing import Any

from prometheus_client import CollectorRegistry

from adapters.event_log.port import EventLog
from adapters.tracing.port import Tracer
from domain.leases import ALL
from glasshouse.data_folder import DataFolder, own
from glasshouse.errors import SettingsError
from glasshouse.holder import holder_of
from glasshouse.holding import show_lease
from glasshouse.lease import Lease
from glasshouse.loops import told_to_stop
from glasshouse.settings import Address, Settings
from glasshouse.stores import open_event_log
from glasshouse.tracing import traced, tracing
from glasshouse.web import bind, url_of
from glasshouse.web_side import process_registry


@dataclass(frozen=True)
class Stage:
    """Open while a role runs."""

    settings: Settings
    folder: DataFolder
    log: EventLog
    registry: CollectorRegistry
    listener: socket
    tracer: Tracer

    @property
    def http(self) -> str:
        return url_of(self.listener, secure=self.settings.tls_certificate is not None)

    def lease(
        self, role: str, *, owns: tuple[str, ...] = (ALL,), on_change: Callable[[bool], None] = lambda _held: None
    ) -> Lease:
        """A lease on that role for this data folder, not taken yet."""
        span, holder = self.settings.lease_seconds, holder_of(self.folder)
        lease = Lease(self.log, role, holder, span_seconds=span, owns=owns, on_change=on_change)
        show_lease(lease, self.registry)
        return lease


@dataclass(frozen=True)
class Running:
    """A role that is ready, and what it says of itself."""

    stage: Stage
    role: str
    told: dict[str, Any]
    """What other commands may know too."""
    secrets: dict[str, Any]
    """What is for whoever started it alone."""


@asynccontextmanager
async def on_stage(settings: Settings, role: str) -> AsyncIterator[Stage]:
    """The stage of a role; SettingsError where it would share its event log with nobody."""
    if not settings.event_log:
        raise SettingsError(
            "roles meet in one event log, so it must be named: set GLASSHOUSE_EVENT_LOG, "
            "as in esdb://host:2113 or, for roles on one machine, sqlite:////var/lib/glasshouse/events.db"
        )
    registry = process_registry()
    with own(settings.folder) as folder, bind(Address.parse(settings.http)) as listener:
        async with tracing(settings, role, registry) as tracer:
            log = traced(await open_event_log(settings), tracer)
            try:
                yield Stage(settings, folder, log, registry, listener, tracer)
            finally:
                await log.close()


async def run_role(role: AbstractAsyncContextManager[Running], on_ready: Callable[[Running], None]) -> None:
    """Run a role until SIGTERM or SIGINT. `on_ready` hears of it once it works."""
    async with role as running:
        stop = told_to_stop()
        stage = running.stage
        stage.folder.announce({"role": running.role, "certificate": stage.settings.shown_certificate, **running.told})
        on_ready(running)
        await stop.wait()
