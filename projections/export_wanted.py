"""What somebody wants exported."""

from datetime import datetime, timedelta
from typing import Final

import msgspec

from schema.times import EARLIEST_US, LATEST_US, to_micros

EVER: Final = (EARLIEST_US, LATEST_US)


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What to export: of these devices and metrics, or of all, measured in [start, end).

    `window` None asks for readings, with the `original` values beside the corrected where wanted; else for windows of that
    length, days by the calendar of the site where `site_days`.
    """

    start: datetime | None = None
    end: datetime | None = None
    devices: tuple[str, ...] = ()
    metrics: tuple[str, ...] = ()
    original: bool = False
    window: timedelta | None = None
    site_days: bool = False

    @property
    def bounds(self) -> tuple[int, int]:
        first, last = EVER
        return first if self.start is None else to_micros(self.start), last if self.end is None else to_micros(self.end)
