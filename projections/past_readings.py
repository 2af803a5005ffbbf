"""Raw readings of one device as they were known at a moment, in memory: a part of the log, asked as a history is."""

import asyncio
from collections.abc import Sequence

import numpy as np

from adapters.history.port import HistoryRow, RangeQuery, RowKey, SeriesRange, key_of
from adapters.history.raw_rows import history_rows
from domain.columns import Bools, Int64
from domain.raw_rows import RawRows
from domain.rows import Columns, arranged
from projections.decision_state import DecisionState
from schema.envelope import Position
from schema.times import EARLIEST_US, LATEST_US, to_micros


class PastReadings:
    """Implements `RawSource`. `decisions` are those of then; the last event that was known is at `position`."""

    def __init__(self, rows: RawRows, decisions: DecisionState, position: Position | None) -> None:
        self._rows = rows
        self.decisions = decisions
        self.position = position

    async def readings(self, query: RangeQuery) -> list[HistoryRow]:
        """As a history's own."""
        return await asyncio.to_thread(self._readings, query)

    async def columns(self, ranges: Sequence[SeriesRange]) -> Columns:
        """As a history's own."""
        rows, numbers = self._rows, {key: number for number, key in enumerate(self._rows.keys)}
        found = [np.zeros(0, np.int64)]
        for each in ranges:
            number = numbers.get((each.series.device, each.series.sensor, each.series.metric), -1)
            found.append(np.flatnonzero((rows.series == number) & _between(rows.times, each.start_us, each.end_us)))
        chosen = np.concatenate(found)
        series = np.repeat(np.arange(len(ranges)), [len(each) for each in found[1:]])
        return arranged(
            len(ranges),
            series,
            times=rows.times[chosen],
            values=rows.values[chosen],
            quality=rows.quality[chosen],
            ids=rows.ids[chosen],
        )

    def _readings(self, query: RangeQuery) -> list[HistoryRow]:
        found = self._once(np.flatnonzero(self._wanted(query)))
        if query.backwards:
            ties = 0 if query.before is None else int((self._rows.times[found] == query.before[0]).sum())
            found = found[-query.limit - ties :]
        else:
            ties = 0 if query.after is None else int((self._rows.times[found] == query.after[0]).sum())
            found = found[: query.limit + ties]
        rows = [row for row in history_rows(self._rows.only(found)) if _is_between(key_of(row), query)]
        return rows[-query.limit :] if query.backwards else rows[: query.limit]

    def _wanted(self, query: RangeQuery) -> Bools:
        """Which rows are asked for, or of the same time as the keys that they lie between."""
        rows, start, end = self._rows, query.start, query.end
        names = [query.sensor in {None, sensor} and query.metric in {None, metric} for _, sensor, metric in rows.keys]
        first = max(EARLIEST_US if start is None else to_micros(start), EARLIEST_US if query.after is None else query.after[0])
        last = min(LATEST_US if end is None else to_micros(end), LATEST_US if query.before is None else query.before[0] + 1)
        upto = LATEST_US if query.upto is None else query.upto
        wanted: Bools = np.array([*names, False])[rows.series] & _between(rows.times, first, last) & (rows.positions <= upto)
        return wanted

    def _once(self, found: Int64) -> Int64:
        """Rows in order, of each value that the log holds twice the first."""
        rows, metrics = self._rows, sorted({metric for _, _, metric in self._rows.keys})
        rank = np.array([*(metrics.index(metric) for _, _, metric in rows.keys), -1], np.int64)[rows.series]
        columns = (rows.times, rows.ids[:, 0], rows.ids[:, 1], rank)
        order = found[np.lexsort((rows.positions[found], *(column[found] for column in reversed(columns))))]
        again = np.logical_and.reduce([column[order][1:] == column[order][:-1] for column in columns])
        return order[np.concatenate(([True], ~again))[: len(order)]]


def _between(times: Int64, start_us: int, end_us: int) -> Bools:
    within: Bools = (times >= start_us) & (times < end_us)
    return within


def _is_between(key: RowKey, query: RangeQuery) -> bool:
    return (query.after is None or key > query.after) and (query.before is None or key < query.before)
