"""Decisions about alert rules, and what is wrong with one that somebody wants: told by the names that he gave it in."""

from collections.abc import Iterator, Sequence
from math import isfinite
from typing import Final

from domain.alerting.hours import minute_of
from domain.alerting.signals import MEASURED, TREND_POINTS
from domain.anomalies import FLOORS
from domain.decisions import Decision, Refusal, Refused, id_problem, text_problem
from domain.declared_values import count_problems, number_problems, range_problems, seconds_problems
from domain.indices import DAILY_INDICES
from schema.events import Event
from schema.metrics import METRICS
from schema.rules import ActiveHours, AlertRuleDefined, Anomaly, Rate, Silence, Threshold, Trend, Where
from schema.times import HOUR_US, MINUTE_US

MINUTE: Final = MINUTE_US / 1e6
LONGEST_REACH: Final = 6 * HOUR_US / 1e6
"""How far a rate or a trend looks back at most, in seconds: the work of a trend grows with the square of it."""
_DAYS: Final = 7


def fold_rule(events: Sequence[Event]) -> AlertRuleDefined | None:
    """The rule as last defined."""
    return next((event for event in reversed(events) if isinstance(event, AlertRuleDefined)), None)


def define_rule(current: AlertRuleDefined | None, wanted: AlertRuleDefined) -> Decision:
    """Define a rule, or let it be another."""
    problem = rule_problem(wanted)
    if problem is not None:
        return Refused(Refusal.INVALID, problem)
    return [] if wanted == current else [wanted]


def rule_problem(rule: AlertRuleDefined) -> str | None:
    """The first thing that is wrong with it; None where nothing is."""
    return next(_problems(rule), None)


def _problems(rule: AlertRuleDefined) -> Iterator[str]:
    yield from filter(None, [id_problem("ruleId", rule.rule_id), text_problem("name", rule.name)])
    if isinstance(rule.condition, Silence):
        yield from _silence_problems(rule)
    else:
        yield from _measured_problems(rule.condition)
    yield from seconds_problems("for", rule.for_seconds)
    yield from seconds_problems("clearFor", rule.clear_seconds)
    yield from seconds_problems("againWithin", rule.again_seconds)
    yield from _where_problems(rule.where)
    if rule.hours is not None:
        yield from _hours_problems(rule.hours)


def _silence_problems(rule: AlertRuleDefined) -> Iterator[str]:
    if rule.for_seconds < 1:
        yield "for must say how long a silence lasts that is to be told, at least 1 s: every device is silent between two words"
    if rule.where.sensor_id is not None:
        yield "where.sensorId must be left out: it is the device that is silent"
    if rule.hours is not None:
        yield "hours must be left out: silence is told at any hour"
    if rule.clear_seconds:
        yield "clearFor must be left out: a silence is over with the first word"
    if rule.evaluate_backfill:
        yield "evaluateBackfill must be left out: who is silent is told by our own clock, and not by what is handed in later"


def _measured_problems(condition: MEASURED) -> Iterator[str]:
    metric = condition.metric
    if metric not in METRICS:
        yield f"metric must be one that has a unit, since limits are in it; {metric[:80]!r} is none"
    if metric in DAILY_INDICES:
        yield f"metric must be one that is measured or computed at a moment; {metric} is of whole days"
    if isinstance(condition, Anomaly):
        if metric not in FLOORS:
            yield f"metric must be one that has a usual hour, such as temperature or co2; {metric} is switched or swings freely"
    else:
        yield from _limit_problems(condition)
    if isinstance(condition, Rate):
        yield from _reach_problems("over", condition.over_seconds, MINUTE)
    if isinstance(condition, Trend):
        yield from _reach_problems("window", condition.window_seconds, TREND_POINTS * MINUTE)


def _limit_problems(condition: Threshold | Rate | Trend) -> Iterator[str]:
    if condition.above is None and condition.below is None:
        yield "above or below must be given: a rule without a limit is never broken"
    yield from range_problems("limits", "below", condition.below, "above", condition.above)
    yield from _hysteresis_problems(condition)


def _hysteresis_problems(condition: Threshold | Rate | Trend) -> Iterator[str]:
    yield from number_problems("hysteresis", condition.hysteresis)
    if condition.hysteresis < 0:
        yield "hysteresis must not be negative"
    both = condition.above is not None and condition.below is not None
    if both and isfinite(condition.hysteresis) and 2 * condition.hysteresis > condition.above - condition.below:  # type: ignore[operator]
        yield "hysteresis must be at most half the way from below to above: else no value ends the alert"


def _reach_problems(name: str, seconds: float, least: float) -> Iterator[str]:
    if not least <= seconds <= LONGEST_REACH or seconds % MINUTE:
        yield f"{name} must be whole minutes, from {least / MINUTE:g} to {LONGEST_REACH / MINUTE:g}"


def _where_problems(where: Where) -> Iterator[str]:
    for name, text in (("siteId", where.site_id), ("deviceId", where.device_id), ("sensorId", where.sensor_id)):
        if text is not None:
            yield from filter(None, [id_problem(f"where.{name}", text)])
    for name, text in (("location", where.location), ("deviceType", where.device_type)):
        yield from filter(None, [text_problem(f"where.{name}", text)])


def _hours_problems(hours: ActiveHours) -> Iterator[str]:
    for name, text in (("start", hours.start), ("end", hours.end)):
        try:
            minute_of(text)
        except ValueError:
            yield f"hours.{name} must be a time of day such as 07:30; {text[:80]!r} is not"
    yield from count_problems("hours.days", hours.days, _DAYS)
    if not all(0 <= day < _DAYS for day in hours.days):
        yield "hours.days must be numbers from 0 (Monday) to 6 (Sunday)"
