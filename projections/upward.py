"""Windows merged upward: from the minutes that were made anew to the quarters, hours and days that they lie in.

A quarter is merged from all its minutes, an hour from all its quarters, a day from all its hours: those that are kept already,
and those that are new. A site's day that does not begin and end with an hour (the zone is half an hour off) is merged from
quarters. Of each day that is settled by its bounds alone, so that the same sums are made whatever else is made with it.
"""

from collections.abc import Mapping, Sequence
from zoneinfo import ZoneInfo

import numpy as np

from adapters.history.port import SeriesKey, SeriesRange
from domain.columns import Bools
from domain.windows import Span, Windows, joined, merged, overlaid
from projections.spans import Longer, WindowSource, ZoneOf, distinct, fixed, local_days, ranges_of, renumbered
from schema.times import DAY_US, HOUR_US, LATEST_US, QUARTER_US

_UTC = ZoneInfo("UTC")
_SHORTER = (Span.DAY, Span.HOUR, Span.QUARTER)
_QUARTERS, _HOURS, _DAYS = fixed(QUARTER_US), fixed(HOUR_US), fixed(DAY_US)


class Upward:
    """Merges windows of the series `keys`, which windows tell by their places."""

    def __init__(self, history: WindowSource, keys: Sequence[SeriesKey], zone_of: ZoneOf) -> None:
        self._history = history
        self._keys = keys
        self._zones = [zone_of(key.device) for key in keys]

    async def all_spans(self, minutes: Windows) -> Mapping[Span, Windows]:
        """The windows of every span that hold these minutes."""
        quarters = await self._longer(Span.MINUTE, minutes, _QUARTERS)
        hours = await self._longer(Span.QUARTER, quarters, _HOURS)
        days = await self._longer(Span.HOUR, hours, _DAYS)
        made = {Span.MINUTE: minutes, Span.QUARTER: quarters, Span.HOUR: hours, Span.DAY: days}
        site_days = [await self._site_days(zone, made) for zone in dict.fromkeys(self._zones)]
        return {**made, Span.SITE_DAY: joined(site_days)}

    async def _longer(self, span: Span, made: Windows, longer: Longer) -> Windows:
        """The longer windows that these lie in, of all shorter ones in them; new ones go before kept ones."""
        series, starts = distinct(made.series, longer.start(made.start))
        ranges = ranges_of(self._keys, series, starts, longer.end(starts))
        kept = await self._history.windows(span, [wanted for _, wanted in ranges])
        children = overlaid(renumbered(kept, [number for number, _ in ranges]), made)
        return merged(children, longer.start(children.start))

    async def all_site_days(self) -> Windows:
        """All days of the sites of these series, made of the hours that are kept."""
        always = [SeriesRange(key, -LATEST_US, LATEST_US) for key in self._keys]
        kept = {span: (await self._history.windows(span, always)).windows for span in _SHORTER}
        return joined([await self._site_days(zone, kept) for zone in dict.fromkeys(self._zones)])

    async def _site_days(self, zone: ZoneInfo, made: Mapping[Span, Windows]) -> Windows:
        """The days of the series of one zone."""
        there = np.array([one == zone for one in self._zones])
        days, hours, quarters = (windows.take(there[windows.series]) for windows in (made[span] for span in _SHORTER))
        if zone == _UTC:
            return days
        local = local_days(zone)
        by_hours = await self._longer(Span.HOUR, hours.take(_is_whole(local, hours)), local)
        by_quarters = await self._longer(Span.QUARTER, quarters.take(~_is_whole(local, quarters)), local)
        return joined([by_hours, by_quarters])


def _is_whole(days: Longer, windows: Windows) -> Bools:
    """Whether the day that a window is in begins and ends with an hour."""
    starts = days.start(windows.start)
    whole: Bools = (starts % HOUR_US == 0) & (days.end(starts) % HOUR_US == 0)
    return whole
