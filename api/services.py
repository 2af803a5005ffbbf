"""What the API is given: the log, the query side of the read models, and how to tell whether the house is ready."""

from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from typing import Protocol

from prometheus_client import CollectorRegistry

from adapters.event_log.port import EventLog
from adapters.history.port import HistoryQueries
from adapters.history.retention.runs import RetentionRuns
from adapters.tracing.port import OFF, Tracer
from api.audit_trail import AuditTrail
from api.deeds import LogNotes, Notes
from api.execution.admission import Admission
from api.ingestion import Ingest
from api.limits import Limits
from api.page_messages import PageMessages
from api.policy import Policy
from api.scope import Sight
from api.tokens import Tokens
from api.turns import Turns
from projections.account_queries import AccountQueries
from projections.alert_lives import AlertLives
from projections.alert_queries import AlertQueries
from projections.anomaly_feed import AnomalyFeed
from projections.command_queries import CommandQueries
from projections.decision_queries import DecisionQueries
from projections.feed_queries import LiveQueries
from projections.latest_queries import LatestQueries
from projections.lineage_queries import LineageQueries
from projections.notification_queries import NotificationQueries
from projections.past import Past
from projections.rebuilds import RebuildQueries
from projections.recipient_queries import RecipientQueries
from projections.rule_queries import RuleQueries
from projections.rules import WindowRules
from projections.running_queries import ProjectionQueries


class HealthProbe(Protocol):
    """A part that must work before requests are sent here."""

    @property
    def name(self) -> str: ...

    async def check(self) -> str | None:
        """Why the part is not ready, in plain words; None when it is."""
        ...


class Remark:
    """Marks a probe of something whose failure is told, while requests are answered as well as ever."""


def utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, kw_only=True)
class Services:
    """Everything that the API leans on. `session_secret` signs cookies; those who share it share their sessions.

    Without `tokens` keys alone let anybody in. `history` is None where the history is open in another process alone, `audit`
    where a command asks a resting data folder, `ingest` where this process does not write what devices say. `is_sending` tells
    whether another process sends commands; None: this one does. `targets` are by name those of the settings by which people are
    told; None where another process has them. `sight` and `whole` are those of who sees a part alone (`as_seen`).
    """

    log: EventLog
    latest: LatestQueries
    past: Past
    accounts: AccountQueries
    decisions: DecisionQueries
    lineage: LineageQueries
    commands: CommandQueries
    alert_rules: RuleQueries
    alerts: AlertQueries
    notifications: NotificationQueries
    recipients: RecipientQueries
    projections: ProjectionQueries
    feed: LiveQueries
    history: HistoryQueries | None
    audit: AuditTrail | None
    retention: RetentionRuns | None = None
    ingest: Ingest | None = None
    is_sending: Callable[[], Awaitable[bool]] | None = None
    targets: Collection[str] | None = None
    rules_now: Callable[[], WindowRules] = WindowRules
    rebuilds: RebuildQueries | None = None
    registry: CollectorRegistry
    session_secret: bytes = field(repr=False)
    probes: Sequence[HealthProbe] = ()
    sight: Sight | None = None
    whole: "Services | None" = field(default=None, repr=False)
    policy: Policy = field(default_factory=Policy)
    limits: Limits = field(default_factory=Limits)
    tokens: Tokens | None = None
    tracer: Tracer = OFF
    clock: Callable[[], datetime] = utc_now

    @property
    def notes(self) -> Notes:
        """Where deeds are noted: in the audit trail, where this process has one."""
        return self.audit or LogNotes()

    @property
    def rules(self) -> WindowRules:
        """Those by which the history that serves is made."""
        return self.rules_now()

    @cached_property
    def page_messages(self) -> PageMessages:
        """What subscribers were told of the last pages of the log."""
        return PageMessages()

    def require_device(self, device: str) -> None:
        """ApiError FORBIDDEN where these are services for somebody who does not see that device."""
        if self.sight is not None:
            self.sight.require_device(device)

    def sees(self, device: str) -> bool:
        """Whether these are services for somebody who sees that device."""
        return self.sight is None or self.sight.device(device)

    @cached_property
    def turns(self) -> Turns:
        """At the streams that people's decisions are in, shared by all."""
        return Turns() if self.whole is None else self.whole.turns

    @cached_property
    def backtests(self) -> Admission:
        """Room for back-tests, shared by all."""
        return Admission("back-tests at once", self.limits.backtests) if self.whole is None else self.whole.backtests

    @cached_property
    def alert_lives(self) -> AlertLives:
        """How alerts stood after each event, shared by all who follow them, also by those who see but some."""
        return AlertLives(self.log) if self.whole is None else self.whole.alert_lives

    @cached_property
    def anomaly_feed(self) -> AnomalyFeed | None:
        """What changes of the anomalies, shared by all who follow it, also by those who see but some of them."""
        if self.whole is not None:
            return self.whole.anomaly_feed
        return None if self.history is None else AnomalyFeed(self.history, pause_seconds=self.limits.anomaly_seconds)
