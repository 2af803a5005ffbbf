"""Making windows: of new rows, of what a correction touched, of the days of a site whose zone changed.

It goes along the log in its order, so that how often a window was revised comes out the same in every replay.
"""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Final

import numpy as np

from adapters.history.horizon import BESIDE_US
from adapters.history.port import Anomaly, History, KeptWindows, SeriesKey, SeriesRange
from domain.columns import Bools
from domain.raw_rows import RawRows, joined
from domain.windows import Span, Windows
from projections.anomalies import AnomalyFinder
from projections.at_hand import kept_of
from projections.frontier import Frontier
from projections.gathering import Gathered, Gatherer, NewRows, fetch
from projections.incoming import Corrected, Item, Zoned
from projections.judged import Judged
from projections.judging import Judge
from projections.minutes import minutes_of
from projections.reach import is_within_reach, within_reach
from projections.remade import Remade
from projections.revisions import Correcting, LateRows, Made, Touches, revised
from projections.rules import WindowRules
from projections.spans import ends_of
from projections.stretches import Catalog
from projections.upward import Upward
from projections.watermarks import Watermarks
from schema.envelope import Cursor, Position
from schema.times import DAY_US, EARLIEST_US, LATEST_US

_ROWS_AT_ONCE: Final = 500_000


class Maker:
    """Windows of one history. `checkpoint` is up to where they hold; for `last_days` see `Frontier`."""

    def __init__(
        self,
        history: History,
        judge: Judge,
        rules: WindowRules,
        *,
        watermarks: Watermarks,
        last_days: Mapping[SeriesKey, int],
        checkpoint: Cursor,
    ) -> None:
        self._history = history
        self._frontier = Frontier(history, last_days)
        self._windows = Remade(history, judge, watermarks.zone_of, kept=self._frontier)
        self._left = Remade(history, judge, watermarks.zone_of, kept=self._frontier, gaps_allowed=True)
        self._judge = judge
        self._watermarks = watermarks
        self._catalog = Catalog(rules.quality, last_days)
        self._gatherer = Gatherer(history, self._catalog)
        self._anomalies = AnomalyFinder(history)
        self._checkpoint = self._kept = checkpoint
        self._allowed_us = rules.lateness.allowed_us

    async def make(self, items: Sequence[Item], position: Position | None) -> None:
        """All that follows from these, which are what the log holds after the checkpoint up to `position`."""
        end = Cursor(self._checkpoint.log_id, position)
        for kind, run in groupby(items, key=type):
            if kind is RawRows:
                parts = [item for item in run if isinstance(item, RawRows)]
                if parts[-1] is items[-1]:  # rows are kept at one stroke, and then all is
                    self._checkpoint = end
                await self._rows(joined(parts))
                continue
            for item in run:
                if isinstance(item, Corrected):
                    await self._correct(item)
                elif isinstance(item, Zoned):
                    await self._zone(item)
        if self._kept != end:
            self._checkpoint = end
            await self._keep([])

    async def _rows(self, rows: RawRows) -> None:
        late = LateRows(self._watermarks.take(rows), self._allowed_us, self._watermarks.zone_of)
        workable = within_reach(self._history, rows)
        if not len(workable):
            return
        new = await asyncio.to_thread(NewRows.of, workable)
        judged = await self._judged(await self._gatherer.gather(new))
        changed = await asyncio.to_thread(new.among, judged.raw)
        await self._make(judged, changed, late, Position(int(rows.positions.max())))
        self._gatherer.hold(await asyncio.to_thread(kept_of, judged, self._judge.book))

    async def _correct(self, correction: Corrected) -> None:
        watermark_us = self._watermarks.passed(correction.device, correction.recorded_us)
        touched = Correcting(correction, watermark_us, self._allowed_us)
        for key in await self._history.series([correction.device]):
            if key.metric == correction.metric and correction.sensor in {None, key.sensor}:
                for start, end in await self._parts(key, correction):
                    if not is_within_reach(self._history, key.device, start, end):
                        continue
                    stretch = self._catalog.stretch((key.device, key.sensor), {key.metric}, start, end)
                    judged = await self._judged(await fetch(self._history, [stretch]))
                    changed = (judged.raw.times >= start) & (judged.raw.times < end)
                    await self._make(judged, changed, touched, correction.position)
        self._gatherer.let_go(correction.device)

    async def _judged(self, rows: Gathered) -> Judged:
        return await asyncio.to_thread(self._judge.judge, rows, self._judge.corrections(rows.keys))

    async def _parts(self, key: SeriesKey, correction: Corrected) -> list[tuple[int, int]]:
        """The parts of the correction's time that hold readings of the series, none with too many to work on at once."""
        parts: list[tuple[int, int]] = []
        for start, end in self._stretches(correction):
            days = (await self._windows.windows(Span.DAY, [SeriesRange(key, start // DAY_US * DAY_US, end)])).windows
            part = np.cumsum(days.count + days.bad) // _ROWS_AT_ONCE
            found = [days.start[part == number].tolist() for number in np.unique(part)]
            parts += [(max(start, starts[0]), min(end, starts[-1] + DAY_US)) for starts in found]
        return parts

    def _stretches(self, correction: Corrected) -> Iterator[tuple[int, int]]:
        """What there is of its time besides days whose rows are gone, and besides windows that only those could make anew."""
        horizon = self._history.horizon
        start, end = max(correction.start_us, EARLIEST_US), min(correction.end_us, LATEST_US)
        floor = max(horizon.windows_from(span) for span in Span)
        for day in horizon.gone().get(correction.device, ()):
            last = min(end, day - BESIDE_US if start < floor else day)
            if start < last:
                yield start, last
            after = day + DAY_US
            start = max(start, after + BESIDE_US if after < floor else after)
        if start < end:
            yield start, end

    async def _zone(self, change: Zoned) -> None:
        """The days of a site whose zone is another one now are made anew, without a word of how they were before."""
        for device in self._watermarks.elsewhere(change.site):
            await self._history.forget(Span.SITE_DAY, [device])
            self._watermarks.rezone(device)
            await self._keep([await self._site_days(key, change.position) for key in await self._history.series([device])])

    async def _site_days(self, key: SeriesKey, position: Position) -> KeptWindows:
        days = await Upward(self._left, [key], self._watermarks.zone_of).all_site_days()
        days = days.take(self._are_whole(key.device, days))
        nobody = LateRows([], self._allowed_us, self._watermarks.zone_of)
        return await self._revised(Span.SITE_DAY, [key], days, nobody, position)

    def _are_whole(self, device: str, days: Windows) -> Bools:
        """Whether nothing that a site's day is made of is gone."""
        horizon = self._history.horizon
        floor = max(horizon.windows_from(Span.HOUR), horizon.windows_from(Span.QUARTER))
        ends = ends_of(Span.SITE_DAY, days, [self._watermarks.zone_of(device)])
        whole = np.ones(len(days), np.bool_)
        for day in horizon.gone().get(device, ()):
            if day < floor:
                whole &= (ends <= day) | (days.start >= day + DAY_US)
        return whole

    async def _make(self, judged: Judged, changed: Bools, touched: Touches, position: Position) -> None:
        keys, minutes = await asyncio.to_thread(minutes_of, self._judge, judged, changed)
        spans = await Upward(self._windows, keys, self._watermarks.zone_of).all_spans(minutes)
        anomalies = await self._anomalies.changes(keys, spans[Span.HOUR], position)
        kept = [await self._revised(span, keys, windows, touched, position) for span, windows in spans.items()]
        await self._keep(kept, anomalies)
        self._frontier.move(keys, minutes)

    async def _revised(
        self, span: Span, keys: Sequence[SeriesKey], windows: Windows, touched: Touches, position: Position
    ) -> KeptWindows:
        ends = ends_of(span, windows, [self._watermarks.zone_of(key.device) for key in keys])
        marks = np.array([self._watermarks.of(key.device) for key in keys], np.int64)
        final = ends + self._allowed_us <= marks[windows.series]
        return await revised(self._frontier, Made(span, keys, windows, ends, final), touched, position)

    async def _keep(self, kept: Sequence[KeptWindows], anomalies: Sequence[Anomaly] = ()) -> None:
        await self._history.keep(kept, self._watermarks.changed(), self._checkpoint, anomalies)
        self._kept = self._checkpoint
