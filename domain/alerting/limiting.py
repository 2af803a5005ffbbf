"""The numbers of a rule as its watches need them: limits, and durations in microseconds."""

from math import inf, nextafter
from typing import Final

from domain.alerting.episodes import Limits
from domain.anomalies import THRESHOLDS, Severity
from schema.rules import AlertRuleDefined, Anomaly, AnomalySeverity, Silence

SPEAKS: Final = 0.0
IS_SILENT: Final = 1.0
"""What a rule about silence is told of a device."""


def limits_of(rule: AlertRuleDefined) -> Limits:
    condition, for_us = rule.condition, micros(rule.for_seconds)
    if isinstance(condition, Silence):
        return Limits(above=SPEAKS, for_us=for_us)
    clear_us = micros(rule.clear_seconds)
    if isinstance(condition, Anomaly):
        most = usual_up_to(condition.severity)
        return Limits(above=most, below=-most, for_us=for_us, clear_us=clear_us)
    return Limits(
        above=inf if condition.above is None else condition.above,
        below=-inf if condition.below is None else condition.below,
        hysteresis=condition.hysteresis,
        for_us=for_us,
        clear_us=clear_us,
    )


def usual_up_to(severity: AnomalySeverity) -> float:
    """The highest score that is less than so severe."""
    return nextafter(THRESHOLDS[Severity[severity.name] - 1], 0.0)


def again_us(rule: AlertRuleDefined) -> int:
    """How soon after its end an alert that begins anew is the same one."""
    return 0 if isinstance(rule.condition, Silence) else micros(rule.again_seconds)


def micros(seconds: float) -> int:
    return round(seconds * 1e6)
