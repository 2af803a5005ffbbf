"""Series in windows of any length, at read: from the kept windows that fit, or from raw rows where none are short enough.

A series goes on where its sensor was replaced: from then on it is the other sensor's. Where that happens within a window its
minutes tell whose they are.
"""

import asyncio
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final
from zoneinfo import ZoneInfo

import msgspec
import numpy as np
from msgspec.structs import replace

from adapters.history.port import HistoryQueries, SeriesKey, SeriesRange
from domain.columns import Bools, Float64, Int64
from domain.indices import DAILY_INDICES, INDICES
from domain.replacements import BEGINNING, END, SensorKey
from domain.windows import Span, Windows, merged, overlaid, windows_of
from projections.covering import Part, cover, read, span_within
from projections.daily import daily
from projections.days import UTC, Days
from projections.decision_queries import SegmentQueries
from projections.gathering import fetch
from projections.judged import Judged
from projections.judging import Judge, with_indices
from projections.remade import Remade
from projections.spans import Longer, ZoneOf, ends_of, fixed, local_days, starts_of
from projections.stretches import Catalog
from projections.watermarks import Lateness, standing
from schema.times import EARLIEST_US, MINUTE_US, to_micros

_MICROSECOND: Final = timedelta(microseconds=1)


class Chart(msgspec.Struct, frozen=True):
    """The windows of one series that hold readings, in order: [start, end) in microseconds. See `Windows` for the figures."""

    windows: Windows
    end: Int64
    quantiles: Float64
    final: Bools


class Source(msgspec.Struct, frozen=True):
    """One stretch of a series, and the sensor that measured it."""

    key: SeriesKey
    start_us: int
    end_us: int


class SeriesReader:
    """Answers from one history. `clock` tells what time has passed for idle devices."""

    def __init__(
        self,
        history: HistoryQueries,
        judge: Judge,
        *,
        decisions: SegmentQueries,
        lateness: Lateness,
        zone_of: ZoneOf,
        clock: Callable[[], datetime],
    ) -> None:
        self._history = history
        self._windows = Remade(history, judge, zone_of)
        self._judge = judge
        self._decisions = decisions
        self._lateness = lateness
        self._zone_of = zone_of
        self._clock = clock

    async def charts(self, keys: Sequence[SeriesKey], start: datetime, end: datetime, window: timedelta) -> list[Chart]:
        """For each series the windows that overlap [start, end), whole ones, aligned to the epoch in UTC."""
        width = window // _MICROSECOND
        longer = fixed(width)
        first, last = whole(longer, start, end)
        if width % MINUTE_US:
            windows = await self._from_rows(keys, first, last, width)
        else:
            span = span_within(width)
            parts = [part for number, key in enumerate(keys) for part in self._parts(number, key, first, last, span)]
            found = await read(self._windows, parts)
            windows = merged(found, longer.start(found.start))
        return await self._charts(keys, windows, longer.end(windows.start))

    async def rolling(
        self, keys: Sequence[SeriesKey], start: datetime, end: datetime, window: timedelta, back: timedelta
    ) -> list[Chart]:
        """The same windows, each with the figures of all that lies up to `back` before its end."""
        width, length = window // _MICROSECOND, back // _MICROSECOND
        first, last = whole(fixed(width), start, end)
        span = span_within(width)
        parts = [
            part for number, key in enumerate(keys) for part in self._parts(number, key, first - length + width, last, span)
        ]
        found = await read(self._windows, parts)
        windows = await asyncio.to_thread(_rolled, found, first, last, width, length)
        ends = windows.start + width
        return await self._charts(keys, windows, ends, ends - length)

    async def days(self, keys: Sequence[SeriesKey], start: datetime, end: datetime, *, in_utc: bool = False) -> list[Chart]:
        """For each series the days of its site (or of UTC) that overlap [start, end); indices of whole days among them."""
        zones = [UTC if in_utc else self._zone_of(key.device) for key in keys]
        kept_in = {} if in_utc else await self._zones_of_days(keys)
        parts: list[Part] = []
        for number, (key, zone) in enumerate(zip(keys, zones, strict=True)):
            asked = Days(zone, *whole(local_days(zone), start, end))
            parts += self._parts_of_days(number, key, asked, kept_in)
            if key.metric in DAILY_INDICES:  # which is revised as the days are that it rests on
                base = replace(key, metric=DAILY_INDICES[key.metric].metric)
                parts += self._parts_of_days(len(keys) + number, base, asked, kept_in)
        found = await read(self._windows, parts)

        def day_of(windows: Windows) -> Int64:
            return starts_of(Span.SITE_DAY, windows, [*zones, *zones])

        whole_days = merged(found, day_of(found))
        days = whole_days.take(whole_days.series < len(keys))
        for number, key in enumerate(keys):
            if key.metric in DAILY_INDICES:
                made = daily(DAILY_INDICES[key.metric], found.take(found.series == number), day_of)
                days = overlaid(days, _revised_as(whole_days.take(whole_days.series == len(keys) + number), made))
        return await self._charts(keys, days, ends_of(Span.SITE_DAY, days, zones))

    def _parts_of_days(self, number: int, key: SeriesKey, days: Days, kept_in: Mapping[str, ZoneInfo]) -> Iterator[Part]:
        """Whole days where they are kept; where a sensor was replaced, and for what is summed over hours, shorter windows."""
        first, last = days.start_us, days.end_us
        index = DAILY_INDICES.get(key.metric)
        if index is not None:
            base = replace(key, metric=index.metric)
            of_hours = self._parts(number, base, first, last, days.made_of())
            yield from of_hours if index.from_hours else self._parts_of_days(number, base, days, kept_in)
            return
        sources = list(self._sources(key, first, last))
        is_one = len(sources) == 1 and (sources[0].start_us, sources[0].end_us) == (first, last)
        span = days.kept_as(kept_in.get(sources[0].key.device)) if is_one else None
        if span is None:
            yield from self._parts(number, key, first, last, days.made_of())
        else:
            yield Part(number, span, SeriesRange(sources[0].key, first, last))

    async def _zones_of_days(self, keys: Sequence[SeriesKey]) -> Mapping[str, ZoneInfo]:
        """The zone that site days of each device are kept in: none where its site's is another one since they were made."""
        devices = {source.key.device for key in keys for source in self._sources(key, BEGINNING, END)}
        marks = await self._history.watermarks(list(devices))
        zones = {device: self._zone_of(device) for device in marks}
        return {device: zone for device, zone in zones.items() if zone.key == marks[device].zone}

    def _sources(self, key: SeriesKey, start: int, end: int) -> Iterator[Source]:
        for segment in self._decisions.segments(SensorKey(key.device, key.sensor)):
            first, last = max(start, segment.start_us), min(end, segment.end_us)
            if first < last:
                yield Source(SeriesKey(segment.sensor.device, segment.sensor.sensor, key.metric), first, last)

    def _parts(self, number: int, key: SeriesKey, start: int, end: int, longest: Span) -> Iterator[Part]:
        for source in self._sources(key, start, end):
            yield from cover(number, source.key, source.start_us, source.end_us, longest)

    async def _from_rows(self, keys: Sequence[SeriesKey], start: int, end: int, width: int) -> Windows:
        """Windows shorter than those that are kept."""
        numbered = [(number, source) for number, key in enumerate(keys) for source in self._sources(key, start, end)]
        sources = [source for _, source in numbered]
        for source in sources:
            self._history.horizon.require(source.key.device, source.start_us, source.end_us)
        shown = with_indices(await self._judged(sources))
        bounds = np.array([(source.start_us, source.end_us) for source in sources], np.int64).reshape(-1, 2)
        asked = np.array([sources[group].key == key for key, group in zip(shown.keys, shown.groups.tolist(), strict=True)])
        groups = shown.groups[shown.series]
        within = asked[shown.series] & (shown.times >= bounds[groups, 0]) & (shown.times < bounds[groups, 1])
        series = np.array([number for number, _ in numbered], np.int64)[groups[within]]
        order = np.lexsort((shown.times[within], series))
        times, values, quality = (column[within][order] for column in (shown.times, shown.values, shown.quality))
        return windows_of(series[order], times // width * width, values, quality)

    async def _judged(self, sources: Sequence[Source]) -> Judged:
        catalog = Catalog(self._judge.book)
        stretches = [
            catalog.stretch((source.key.device, source.key.sensor), _metrics(source.key), source.start_us, source.end_us)
            for source in sources
        ]
        rows = await fetch(self._history, stretches)
        return await asyncio.to_thread(self._judge.judge, rows, self._judge.corrections(rows.keys))

    async def _charts(
        self, keys: Sequence[SeriesKey], windows: Windows, ends: Int64, since: Int64 | None = None
    ) -> list[Chart]:
        """The figures of each window are those of [since, end): where that is not told, from its start."""
        final = await self._final(keys, windows.series, windows.start if since is None else since, ends)
        quantiles = windows.quantiles(0.5, 0.95)
        bounds = np.searchsorted(windows.series, np.arange(len(keys) + 1)).tolist()
        return [
            Chart(windows.take(np.arange(first, last)), ends[first:last], quantiles[first:last], final[first:last])
            for first, last in pairwise(bounds)
        ]

    async def _final(self, keys: Sequence[SeriesKey], series: Int64, starts: Int64, ends: Int64) -> Bools:
        """Whether the device of each sensor that measured in it has come past what it measured there."""
        sources = [(number, source) for number, key in enumerate(keys) for source in self._sources(key, BEGINNING, END)]
        stands = await self._standing({source.key.device for _, source in sources})
        final = np.ones(len(series), np.bool_)
        for number, source in sources:
            first, last = np.searchsorted(series, (number, number + 1)).tolist()
            within = (starts[first:last] < source.end_us) & (ends[first:last] > source.start_us)
            past = np.minimum(ends[first:last], source.end_us) + self._lateness.allowed_us
            final[first:last] &= ~within | (past <= stands.get(source.key.device, EARLIEST_US))
        return final

    async def _standing(self, devices: Collection[str]) -> Mapping[str, int]:
        """Where the watermark of each device that was heard stands now."""
        marks = await self._history.watermarks(list(devices))
        now = to_micros(self._clock())
        return {device: standing(mark, now, self._lateness) for device, mark in marks.items()}


def _rolled(found: Windows, first: int, last: int, width: int, length: int) -> Windows:
    """The windows of that width that start in [first, last), each with all that lies up to `length` before its end."""
    small = merged(found, found.start // width * width)
    steps = np.arange(length // width) * width
    starts = (small.start[:, None] + steps).ravel()
    place = np.repeat(np.arange(len(small)), len(steps))
    inside = (starts >= first) & (starts < last)
    series, starts, place = small.series[place[inside]], starts[inside], place[inside]
    order = np.lexsort((small.start[place], starts, series))
    return merged(small.take(place[order]), starts[order])


def _revised_as(days: Windows, made: Windows) -> Windows:
    """What was made beside these days, revised as often as they were; a store may show hours before their day."""
    there = np.isin(made.start, days.start)
    revision = np.zeros(len(made), np.int64)
    revision[there] = days.revision[np.searchsorted(days.start, made.start[there])]
    return replace(made, revision=revision)


def whole(longer: Longer, start: datetime, end: datetime) -> tuple[int, int]:
    """From the start of the first window to the end of the last that overlap [start, end)."""
    first, last = longer.start(np.array([to_micros(start), to_micros(end) - 1])).tolist()
    return first, int(longer.end(np.array([last]))[0])


def _metrics(key: SeriesKey) -> set[str]:
    """The metric, and what it is calculated of where it is an index."""
    return {key.metric, *(INDICES[key.metric].inputs if key.metric in INDICES else ())}
