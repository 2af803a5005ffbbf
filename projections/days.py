"""Days of a zone, and the kept windows that make them up."""

from zoneinfo import ZoneInfo

import msgspec
import numpy as np

from domain.windows import Span
from projections.spans import local_days
from schema.times import DAY_US, HOUR_US

UTC: ZoneInfo = ZoneInfo("UTC")


class Days(msgspec.Struct, frozen=True):
    """Whole days of a zone, [start, end)."""

    zone: ZoneInfo
    start_us: int
    end_us: int

    def kept_as(self, site_days: ZoneInfo | None) -> Span | None:
        """The kept windows that are these days, of a device whose site days are kept in that zone."""
        if self.zone == UTC:
            return Span.DAY
        return Span.SITE_DAY if self.zone == site_days else None

    def made_of(self) -> Span:
        """The longest kept windows that they can be merged from: hours, but for a zone that is half an hour off."""
        within = np.arange(self.start_us, self.end_us, DAY_US // 2)
        bounds = np.append(local_days(self.zone).start(within), self.end_us)
        return Span.QUARTER if (bounds % HOUR_US).any() else Span.HOUR
