"""The inputs that say what an alert rule is."""

from datetime import timedelta
from typing import Final

import strawberry

from api.fields import described
from api.types.enums import AlertBasis, AlertSeverity, AnomalySeverity

_NONE: Final = timedelta()
_AGAIN: Final = timedelta(minutes=10)
_REACH: Final = timedelta(minutes=10)
_WINDOW: Final = timedelta(hours=1)
_METRIC: Final = "The metric, measured or computed at a moment; limits are in its own unit."


@strawberry.input(description="A value is above one limit or below another. At least one is to be given.")
class ThresholdInput:
    metric: str = described(_METRIC)
    above: float | None = strawberry.field(description="Broken above this.", default=None)
    below: float | None = strawberry.field(description="Broken below this.", default=None)
    hysteresis: float = strawberry.field(description="Kept again only once it is so far inside of the limit.", default=0.0)
    basis: AlertBasis = strawberry.field(description="What is held against the limits.", default=AlertBasis.READINGS)


@strawberry.input(description="The mean of a minute changes faster than a limit, in units of the metric an hour.")
class RateInput:
    metric: str = described(_METRIC)
    above: float | None = strawberry.field(description="Broken where it rises faster than this.", default=None)
    below: float | None = strawberry.field(
        description="Broken where it changes by less than this: -4 is falling by more than 4.", default=None
    )
    hysteresis: float = strawberry.field(description="Kept again only once it is so far inside of the limit.", default=0.0)
    over: timedelta = strawberry.field(description="Since when: whole minutes, at most 6 hours.", default=_REACH)


@strawberry.input(description="The slope of the minutes' means, by Theil and Sen, is beyond a limit, in units an hour.")
class TrendInput:
    metric: str = described(_METRIC)
    above: float | None = strawberry.field(description="Broken where it rises faster than this.", default=None)
    below: float | None = strawberry.field(description="Broken where it changes by less than this.", default=None)
    hysteresis: float = strawberry.field(description="Kept again only once it is so far inside of the limit.", default=0.0)
    window: timedelta = strawberry.field(description="Of the last so many minutes: from 5 to 360.", default=_WINDOW)


@strawberry.input(description="The mean of an hour is unlike the same hour of the days before, of which it has to know a week.")
class AnomalyInput:
    metric: str = described("The metric, measured or computed at a moment: one that has a usual hour.")
    severity: AnomalySeverity = strawberry.field(description="Broken from this severity on.", default=AnomalySeverity.MAJOR)


@strawberry.input(description="What a rule is about: all that fits every word that is given; with none the whole house.")
class AlertWhereInput:
    site_id: strawberry.ID | None = strawberry.field(description="Devices of this site.", default=None)
    location: str | None = strawberry.field(description="Devices at or below this location.", default=None)
    device_id: strawberry.ID | None = strawberry.field(description="This device.", default=None)
    device_type: str | None = strawberry.field(description="Devices of this kind.", default=None)
    sensor_id: strawberry.ID | None = strawberry.field(description="Sensors of this name.", default=None)


@strawberry.input(description="When a rule is in force, by the clocks of the device's site; perhaps over midnight.")
class ActiveHoursInput:
    start: str = strawberry.field(description="From then on: `07:30`.", default="00:00")
    end: str = strawberry.field(description="Up to then; as the start: a whole day.", default="00:00")
    days: list[int] = strawberry.field(
        description="Of the days on which it begins: 0 (Monday) to 6; none: all.", default_factory=list
    )


@strawberry.input(
    description=(
        "An alert rule. Exactly one of `threshold`, `rate`, `trend`, `anomaly` and `silence` says what it is that must not be."
    )
)
class AlertRuleInput:
    rule_id: strawberry.ID = described("Its id: 1 to 64 letters, digits, `_`, `.` or `-`.")
    name: str = described("What people call it.")
    threshold: ThresholdInput | None = strawberry.field(description="A value is beyond a limit.", default=None)
    rate: RateInput | None = strawberry.field(description="A value changes too fast.", default=None)
    trend: TrendInput | None = strawberry.field(description="A value goes up or down for long.", default=None)
    anomaly: AnomalyInput | None = strawberry.field(description="An hour is unlike the days before.", default=None)
    silence: bool = strawberry.field(
        description="A device that is in service sends no reading, for as long as `for`.", default=False
    )
    severity: AlertSeverity = strawberry.field(description="How much it matters.", default=AlertSeverity.WARNING)
    for_: timedelta = strawberry.field(
        name="for", description="How long it must be so before it is an alert: up to 7 days.", default=_NONE
    )
    clear_for: timedelta = strawberry.field(
        description="How long it must not be so before the alert is over: up to 7 days.", default=_NONE
    )
    again_within: timedelta = strawberry.field(
        description="What begins anew so soon after its end is the same alert: up to 7 days.", default=_AGAIN
    )
    where: AlertWhereInput | None = strawberry.field(description="What it is about; left out: the whole house.", default=None)
    hours: ActiveHoursInput | None = strawberry.field(description="When it is in force; left out: always.", default=None)
    enabled: bool = strawberry.field(
        description="Whether it is in force at all. A back-test asks what if it were.", default=True
    )
    evaluate_backfill: bool = strawberry.field(
        description="Whether readings count that are more than 7 days old when they are received: history that is handed in.",
        default=False,
    )
