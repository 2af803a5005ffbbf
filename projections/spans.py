"""Spans: where windows of a length begin and end, and the stretches that a set of windows covers."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Final, Protocol
from zoneinfo import ZoneInfo

import msgspec
import numpy as np

from adapters.history.port import KeptWindows, SeriesKey, SeriesRange
from domain.calendars import day_ends, day_starts
from domain.columns import Int64
from domain.windows import Span, Windows
from schema.times import DAY_US, HOUR_US, MINUTE_US, QUARTER_US


class WindowSource(Protocol):
    """Kept windows, as a history gives them."""

    async def windows(self, span: Span, ranges: Sequence[SeriesRange]) -> KeptWindows: ...


ZoneOf = Callable[[str], ZoneInfo]
"""The zone of the site that a device belongs to."""


class Longer(msgspec.Struct, frozen=True):
    """Longer windows: in which one a moment lies, and where that one ends."""

    start: Callable[[Int64], Int64]
    end: Callable[[Int64], Int64]


def fixed(length: int) -> Longer:
    """Windows of one length, aligned to the epoch in UTC."""
    return Longer(lambda times: times // length * length, lambda starts: starts + length)


def local_days(zone: ZoneInfo) -> Longer:
    """The days of a zone."""
    return Longer(partial(day_starts, zone=zone), partial(day_ends, zone=zone))


_FIXED: Final = {
    Span.MINUTE: fixed(MINUTE_US),
    Span.QUARTER: fixed(QUARTER_US),
    Span.HOUR: fixed(HOUR_US),
    Span.DAY: fixed(DAY_US),
}


def longer_of(span: Span, zone: ZoneInfo) -> Longer:
    """The windows of a span; `zone` tells where a site's days begin."""
    return local_days(zone) if span is Span.SITE_DAY else _FIXED[span]


def starts_of(span: Span, windows: Windows, zones: Sequence[ZoneInfo]) -> Int64:
    """Where the window of that span begins that each of these lies in; `zones` are those of the series."""
    return _by_zone(windows, zones, lambda zone, starts: longer_of(span, zone).start(starts))


def ends_of(span: Span, windows: Windows, zones: Sequence[ZoneInfo]) -> Int64:
    """Where each window of that span ends; `zones` are those of the series."""
    return _by_zone(windows, zones, lambda zone, starts: longer_of(span, zone).end(starts))


def _by_zone(windows: Windows, zones: Sequence[ZoneInfo], bound: Callable[[ZoneInfo, Int64], Int64]) -> Int64:
    bounds = np.empty(len(windows), np.int64)
    for zone in dict.fromkeys(zones):
        there = np.array([one == zone for one in zones])[windows.series]
        bounds[there] = bound(zone, windows.start[there])
    return bounds


def distinct(series: Int64, starts: Int64) -> tuple[Int64, Int64]:
    """Each pair once; the pairs are in order."""
    new = np.concatenate(([True], (series[1:] != series[:-1]) | (starts[1:] != starts[:-1])))[: len(series)]
    return series[new], starts[new]


def ranges_of(keys: Sequence[SeriesKey], series: Int64, starts: Int64, ends: Int64) -> list[tuple[int, SeriesRange]]:
    """The stretches that these windows cover, with the number of their series; neighbours are one stretch."""
    if len(series) == 0:
        return []
    first = np.concatenate(([True], (series[1:] != series[:-1]) | (starts[1:] != ends[:-1])))
    last = np.concatenate((first[1:], [True]))
    bounds = zip(series[first].tolist(), starts[first].tolist(), ends[last].tolist(), strict=True)
    return [(number, SeriesRange(keys[number], start, end)) for number, start, end in bounds]


def renumbered(kept: KeptWindows, numbers: Sequence[int]) -> Windows:
    """The windows with the number of its series in place of that of its range."""
    return msgspec.structs.replace(kept.windows, series=np.array(numbers, np.int64)[kept.windows.series])
