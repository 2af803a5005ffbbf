"""What somebody says of an alert rule, in the words of events."""

from collections.abc import Iterator, Sequence

from api.changes import settled
from api.context import Context
from api.cursors import RulePlace, decode_place
from api.errors import ApiError, ErrorCode, limit_error
from api.services import Services
from api.types.alert_inputs import (
    ActiveHoursInput,
    AlertRuleInput,
    AlertWhereInput,
    AnomalyInput,
    RateInput,
    ThresholdInput,
    TrendInput,
)
from api.types.alert_rule import AlertRule, AlertRuleConnection, alert_rule, alert_rule_page
from api.types.paging import Page
from api.types.results import DefineAlertRuleSuccess
from api.visibility import ALERTS
from domain.alert_rules import define_rule as decide_rule
from domain.alert_rules import fold_rule, rule_problem
from domain.decisions import Decision
from projections.rule_queries import RuleView
from schema.events import Event
from schema.rules import (
    ActiveHours,
    AlertRuleDefined,
    AlertSeverity,
    Anomaly,
    AnomalySeverity,
    Basis,
    Condition,
    Rate,
    Silence,
    Threshold,
    Trend,
    Where,
)
from schema.times import to_micros


def rule_of(wanted: AlertRuleInput) -> AlertRuleDefined:
    """ApiError INVALID_INPUT where it is no rule, and what is wrong with it."""
    rule = AlertRuleDefined(
        rule_id=wanted.rule_id,
        name=wanted.name,
        condition=_condition(wanted),
        severity=AlertSeverity(wanted.severity.word),
        for_seconds=wanted.for_.total_seconds(),
        clear_seconds=wanted.clear_for.total_seconds(),
        again_seconds=wanted.again_within.total_seconds(),
        where=Where() if wanted.where is None else where_of(wanted.where),
        hours=None if wanted.hours is None else hours_of(wanted.hours),
        enabled=wanted.enabled,
        evaluate_backfill=wanted.evaluate_backfill,
    )
    problem = rule_problem(rule)
    if problem is not None:
        raise ApiError(ErrorCode.INVALID_INPUT, problem)
    return rule


async def define_rule(context: Context, wanted: AlertRuleInput) -> DefineAlertRuleSuccess:
    """The rule is that from now on."""
    rule = rule_of(wanted)
    _require_room(context.services, rule)

    def decide(events: Sequence[Event]) -> Decision:
        return decide_rule(fold_rule(events), rule)

    change = await context.writer.change(f"rule-{rule.rule_id}", context.principal.actor, decide)
    cursor = await settled(context, change, ALERTS)
    known = context.services.alert_rules.rule(rule.rule_id)
    if known is None or known.rule != rule:
        now_us, revision = to_micros(context.services.clock()), len(change.events) - 1
        known = RuleView(rule, revision, now_us, context.principal.actor)
    return DefineAlertRuleSuccess(rule=alert_rule(known), cursor=cursor)


def _require_room(services: Services, rule: AlertRuleDefined) -> None:
    """ApiError LIMIT_EXCEEDED where as many others are in force as may be, as far as the read model knows."""
    rules = (services.whole or services).alert_rules.rules() if rule.enabled else []
    others = sum(view.rule.enabled and view.rule.rule_id != rule.rule_id for view in rules)
    if others >= services.limits.rules:
        instead = "put one out of force by `enabled: false`, or say with one what several say"
        raise limit_error("alert rules in force", services.limits.rules, others + 1, instead)


def find_rule(services: Services, rule_id: str) -> AlertRule | None:
    view = services.alert_rules.rule(rule_id)
    return None if view is None else alert_rule(view)


def rules_page(services: Services, page: Page) -> AlertRuleConnection:
    """A page of those in sight, by id."""
    low, high = (None if cursor is None else decode_place(cursor, RulePlace).rule_id for cursor in (page.after, page.before))
    found = [
        view
        for view in services.alert_rules.rules()
        if (low is None or view.rule.rule_id > low) and (high is None or view.rule.rule_id < high)
    ]
    return alert_rule_page(found[-page.size - 1 :] if page.backwards else found[: page.size + 1], page)


def _condition(wanted: AlertRuleInput) -> Condition:
    given = list(_conditions(wanted))
    if len(given) != 1:
        raise ApiError(
            ErrorCode.INVALID_INPUT,
            f"give exactly one of `threshold`, `rate`, `trend`, `anomaly` and `silence: true`; these are {len(given)}",
        )
    return given[0]


def _conditions(wanted: AlertRuleInput) -> Iterator[Condition]:
    if wanted.threshold is not None:
        yield _threshold(wanted.threshold)
    if wanted.rate is not None:
        yield _rate(wanted.rate)
    if wanted.trend is not None:
        yield _trend(wanted.trend)
    if wanted.anomaly is not None:
        yield _anomaly(wanted.anomaly)
    if wanted.silence:
        yield Silence()


def _threshold(one: ThresholdInput) -> Threshold:
    basis = Basis(one.basis.word)
    return Threshold(metric=one.metric, above=one.above, below=one.below, hysteresis=one.hysteresis, basis=basis)


def _rate(one: RateInput) -> Rate:
    over = one.over.total_seconds()
    return Rate(metric=one.metric, above=one.above, below=one.below, hysteresis=one.hysteresis, over_seconds=over)


def _trend(one: TrendInput) -> Trend:
    window = one.window.total_seconds()
    return Trend(metric=one.metric, above=one.above, below=one.below, hysteresis=one.hysteresis, window_seconds=window)


def _anomaly(one: AnomalyInput) -> Anomaly:
    return Anomaly(metric=one.metric, severity=AnomalySeverity(one.severity.word))


def where_of(where: AlertWhereInput) -> Where:
    return Where(
        site_id=where.site_id,
        location=where.location,
        device_id=where.device_id,
        device_type=where.device_type,
        sensor_id=where.sensor_id,
    )


def hours_of(hours: ActiveHoursInput) -> ActiveHours:
    return ActiveHours(start=hours.start, end=hours.end, days=tuple(hours.days))
