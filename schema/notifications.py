"""Who is told of alerts, by which ways, and what became of each word. Targets have names: no address is in an event."""

from enum import StrEnum

from schema.actuators import Id
from schema.events import Event, UtcTime
from schema.rules import ActiveHours, AlertSeverity, RulePart, Seconds, Where


class Escalation(RulePart, frozen=True, kw_only=True):
    """Whom to tell next, where nobody acknowledged an alert for so long since this recipient was told of it."""

    after_seconds: Seconds
    to: Id


class RecipientDefined(Event, frozen=True, kw_only=True):
    """Somebody who is told of alerts, whole: of which, where, and when not.

    `quiet` are hours by the clocks of `time_zone` in which nothing is told but, with `critical_any_hour`, what is critical.
    `only_escalated`: only of what others did not acknowledge.
    """

    recipient_id: Id
    name: str
    targets: tuple[Id, ...]
    least: AlertSeverity = AlertSeverity.WARNING
    where: Where = Where()
    time_zone: str = "UTC"
    quiet: ActiveHours | None = None
    critical_any_hour: bool = True
    escalation: Escalation | None = None
    only_escalated: bool = False
    enabled: bool = True


class NotificationWord(StrEnum):
    """What is told of an alert."""

    RAISED = "raised"
    CLEARED = "cleared"
    REFUTED = "refuted"
    PAST = "past"
    """It began and was over before anybody was told of it: history shows it that was handed in."""


class NotificationStep(Event, frozen=True, kw_only=True):
    """Something about one word to one target of one recipient. `timestamp` is by our clock."""

    notification_id: str
    timestamp: UtcTime


class NotificationRequested(NotificationStep, frozen=True, kw_only=True):
    """A recipient is to be told of an alert: all that the message says. It is sent under its id, perhaps more than once.

    `escalated_from` is who was told before and did not acknowledge. `until` is since when it is over; `backfilled`: it follows
    from history that was handed in.
    """

    alert_id: Id
    recipient_id: Id
    target: Id
    word: NotificationWord
    kind: str
    severity: AlertSeverity
    rule_id: Id
    device_id: Id
    sensor_id: Id | None = None
    metric: str | None = None
    value: float | None = None
    since: UtcTime
    acknowledged: bool = False
    escalated_from: Id | None = None
    until: UtcTime | None = None
    backfilled: bool = False


class NotificationSent(NotificationStep, frozen=True, kw_only=True):
    """The target took it, at that attempt."""

    attempts: int


class NotificationFailed(NotificationStep, frozen=True, kw_only=True):
    """The target did not take it, or did not answer; it is tried again no sooner than then."""

    attempts: int
    reason: str
    retry_at: UtcTime


class NotificationGivenUp(NotificationStep, frozen=True, kw_only=True):
    """It is not tried again."""

    attempts: int
    reason: str
