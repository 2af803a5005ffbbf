"""Quiet hours: until when somebody is not to be told."""

from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np

from domain.alerting.hours import in_force, is_in_force
from schema.notifications import RecipientDefined
from schema.rules import AlertSeverity
from schema.times import DAY_US, MINUTE_US

_LONGEST_US: Final = 8 * DAY_US
"""Quiet hours end every day, or with one of the week."""


def quiet_until(recipient: RecipientDefined, severity: AlertSeverity, now_us: int) -> int | None:
    """The end of the quiet hours in which it is now; None where it may be told at once."""
    if recipient.quiet is None or (recipient.critical_any_hour and severity is AlertSeverity.CRITICAL):
        return None
    zone = _zone(recipient.time_zone)
    if not is_in_force(recipient.quiet, zone, now_us):
        return None
    minutes = np.arange(now_us // MINUTE_US + 1, (now_us + _LONGEST_US) // MINUTE_US, dtype=np.int64) * MINUTE_US
    return int(minutes[np.argmin(in_force(recipient.quiet, zone, minutes))])


@lru_cache(maxsize=64)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)
