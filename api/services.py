"""What the API is given: the log, the query side of the read models, and how to tell whether the house is ready."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from typing import Protocol

from prometheus_client import CollectorRegistry

from adapters.event_log.port import EventLog
from adapters.history.port import History
from adapters.history.retention.runs import RetentionRuns
from api.limits import Limits
from projections.anomaly_feed import AnomalyFeed
from projections.queries import AccountQueries, DecisionQueries, FeedQueries, LatestQueries, LineageQueries, ProjectionQueries
from projections.rebuilds import RebuildQueries
from projections.rules import WindowRules


class HealthProbe(Protocol):
    """A part that must work before requests are sent here."""

    @property
    def name(self) -> str: ...

    async def check(self) -> str | None:
        """Why the part is not ready, in plain words; None when it is."""
        ...


def utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, kw_only=True)
class Services:
    """Everything that the API leans on. `session_secret` signs cookies; those who share it share their sessions.

    `history` is None where the history is open in another process alone.
    """

    log: EventLog
    latest: LatestQueries
    accounts: AccountQueries
    decisions: DecisionQueries
    lineage: LineageQueries
    projections: ProjectionQueries
    feed: FeedQueries
    history: History | None
    retention: RetentionRuns | None = None
    rules_now: Callable[[], WindowRules] = WindowRules
    rebuilds: RebuildQueries | None = None
    registry: CollectorRegistry
    session_secret: bytes = field(repr=False)
    probes: Sequence[HealthProbe] = ()
    limits: Limits = field(default_factory=Limits)
    clock: Callable[[], datetime] = utc_now

    @property
    def rules(self) -> WindowRules:
        """Those by which the history that serves is made."""
        return self.rules_now()

    @cached_property
    def anomaly_feed(self) -> AnomalyFeed | None:
        """What changes of the anomalies, shared by all who follow it."""
        return None if self.history is None else AnomalyFeed(self.history, pause_seconds=self.limits.anomaly_seconds)
