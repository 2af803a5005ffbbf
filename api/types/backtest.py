"""What a back-test of an alert rule answers."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, TypeAlias

import strawberry

from api.fields import described
from api.scalars import BigInt
from api.types.alert import Alert, alert
from api.types.enums import AlertSeverity, BacktestBasis
from api.types.reading import finite
from domain.alerting.hindsight import PastAlert
from domain.alerting.state import Subject
from projections.alert_queries import AlertView
from projections.backtested import Backtested, Found
from schema.rules import AlertRaised
from schema.times import LATEST_US, from_micros, to_micros


@strawberry.type(description="An alert that the rule would have raised.")
class BacktestAlert:
    kind: str = described("What it is called: `TemperatureAlert`, `HumidityTrendAlert`, `DeviceSilent`.")
    severity: AlertSeverity = described("How much it matters.")
    device_id: strawberry.ID = described("The device.")
    sensor_id: strawberry.ID | None = described("The sensor on it; null where the device is silent.")
    metric: str | None = described("The metric; null where the device is silent.")
    since: datetime = described("Since when the rule was broken, by the time of measurement.")
    raised: datetime = described("When that had lasted long enough, by the time of measurement.")
    ended: datetime | None = described("Since when the rule was kept again; null where that is not so within the time asked.")
    cleared: datetime | None = described("When that had lasted long enough; null where it had not.")
    value: float | None = described(
        "What stood when it was raised. As known the last reading; as corrected the figure that was held against the limits."
    )
    refuted: bool = described("Whether what came later showed that it was none; never as corrected, which knows better.")
    alert_id: strawberry.ID | None = described(
        "The alert that a rule of this id did raise of the same, at that time: one of `raised`. Null where it raised none."
    )


@strawberry.type(description="How many alerts there were of a device.")
class BacktestCount:
    device_id: strawberry.ID = described("The device.")
    alerts: int = described("Its alerts.")


@strawberry.type(description="What an alert rule would have said.")
class Backtest:
    basis: BacktestBasis = described("What it was told of the past.")
    alerts: list[BacktestAlert] = described("The first 500 alerts, by when they began.")
    total: int = described("How many alerts there were.")
    refuted: int = described("How many of them were refuted later.")
    raised: list[Alert] = described(
        "What a rule of this id did raise about that time, as far as alerts are remembered: the first 500, by when they began. "
        "Those that no `alertId` names, this rule would not have raised."
    )
    raised_total: int = described("How many these are.")
    devices: list[BacktestCount] = described("The devices that had alerts, by id.")
    series: int = described("How many series, or devices that may fall silent, the rule was about.")
    looked_at: BigInt = described("How many readings it was held against; as known how many events in sight were read.")
    seconds: float = described("How long it took.")


@strawberry.type(description="How far a back-test is.")
class BacktestProgress:
    share: float = described("How much of it is done, from 0 to 1.")
    looked_at: BigInt = described("How many readings it was held against so far; as known how many events in sight were read.")


BacktestMessage: TypeAlias = Annotated[
    BacktestProgress | Backtest,
    strawberry.union("BacktestMessage", description="How far a back-test is, or at last what it found."),
]


def backtest(
    basis: BacktestBasis,
    kind: str,
    severity: AlertSeverity,
    told: Backtested,
    raised: Sequence[AlertView],
    *,
    most: int,
    seconds: float,
) -> Backtest:
    """`raised` are the alerts that there were, by when they began; at most `most` of them are told."""
    return Backtest(
        basis=basis,
        alerts=_alerts(kind, severity, told.found, raised),
        raised=[alert(view) for view in raised[:most]],
        raised_total=len(raised),
        total=told.total,
        refuted=told.refuted,
        devices=[BacktestCount(device_id=strawberry.ID(one), alerts=count) for one, count in told.devices.items()],
        series=told.series,
        looked_at=BigInt(told.looked_at),
        seconds=round(seconds, 3),
    )


def _alerts(kind: str, severity: AlertSeverity, found: Sequence[Found], raised: Sequence[AlertView]) -> list[BacktestAlert]:
    there: defaultdict[Subject, _Raised] = defaultdict(_Raised)
    for view in raised:
        there[_subject(view.raised)].add(view)
    return [
        BacktestAlert(
            kind=kind,
            severity=severity,
            device_id=strawberry.ID(one.subject.device),
            sensor_id=None if one.subject.sensor is None else strawberry.ID(one.subject.sensor),
            metric=one.subject.metric,
            since=from_micros(one.alert.since_us),
            raised=from_micros(one.alert.raised_us),
            ended=None if one.alert.ended_us is None else from_micros(one.alert.ended_us),
            cleared=None if one.alert.cleared_us is None else from_micros(one.alert.cleared_us),
            value=None if one.alert.value is None else finite(one.alert.value),
            refuted=one.alert.refuted,
            alert_id=there[one.subject].met(one.alert),
        )
        for one in found
    ]


def _subject(raised: AlertRaised) -> Subject:
    return Subject(raised.rule_id, raised.device_id, raised.sensor_id, raised.metric)


class _Raised:
    """Alerts of one subject, by when they began."""

    def __init__(self) -> None:
        self._views: list[AlertView] = []
        self._over_by: list[int] = []  # by when each, or one before it, was over

    def add(self, view: AlertView) -> None:
        over_us = LATEST_US if view.over is None else to_micros(view.over)
        self._over_by.append(max(over_us, self._over_by[-1]) if self._over_by else over_us)
        self._views.append(view)

    def met(self, found: PastAlert) -> strawberry.ID | None:
        """The first that shares a moment with it."""
        place = bisect_left(self._over_by, found.since_us)
        if place == len(self._views):
            return None
        raised = self._views[place].raised
        begins_before_its_end = found.ended_us is None or to_micros(raised.since) <= found.ended_us
        return strawberry.ID(raised.alert_id) if begins_before_its_end else None
