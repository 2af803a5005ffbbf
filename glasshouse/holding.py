"""A lease at work: taken before the block begins, kept while it runs, given back at its end; and how that can be seen."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

import structlog
from prometheus_client import CollectorRegistry, Gauge

from glasshouse.lease import Lease

_RELEASE_SECONDS: Final = 2.0


@asynccontextmanager
async def holding(lease: Lease, *, standby: bool) -> AsyncIterator[None]:
    """Be the holder. Where another took it over the block is cancelled, and ends with LeaseLostError in a group."""
    await lease.take(standby=standby)
    try:
        async with asyncio.TaskGroup() as tasks:
            keeping = [
                tasks.create_task(lease.keep(), name=f"lease-{lease.role}"),
                tasks.create_task(lease.watch(), name=f"lease-{lease.role}-watch"),
            ]
            yield
            for task in keeping:
                task.cancel()
    finally:
        try:
            async with asyncio.timeout(_RELEASE_SECONDS):
                await lease.release()
        except TimeoutError:
            structlog.get_logger().warning("lease_not_released", role=lease.role, reason="the log does not answer")


@dataclass(frozen=True)
class LeaseProbe:
    """The role is held by this process."""

    lease: Lease
    name: str = "lease"

    async def check(self) -> str | None:
        lease = self.lease
        if lease.held:
            return None
        if lease.fencing is not None:
            return "its span is over, and it could not be renewed: the event log is away"
        return "being taken" if lease.waits_for is None else f"standing by while {lease.waits_for.holder} holds it"


def show_lease(lease: Lease, registry: CollectorRegistry) -> None:
    """Tell Prometheus who holds it."""
    held = Gauge("glasshouse_lease_held", "Whether this process holds its role: 0 or 1.", ["role"], registry=registry)
    fencing = Gauge("glasshouse_lease_fencing", "The fencing number of the lease; -1 without.", ["role"], registry=registry)
    held.labels(lease.role).set_function(lambda: float(lease.held))
    fencing.labels(lease.role).set_function(lambda: -1.0 if lease.fencing is None else float(lease.fencing))
