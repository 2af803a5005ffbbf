"""Times: UTC inside, RFC 3339 with `Z` outside, whole microseconds where a number is wanted."""

from datetime import UTC, datetime, timedelta
from typing import Final

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
MINUTE_US: Final = 60_000_000
QUARTER_US: Final = 15 * MINUTE_US
HOUR_US: Final = 60 * MINUTE_US
DAY_US: Final = 24 * HOUR_US
EARLIEST_US, LATEST_US = -(2**62), 2**62
"""Before and after every time that can be told, with room to reckon in 64 bits."""
NEVER_US: Final = -(2**63)
"""Earlier than all of them: the last time of what did not take place."""
_MICROSECOND: Final = timedelta(microseconds=1)


def to_micros(moment: datetime) -> int:
    """Microseconds since the epoch, exact."""
    return (moment - EPOCH) // _MICROSECOND


def from_micros(micros: int) -> datetime:
    """The UTC moment that many microseconds after the epoch; OverflowError outside the years 1 to 9999."""
    return EPOCH + timedelta(microseconds=micros)


def format_time(moment: datetime) -> str:
    """RFC 3339 in UTC with `Z`, with a fraction only where there is one."""
    return (moment if moment.tzinfo is UTC else moment.astimezone(UTC)).isoformat()[: -len("+00:00")] + "Z"


def tell_time(moment: datetime) -> str:
    """The same for people, in whole seconds."""
    return format_time(moment.replace(microsecond=0))
