"""Alert rules as people define them: what is watched, from when on it is an alert, and when it is over."""

from enum import StrEnum
from typing import Annotated, TypeAlias

import msgspec

from schema.actuators import Id
from schema.events import Event, UtcTime

Seconds = Annotated[float, msgspec.Meta(ge=0)]


class AlertSeverity(StrEnum):
    """How much it matters."""

    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"


class Basis(StrEnum):
    """What a threshold is held against: each reading, or the mean of each minute."""

    READINGS = "readings"
    MINUTES = "minutes"


class RulePart(msgspec.Struct, frozen=True, omit_defaults=True, rename="camel", gc=False):
    """A part of a rule, written as it is said."""


class Threshold(RulePart, frozen=True, kw_only=True, tag_field="kind", tag="threshold"):
    """A metric, in its canonical unit, is above or below a limit; and is not any more once it is `hysteresis` inside of it."""

    metric: str
    above: float | None = None
    below: float | None = None
    hysteresis: Seconds = 0.0
    basis: Basis = Basis.READINGS


class Rate(RulePart, frozen=True, kw_only=True, tag_field="kind", tag="rate"):
    """The mean of a minute is so much above or below that of `over_seconds` before, in units of the metric an hour."""

    metric: str
    above: float | None = None
    below: float | None = None
    hysteresis: Seconds = 0.0
    over_seconds: Seconds = 600.0


class Trend(RulePart, frozen=True, kw_only=True, tag_field="kind", tag="trend"):
    """The slope of the minutes' means over a window, by Theil and Sen, is above or below a limit, in units an hour."""

    metric: str
    above: float | None = None
    below: float | None = None
    hysteresis: Seconds = 0.0
    window_seconds: Seconds = 3600.0


class AnomalySeverity(StrEnum):
    """How far an hour is from what is usual."""

    MINOR = "minor"
    MAJOR = "major"
    CRITICAL = "critical"


class Anomaly(RulePart, frozen=True, kw_only=True, tag_field="kind", tag="anomaly"):
    """An hour's mean is unlike the same hour of the days before, by at least so much."""

    metric: str
    severity: AnomalySeverity = AnomalySeverity.MAJOR


class Silence(RulePart, frozen=True, kw_only=True, tag_field="kind", tag="silence"):
    """A device says nothing at all."""


Condition: TypeAlias = Threshold | Rate | Trend | Anomaly | Silence


class Where(RulePart, frozen=True, kw_only=True):
    """What a rule is about: all that fits every word; none: the whole house. A location stands for all below it."""

    site_id: Id | None = None
    location: str | None = None
    device_id: Id | None = None
    device_type: str | None = None
    sensor_id: Id | None = None


class ActiveHours(RulePart, frozen=True, kw_only=True):
    """When a rule is in force, by the clocks of the device's site: from `start` to `end` ("HH:MM"), perhaps over midnight.

    `days` are 0 (Monday) to 6, of the day on which the stretch begins; none: all.
    """

    start: str = "00:00"
    end: str = "00:00"
    days: tuple[int, ...] = ()


class AlertRuleDefined(Event, frozen=True, kw_only=True):
    """A rule, whole. The condition has to hold for `for_seconds` to raise an alert, and not to for `clear_seconds` to end it.

    One that begins anew within `again_seconds` of its end is the same alert. `evaluate_backfill`: history that is handed in is
    judged, too.
    """

    rule_id: Id
    name: str
    condition: Condition
    severity: AlertSeverity = AlertSeverity.WARNING
    for_seconds: Seconds = 0.0
    clear_seconds: Seconds = 0.0
    again_seconds: Seconds = 600.0
    where: Where = Where()
    hours: ActiveHours | None = None
    enabled: bool = True
    evaluate_backfill: bool = False


class AlertStep(Event, frozen=True, kw_only=True):
    """Something about an alert. `timestamp` is by our clock."""

    alert_id: Id
    timestamp: UtcTime


class AlertRaised(AlertStep, frozen=True, kw_only=True):
    """A rule's condition holds for a series since a moment, long enough. `kind` names it: TemperatureAlert, DeviceSilent.

    `evidence` are the events that show it, in text, the first and the last of the stretch that raised it. `backfilled`: they
    are history that was handed in.
    """

    rule_id: Id
    rule_revision: int
    kind: str
    severity: AlertSeverity
    device_id: Id
    sensor_id: Id | None = None
    metric: str | None = None
    since: UtcTime
    value: float | None = None
    evidence: tuple[str, ...] = ()
    backfilled: bool = False


class AlertCleared(AlertStep, frozen=True, kw_only=True):
    """The condition holds no more, for long enough, since a moment."""

    since: UtcTime
    value: float | None = None


class AlertRefuted(AlertStep, frozen=True, kw_only=True):
    """What came later shows that the condition did not hold. The alert stays, as one that was raised in error."""

    reason: str


class AlertAcknowledged(AlertStep, frozen=True, kw_only=True):
    """Somebody has seen it."""

    note: str | None = None


class AlertSilenced(AlertStep, frozen=True, kw_only=True):
    """Nobody is to be told of it until then."""

    until: UtcTime
