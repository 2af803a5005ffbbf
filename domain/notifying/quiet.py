"""Quiet hours: until when somebody is not to be told."""

from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np

from domain.alerting.hours import in_force, is_in_force
from schema.notifications import RecipientDefined
from schema.rules import ActiveHours, AlertSeverity
from schema.times import DAY_US, MINUTE_US

_LONGEST_US: Final = 8 * DAY_US
"""Quiet hours end every day, or with one of the week."""


def quiet_until(recipient: RecipientDefined, severity: AlertSeverity, now_us: int) -> int | None:
    """The end of the quiet hours in which it is now; None where it may be told at once."""
    if recipient.quiet is None or (recipient.critical_any_hour and severity is AlertSeverity.CRITICAL):
        return None
    return _end(recipient.quiet, recipient.time_zone, now_us // MINUTE_US)


@lru_cache(maxsize=1024)
def _end(quiet: ActiveHours, time_zone: str, minute: int) -> int | None:
    """The same for all that is to be told within a minute, which may be thousands of alerts: clocks are looked at once."""
    zone = ZoneInfo(time_zone)
    if not is_in_force(quiet, zone, minute * MINUTE_US):
        return None
    minutes = np.arange(minute + 1, minute + _LONGEST_US // MINUTE_US, dtype=np.int64) * MINUTE_US
    return int(minutes[np.argmin(in_force(quiet, zone, minutes))])
