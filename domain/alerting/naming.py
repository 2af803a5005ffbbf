"""What series rules are about: metrics as readings hold them, climate indices, and either of them by hours."""

from typing import Final

from domain.alerting.signals import metric_of
from domain.indices import INDICES
from schema.rules import Anomaly, Condition

_BY_HOURS: Final = "\thours"
"""No metric has a tab in its name."""


def series_of(condition: Condition) -> str | None:
    """The series of a sensor that a condition is about: a metric, or its hours; None of silence."""
    return f"{condition.metric}{_BY_HOURS}" if isinstance(condition, Anomaly) else metric_of(condition)


def metric_in(series: str) -> str:
    """The metric that a series is of."""
    return series.removesuffix(_BY_HOURS)


def is_hourly(series: str) -> bool:
    return series.endswith(_BY_HOURS)


def is_computed(series: str) -> bool:
    """Whether no reading holds it as it is."""
    return series in INDICES or is_hourly(series)
