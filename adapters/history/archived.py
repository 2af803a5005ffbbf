"""A history over a store and its archive: rows that moved out of the store are found as if they were still in it.

For ranges of which the archive has nothing, and that is known from memory, it adds nothing to what the store costs. A row
that is in both is there once. Rows that are in neither any more are told by `BeyondRetentionError`.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Final

import numpy as np

from adapters.history.archive.archive import EVER, Archive
from adapters.history.archive.engine import DamagedFileError
from adapters.history.archive.holdings import SiteDay
from adapters.history.archive.staging import Staging
from adapters.history.content import hashes
from adapters.history.duckdb_ranges import Numbered
from adapters.history.horizon import judged_from
from adapters.history.port import (
    ANOMALIES,
    RAW,
    Anomaly,
    AnomalyChanges,
    AnomalyQuery,
    HistoryRow,
    KeptWindows,
    RangeQuery,
    RowsLostError,
    SeriesKey,
    SeriesRange,
    Watermark,
    key_of,
)
from adapters.history.tiers import TieredHistory
from domain.day_digests import DayDigests, summed
from domain.raw_rows import RawRows
from domain.rows import Columns, arranged
from domain.windows import Span
from schema.envelope import Cursor, Position
from schema.times import DAY_US, to_micros

_MOST_DAYS_AT_ONCE: Final = 64


class ArchivedHistory:
    """Implements `History`, and `Horizon` for itself. `watch` tells the retention job which days change under its hands."""

    def __init__(self, store: TieredHistory, archive: Archive) -> None:
        self.store = store
        self.archive = archive
        self.writing = asyncio.Lock()
        self.moving = asyncio.Lock()
        """Held while rows move from the store to the archive, and while what both hold is added up."""
        self._changed: set[int] | None = None

    @property
    def horizon(self) -> "ArchivedHistory":
        return self

    def windows_from(self, span: Span) -> int:
        return max(self.archive.holdings.floor(span), self.store.horizon.windows_from(span))

    def whole_from(self) -> int:
        return self.archive.holdings.whole_from()

    def rows_gone(self, device: str, start_us: int, end_us: int) -> bool:
        return self.archive.rows_gone(device, start_us, end_us)

    def require(self, device: str, start_us: int, end_us: int) -> None:
        self.archive.require(device, start_us, end_us)

    def kept_from(self, device: str) -> int:
        if not self.archive.rows_gone(device, *EVER):
            return EVER[0]
        days = self.archive.site_days(device, *EVER)
        return days[0][1] if days else self.archive.holdings.whole_from()

    def gone(self) -> Mapping[str, Sequence[int]]:
        return self.archive.gone()

    def archived(self, device: str, start_us: int, end_us: int) -> Sequence[int]:
        return [day for _, day in self.archive.site_days(device, start_us, end_us)]

    async def watch(self) -> set[int]:
        """The days that get rows from now on, added as they are; until `unwatch`."""
        async with self.writing:
            self._changed = set()
        return self._changed

    def unwatch(self) -> None:
        self._changed = None

    async def checkpoint(self) -> Cursor | None:
        return await self.store.checkpoint()

    async def write(self, rows: RawRows) -> None:
        async with self.writing:
            if self._changed is not None:
                self._changed.update((np.unique(rows.times // DAY_US) * DAY_US).tolist())
            await self.store.write(rows)

    async def keep(
        self,
        windows: Sequence[KeptWindows],
        watermarks: Mapping[str, Watermark],
        checkpoint: Cursor,
        anomalies: Sequence[Anomaly] = (),
    ) -> None:
        self.archive.require_log(checkpoint.log_id)
        await self.store.keep(windows, watermarks, checkpoint, anomalies)

    async def readings(self, query: RangeQuery) -> list[HistoryRow]:
        start_us, end_us = _bounds(query)
        self._require(query, start_us, end_us)
        losses = self.archive.losses
        rows = await self.store.readings(query)
        self._require_since(losses)
        # Asked after the store: what leaves it meanwhile is in the archive by then.
        days = self.archive.site_days(query.device, start_us, end_us)
        if not days:
            return rows
        if len(rows) == query.limit:
            first, last = (rows[0].timestamp_us - DAY_US, EVER[1]) if query.backwards else (EVER[0], rows[-1].timestamp_us)
            days = [(site, day) for site, day in days if first < day <= last]
        return _merged(rows, await self._archived(query, days), query)

    def _require(self, query: RangeQuery, start_us: int, end_us: int) -> None:
        """Who names no beginning asks for all that is kept, from the first of it on."""
        if query.start is None and query.after is None:
            start_us = max(start_us, self.kept_from(query.device))
        self.archive.require(query.device, start_us, end_us)

    def _require_since(self, losses: int) -> None:
        """RowsLostError where a day was lost since then: which days are left was another question before."""
        if self.archive.losses != losses:
            raise RowsLostError("a file of the archive was found to be lost meanwhile; ask again")

    async def _archived(self, query: RangeQuery, days: Sequence[SiteDay]) -> list[HistoryRow]:
        """The rows of the archive, from more days at once the fewer rows they hold."""
        rows: list[HistoryRow] = []
        days = sorted(days, key=_by_day, reverse=query.backwards)
        first, many = 0, 1
        while first < len(days) and len(rows) < query.limit:
            rows = _merged(rows, await self.archive.page(query, days[first : first + many]), query)
            first, many = first + many, min(2 * many, _MOST_DAYS_AT_ONCE)
        return rows

    async def columns(self, ranges: Sequence[SeriesRange]) -> Columns:
        losses = self.archive.losses
        columns = await self.store.columns(ranges)
        self._require_since(losses)
        wanted: list[Numbered] = []
        days: set[SiteDay] = set()
        for number, each in enumerate(ranges):  # after the store, as above
            if found := self.archive.site_days(each.series.device, each.start_us, each.end_us):
                wanted.append((number, each))
                days.update(found)
        if not wanted:
            return columns
        archived = await self.archive.columns(wanted, sorted(days, key=_by_day))
        series, times, values, quality, ids = archived
        return arranged(
            len(ranges),
            np.concatenate([series, columns.series]),
            times=np.concatenate([times, columns.times]),
            values=np.concatenate([values, columns.values]),
            quality=np.concatenate([quality, columns.quality]),
            ids=np.concatenate([ids, columns.ids]),
        )

    async def windows(self, span: Span, ranges: Sequence[SeriesRange]) -> KeptWindows:
        return await self.store.windows(span, ranges)

    async def forget(self, span: Span, devices: Sequence[str]) -> None:
        await self.store.forget(span, devices)

    async def series(self, devices: Sequence[str] | None = None) -> Mapping[SeriesKey, int]:
        return await self.store.series(devices)

    async def anomalies(self, query: AnomalyQuery) -> list[Anomaly]:
        return await self.store.anomalies(query)

    async def anomalies_in(self, ranges: Sequence[SeriesRange]) -> list[Anomaly]:
        return await self.store.anomalies_in(ranges)

    async def anomaly_changes(self, query: AnomalyChanges) -> list[Anomaly]:
        return await self.store.anomaly_changes(query)

    async def watermarks(self, devices: Sequence[str] | None = None) -> Mapping[str, Watermark]:
        return await self.store.watermarks(devices)

    async def content_hashes(self) -> Mapping[str, str]:
        return hashes(await self.digests(lambda: None))

    async def digests(self, taken: Callable[[], None]) -> Mapping[str, DayDigests]:
        """Of windows and what is judged by them those that are kept: what is there below the floor stands for nothing.

        Where the archive has anything, which cannot look back, `taken` is called at the end.
        """
        async with self.moving:
            days = self._let_go()
            found = dict(await self.store.digests((lambda: None) if days else taken))
            parts = [await self._beyond_the_store(day) for day in days]
        found[RAW] = summed([found[RAW], *parts])
        if days:
            taken()
        first = {span.value: self.windows_from(span) for span in Span} | {ANOMALIES: judged_from(self)}
        return found | {part: found[part].from_day(start_us // DAY_US) for part, start_us in first.items()}

    def _let_go(self) -> list[int]:
        """The days of which the archive may have what the store has not."""
        holdings = self.archive.holdings
        return [day for day in holdings.days() if day in holdings.dropped]

    async def count(self) -> int:
        there = await self.store.count()
        days = self._let_go()
        stored = set(await self.store.days(days[-1] + DAY_US)) if days else set()
        for day in days:
            kept = [files.values() for (_, one), files in self.archive.holdings.files.items() if one == day]
            alone = day not in stored and all(len(files) == 1 for files in kept)
            there += (
                sum(one.rows for files in kept for one in files) if alone else (await self._beyond_the_store(day)).total().rows
            )
        return there

    async def rewind(self, position: Position) -> None:
        await self.store.rewind(position)

    async def reset(self) -> None:
        """Of the store alone: what the archive has is the same readings, and stays."""
        await self.store.reset()
        await self.archive.refilled()

    async def close(self) -> None:
        await self.archive.close()
        await self.store.close()

    async def _beyond_the_store(self, day: int) -> DayDigests:
        """The digests of those raw rows of a day that the archive alone has."""
        with Staging(self.archive.engine, self.archive.root) as staging:
            await self.store.visit(day, day + DAY_US, staging.take)
            await self._take_files(staging, [(site, one) for site, one in self.archive.holdings.files if one == day])
            both = await staging.at_work(lambda: staging.raw(of_store=False))
            stored = await staging.at_work(lambda: staging.raw(of_store=True))
            return both.less(stored)

    async def _take_files(self, staging: Staging, days: Sequence[SiteDay]) -> None:
        """Of days that are lost nothing."""
        while files := await asyncio.to_thread(self.archive.files, days):
            try:
                await staging.at_work(partial(staging.take_files, files))
            except DamagedFileError as error:
                self.archive.lose(error.file, days)
            else:
                return


def _bounds(query: RangeQuery) -> tuple[int, int]:
    start_us = EVER[0] if query.start is None else to_micros(query.start)
    if query.after is not None:
        start_us = max(start_us, query.after[0])
    end_us = EVER[1] if query.end is None else to_micros(query.end)
    if query.before is not None:
        end_us = min(end_us, query.before[0] + 1)
    return start_us, end_us


def _merged(some: Sequence[HistoryRow], others: Sequence[HistoryRow], query: RangeQuery) -> list[HistoryRow]:
    """In order, each once: of a row that is there twice the one that was recorded first."""
    rows = sorted([*some, *others], key=lambda row: (*key_of(row), row.position))
    kept: list[HistoryRow] = []
    for row in rows:
        if not kept or key_of(kept[-1]) != key_of(row):
            kept.append(row)
    return kept[-query.limit :] if query.backwards else kept[: query.limit]


def _by_day(place: SiteDay) -> int:
    return place[1]
