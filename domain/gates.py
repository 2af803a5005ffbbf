"""The stateless checks at ingress: what can be said of one reading without looking at any other."""

from datetime import UTC, datetime, timedelta
from typing import Final

from schema.events import Clock
from schema.metrics import METRICS

AHEAD_TOLERANCE: Final = timedelta(minutes=5)
"""How far a device's clock may run ahead of ours before its readings are flagged."""
UNSET_BEFORE: Final = datetime(2000, 1, 1, tzinfo=UTC)
"""A clock before this was never set: devices without a battery start at the epoch."""


def range_verdict(metric: str, value: float) -> str | None:
    """Why `value`, in the metric's canonical unit, is implausible; None where it is plausible or the metric unknown."""
    known = METRICS.get(metric)
    if known is None or known.low <= value <= known.high:
        return None
    return "below_range" if value < known.low else "above_range"


def clock_verdict(timestamp: datetime, received_at: datetime) -> Clock:
    """Whether a device's time can be believed, by the time at which we received it."""
    if timestamp > received_at + AHEAD_TOLERANCE:
        return Clock.AHEAD
    return Clock.UNSET if timestamp < UNSET_BEFORE else Clock.OK
