"""Alert rules as they stand, and pages of them."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import strawberry

from api.cursors import RulePlace, encode_place
from api.fields import described
from api.scalars import CursorText
from api.types.enums import AlertBasis, AlertSeverity, AnomalySeverity
from api.types.node import Node
from api.types.paging import Page, PageInfo
from domain.alerting.house import kind_of
from projections.rule_queries import RuleView
from schema import rules as schema
from schema.metrics import METRICS
from schema.times import from_micros


@strawberry.type(
    description="What must not be of a metric. One of `basis`, `over`, `window` and `anomaly` says how it is looked at."
)
class RuleCondition:
    metric: str = described("The metric.")
    unit: str | None = described("The unit of its limits; of a rate or a trend they are so much an hour.")
    above: float | None = described("Broken above this.")
    below: float | None = described("Broken below this.")
    hysteresis: float = described("Kept again only once it is so far inside of the limit.")
    basis: AlertBasis | None = described("Of a threshold: what is held against the limits.")
    over: timedelta | None = described("Of a rate: since when.")
    window: timedelta | None = described("Of a trend: of the last so much.")
    anomaly: AnomalySeverity | None = described("Of an anomaly, which has no limits: from which severity on.")


@strawberry.type(description="What a rule is about: all that fits every word that is not null.")
class AlertWhere:
    site_id: strawberry.ID | None = described("Devices of this site.")
    location: str | None = described("Devices at or below this location.")
    device_id: strawberry.ID | None = described("This device.")
    device_type: str | None = described("Devices of this kind.")
    sensor_id: strawberry.ID | None = described("Sensors of this name.")


@strawberry.type(description="When a rule is in force, by the clocks of the device's site.")
class ActiveHours:
    start: str = described("From then on.")
    end: str = described("Up to then; as the start: a whole day.")
    days: list[int] = described("Of the days on which it begins: 0 (Monday) to 6; none: all.")


@strawberry.type(description="An alert rule as it stands.")
class AlertRule(Node):
    id: strawberry.ID = described("Its id.")
    name: str = described("What people call it.")
    kind: str = described("What its alerts are called: `TemperatureAlert`, `DeviceSilent`.")
    condition: RuleCondition | None = described("What must not be of a metric; null: that a device is silent.")
    severity: AlertSeverity = described("How much it matters.")
    for_: timedelta = strawberry.field(name="for", description="How long it must be so before it is an alert.")
    clear_for: timedelta = described("How long it must not be so before the alert is over.")
    again_within: timedelta = described("What begins anew so soon after its end is the same alert.")
    where: AlertWhere = described("What it is about.")
    hours: ActiveHours | None = described("When it is in force; null: always.")
    enabled: bool = described("Whether it is in force at all.")
    evaluate_backfill: bool = described("Whether history that is handed in, more than 7 days old, is judged, too.")
    revision: int = described("How often it was defined before.")
    defined_at: datetime = described("When it was defined as it is.")
    defined_by: str | None = described("By whom.")


@strawberry.type(description="A rule and its place in the list.")
class AlertRuleEdge:
    cursor: CursorText = described("The place of this rule: give it as `after` to go on from here.")
    node: AlertRule = described("The rule.")


@strawberry.type(description="A page of rules, ordered by id.")
class AlertRuleConnection:
    edges: list[AlertRuleEdge] = described("The rules with their places.")
    nodes: list[AlertRule] = described("The rules alone.")
    page_info: PageInfo = described("Where the page stands.")


def alert_rule(view: RuleView) -> AlertRule:
    rule = view.rule
    return AlertRule(
        id=strawberry.ID(rule.rule_id),
        name=rule.name,
        kind=kind_of(rule),
        condition=_condition(rule.condition),
        severity=AlertSeverity(rule.severity),
        for_=timedelta(seconds=rule.for_seconds),
        clear_for=timedelta(seconds=rule.clear_seconds),
        again_within=timedelta(seconds=rule.again_seconds),
        where=alert_where(rule.where),
        hours=None if rule.hours is None else alert_hours(rule.hours),
        enabled=rule.enabled,
        evaluate_backfill=rule.evaluate_backfill,
        revision=view.revision,
        defined_at=from_micros(view.defined_us),
        defined_by=view.actor,
    )


def alert_rule_page(found: Sequence[RuleView], page: Page) -> AlertRuleConnection:
    """`found` may hold one beyond the page."""
    views, more = page.cut(found)
    nodes = [alert_rule(view) for view in views]
    cursors = [CursorText(encode_place(RulePlace(view.rule.rule_id))) for view in views]
    edges = [AlertRuleEdge(cursor=cursor, node=node) for cursor, node in zip(cursors, nodes, strict=True)]
    return AlertRuleConnection(edges=edges, nodes=nodes, page_info=page.info(cursors, more=more))


def _condition(condition: schema.Condition) -> RuleCondition | None:
    match condition:
        case schema.Silence():
            return None
        case schema.Anomaly():
            return _of_metric(condition.metric, anomaly=AnomalySeverity(condition.severity))
        case schema.Threshold():
            return _limited(condition, basis=AlertBasis(condition.basis))
        case schema.Rate():
            return _limited(condition, over=timedelta(seconds=condition.over_seconds))
        case schema.Trend():
            return _limited(condition, window=timedelta(seconds=condition.window_seconds))


def _limited(condition: schema.Threshold | schema.Rate | schema.Trend, **looked_at: Any) -> RuleCondition:
    limits = {"above": condition.above, "below": condition.below, "hysteresis": condition.hysteresis}
    return _of_metric(condition.metric, **limits, **looked_at)


def _of_metric(metric: str, **said: Any) -> RuleCondition:
    known = METRICS.get(metric)
    nothing = {"above": None, "below": None, "hysteresis": 0.0, "basis": None, "over": None, "window": None, "anomaly": None}
    return RuleCondition(metric=metric, unit=known.unit if known else None, **{**nothing, **said})


def alert_hours(hours: schema.ActiveHours) -> ActiveHours:
    return ActiveHours(start=hours.start, end=hours.end, days=list(hours.days))


def alert_where(where: schema.Where) -> AlertWhere:
    return AlertWhere(
        site_id=None if where.site_id is None else strawberry.ID(where.site_id),
        location=where.location,
        device_id=None if where.device_id is None else strawberry.ID(where.device_id),
        device_type=where.device_type,
        sensor_id=None if where.sensor_id is None else strawberry.ID(where.sensor_id),
    )
