"""What somebody says of an alert rule, in the words of events."""

from collections.abc import Iterator

from api.errors import ApiError, ErrorCode
from api.types.alert_inputs import ActiveHoursInput, AlertRuleInput, AlertWhereInput, RateInput, ThresholdInput, TrendInput
from domain.alert_rules import rule_problem
from schema.rules import (
    ActiveHours,
    AlertRuleDefined,
    AlertSeverity,
    Basis,
    Condition,
    Rate,
    Silence,
    Threshold,
    Trend,
    Where,
)


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
        where=Where() if wanted.where is None else _where(wanted.where),
        hours=None if wanted.hours is None else _hours(wanted.hours),
        enabled=wanted.enabled,
    )
    problem = rule_problem(rule)
    if problem is not None:
        raise ApiError(ErrorCode.INVALID_INPUT, problem)
    return rule


def _condition(wanted: AlertRuleInput) -> Condition:
    given = list(_conditions(wanted))
    if len(given) != 1:
        raise ApiError(
            ErrorCode.INVALID_INPUT,
            f"give exactly one of `threshold`, `rate`, `trend` and `silence: true`; these are {len(given)}",
        )
    return given[0]


def _conditions(wanted: AlertRuleInput) -> Iterator[Condition]:
    if wanted.threshold is not None:
        yield _threshold(wanted.threshold)
    if wanted.rate is not None:
        yield _rate(wanted.rate)
    if wanted.trend is not None:
        yield _trend(wanted.trend)
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


def _where(where: AlertWhereInput) -> Where:
    return Where(
        site_id=where.site_id,
        location=where.location,
        device_id=where.device_id,
        device_type=where.device_type,
        sensor_id=where.sensor_id,
    )


def _hours(hours: ActiveHoursInput) -> ActiveHours:
    return ActiveHours(start=hours.start, end=hours.end, days=tuple(hours.days))
