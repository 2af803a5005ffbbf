"""Clock drift: by how much a device's clock is behind ours, from when it says it sent and when we received.

What lies between is the drift and the time on the way, and the way is never shorter than nothing: so the smallest of recent
differences is the drift and the quickest way. A message that waited, in the device or in a broker, is only larger. Where all
of two hours waited it is too large: a backlog and a slow clock look alike until the first message comes through at once.
"""

from datetime import datetime
from typing import Final

import msgspec

_HOUR_US: Final = 3_600_000_000
_HOURS: Final = 2


class Lags(msgspec.Struct, frozen=True, array_like=True):
    """The smallest difference, in microseconds, of each of the last two hours in which any was received: hour -> lag.

    The same for the same set of differences, in any order.
    """

    by_hour: dict[int, int] = {}

    def seen(self, sent_us: int, received_us: int) -> "Lags":
        """With one more difference."""
        hour, lag = received_us // _HOUR_US, received_us - sent_us
        known = self.by_hour.get(hour)
        if known is not None and known <= lag:
            return self
        newest = sorted({*self.by_hour, hour})[-_HOURS:]
        if hour not in newest:
            return self
        return Lags({one: lag if one == hour else self.by_hour[one] for one in newest})

    @property
    def drift_us(self) -> int | None:
        """By how much the clock is behind ours; less than nothing: ahead. None where nothing is known."""
        return min(self.by_hour.values(), default=None)


NO_LAGS: Final = Lags()


def compensated(timestamp: datetime, sent_at: datetime, received_at: datetime) -> datetime | None:
    """When something happened, by our clock: as long before it was received as it was before it was sent.

    The device's clock cancels out. What the message waited on its way is in it. None beyond the years that there are.
    """
    try:
        return received_at - (sent_at - timestamp)
    except OverflowError:
        return None
