"""Exports: readings as they count, or windows of any length, as Arrow batches, series by series and bounded in memory."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final

import msgspec
import numpy as np
from msgspec.structs import replace

from adapters.history.port import HistoryQueries, SeriesKey
from domain.columns import Int64
from domain.indices import DAILY_INDICES
from domain.replacements import BEGINNING, END, Segment, SensorKey
from domain.windows import Span
from projections.export_tables import Table, Unit, readings_table, windows_table
from projections.export_wanted import EVER, Wanted
from projections.gathering import fetch
from projections.judging import Judge
from projections.portions import grouped, rows_by_day
from projections.remade import Remade
from projections.series import SeriesReader
from projections.spans import WindowSource, ZoneOf
from projections.stretches import Catalog
from projections.watermarks import Lateness
from schema.times import EARLIEST_US, from_micros

_ROWS_AT_ONCE: Final = 100_000
_WINDOWS_AT_ONCE: Final = 10_000
_DAY: Final = timedelta(days=1)


class Exporter:
    """Exports of one history, each sensor under its own name. `clock` tells what time has passed for idle devices."""

    def __init__(
        self,
        history: HistoryQueries,
        judge: Judge,
        *,
        lateness: Lateness,
        zone_of: ZoneOf,
        unit_of: Unit,
        clock: Callable[[], datetime],
    ) -> None:
        self._history = history
        self._judge = judge
        self._reader = SeriesReader(history, judge, decisions=_Alone(), lateness=lateness, zone_of=zone_of, clock=clock)
        self._unit_of = unit_of
        self._windows: WindowSource = Remade(history, judge, zone_of)

    async def tables(self, wanted: Wanted) -> AsyncIterator[Table]:
        """The export, table by table; at least one, perhaps without rows."""
        one_of = self._readings if wanted.window is None else self._windows_of
        keys = await self._keys(wanted)
        if wanted.window is None:
            await asyncio.to_thread(self._require, dict.fromkeys(key.device for key in keys), wanted)
        yield readings_table([], original=wanted.original) if wanted.window is None else windows_table([])
        for key in keys:
            async for table in one_of(key, wanted):
                yield table

    async def _keys(self, wanted: Wanted) -> list[SeriesKey]:
        keys = list(await self._history.series(list(wanted.devices) or None))
        if wanted.window == _DAY:
            keys = [*keys, *_of_days(keys)]
        return sorted((key for key in keys if not wanted.metrics or key.metric in wanted.metrics), key=msgspec.structs.astuple)

    async def _readings(self, key: SeriesKey, wanted: Wanted) -> AsyncIterator[Table]:
        for start, end in await self._parts(key, wanted, _ROWS_AT_ONCE):
            self._history.horizon.require(key.device, start, end)
            stretch = Catalog(self._judge.book).stretch((key.device, key.sensor), {key.metric}, start, end)
            rows = await fetch(self._history, [stretch])
            judged = await asyncio.to_thread(self._judge.judge, rows, self._judge.corrections(rows.keys))
            within: Int64 = np.flatnonzero((judged.raw.times >= start) & (judged.raw.times < end))
            if len(within):
                part = [(key, self._unit_of(key), judged, within)]
                yield await asyncio.to_thread(readings_table, part, original=wanted.original)

    async def _windows_of(self, key: SeriesKey, wanted: Wanted) -> AsyncIterator[Table]:
        window = wanted.window or _DAY
        last = EVER[0]
        for start, end in await self._parts(key, wanted, max(1, _WINDOWS_AT_ONCE * window // _DAY), by_days=True):
            first, until = from_micros(start), from_micros(end)
            if window == _DAY:
                [chart] = await self._reader.days([key], first, until, in_utc=not wanted.site_days)
            else:
                [chart] = await self._reader.charts([key], first, until, window)
            fresh: Int64 = np.flatnonzero(chart.windows.start > last)
            if len(fresh):
                last = int(chart.windows.start[-1])
                yield await asyncio.to_thread(windows_table, [(key, self._unit_of(key), chart, fresh)])

    async def _parts(self, key: SeriesKey, wanted: Wanted, most: int, *, by_days: bool = False) -> list[tuple[int, int]]:
        """Parts of the asked time in which the series has readings: each with few enough rows, or of few enough days."""
        start, end = self._kept(key.device, wanted)
        base = replace(key, metric=DAILY_INDICES[key.metric].metric) if key.metric in DAILY_INDICES else key
        days, rows = await rows_by_day(self._windows, [base], start, end)
        weight = np.ones(len(days), np.int64) if by_days else rows
        return [(max(start, first), min(end, last)) for first, last in grouped(days, weight, most)]

    def _require(self, devices: Iterable[str], wanted: Wanted) -> None:
        for device in devices:
            self._history.horizon.require(device, *self._kept(device, wanted))

    def _kept(self, device: str, wanted: Wanted) -> tuple[int, int]:
        """Who names no beginning asks for what is kept: of windows all, where no span of them was dropped."""
        start, end = wanted.bounds
        horizon = self._history.horizon
        dropped = any(horizon.windows_from(span) > EARLIEST_US for span in Span)
        if wanted.start is None and (wanted.window is None or dropped):
            start = max(start, horizon.kept_from(device))
        return start, end


class _Alone:
    """No sensor goes on with what another one measured."""

    def segments(self, sensor: SensorKey) -> Sequence[Segment]:
        return [Segment(sensor, BEGINNING, END)]


def _of_days(keys: Sequence[SeriesKey]) -> Iterator[SeriesKey]:
    """The indices of whole days that rest on these series."""
    there = set(keys)
    for name, index in DAILY_INDICES.items():
        for key in keys:
            if key.metric == index.metric and (made := replace(key, metric=name)) not in there:
                yield made
