"""The heat map: figures of a metric by location. Each device counts where it was, from when it was there.

Locations are paths: what was measured in a zone counts to its house and its site too.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime

import msgspec
import numpy as np
from msgspec.structs import replace

from adapters.history.port import HistoryQueries, SeriesKey
from domain.columns import Int64
from domain.windows import Windows, merged
from projections.covering import cover, read
from projections.decision_queries import DecisionQueries
from projections.spans import WindowSource
from schema.times import to_micros


class Heat(msgspec.Struct, frozen=True):
    """`windows` holds one window for each of `locations` in which something was measured, by its place there.

    `devices` says how many measured it.
    """

    locations: Sequence[str]
    windows: Windows
    devices: Sequence[int]


class HeatMap:
    """Answers from one history and its `windows`."""

    def __init__(self, history: HistoryQueries, windows: WindowSource, decisions: DecisionQueries) -> None:
        self._history = history
        self._windows = windows
        self._decisions = decisions

    async def of(self, metric: str, start: datetime, end: datetime, within: str | None = None) -> Heat:
        """The figures of the whole minutes of [start, end), at or below the location `within`."""
        keys = [key for key in await self._history.series() if key.metric == metric]
        stays = [stay for key in keys for stay in self._stays(key, to_micros(start), to_micros(end))]
        locations = sorted({path for stay in stays for path in _paths(stay.location, within)})
        number = {location: place for place, location in enumerate(locations)}
        wanted = [(number[path], stay) for stay in stays for path in _paths(stay.location, within)]
        parts = [part for place, (_, stay) in enumerate(wanted) for part in cover(place, stay.key, stay.start_us, stay.end_us)]
        found = await read(self._windows, parts)
        windows = _by_location(found, np.array([place for place, _ in wanted], np.int64))
        there = {(place, stay.key.device) for place, stay in (wanted[one] for one in np.unique(found.series).tolist())}
        devices = Counter(place for place, _ in there)
        return Heat(locations, windows, [devices[place] for place in range(len(locations))])

    def _stays(self, key: SeriesKey, start: int, end: int) -> Iterator["_Stay"]:
        placed = self._decisions.placements(key.device)
        since = placed.since.tolist()
        ends = [*since[1:], end] if since else []
        for location, first, last in zip(placed.locations, since, ends, strict=True):
            if location is not None and max(start, first) < min(end, last):
                yield _Stay(key, location, max(start, first), min(end, last))


class _Stay(msgspec.Struct, frozen=True):
    """A series while its device was at a location."""

    key: SeriesKey
    location: str
    start_us: int
    end_us: int


def _paths(location: str, within: str | None) -> Iterator[str]:
    """The location and those above it, as far as they are at or below `within`."""
    parts = location.split("/")
    for depth in range(1, len(parts) + 1):
        path = "/".join(parts[:depth])
        if within is None or path == within or path.startswith(f"{within}/"):
            yield path


def _by_location(windows: Windows, location_of: Int64) -> Windows:
    """All windows of a location as one; in order of time, so that the same sums are made each time."""
    located = replace(windows, series=location_of[windows.series])
    order = np.lexsort((located.start, located.series))
    ordered = located.take(order)
    return merged(ordered, np.zeros(len(ordered), np.int64))
