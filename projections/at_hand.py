"""What is at hand of sensors that are read in order: their last few readings, so that the next ones need no look back.

These are whole minutes, as many as a new reading can change, and before them what the rules look at: three readings, and the
run of equal values that was there before.
"""

from collections.abc import Mapping
from typing import Final

import msgspec
import numpy as np

from domain.columns import Bools, Float64, Int8, Int64, starts_of
from domain.quality import Reason, Runs, runs_at_end
from domain.quality_rules import RuleBook, rules_of
from domain.rows import Columns, Ids
from projections.judged import Judged
from projections.stretches import Sensor, minute
from schema.times import EARLIEST_US, MINUTE_US

_SLACK_US: Final = 5 * MINUTE_US
"""How far out of order readings may come without a look back."""
_NEIGHBOURS: Final = 3
_AGAIN: Final = 2
"""How many readings before a new one it can change."""


class Tail(msgspec.Struct, frozen=True):
    """The last rows of a series, raw; before them it had the run (start, last, count, value) of equal values."""

    times: Int64
    values: Float64
    quality: Int8
    ids: Ids
    run: tuple[int, int, int, float]


NO_TAIL: Final = Tail(np.zeros(0, np.int64), np.zeros(0), np.zeros(0, np.int8), np.zeros((0, 2), np.uint64), (0, 0, 0, 0.0))


class AtHand(msgspec.Struct, frozen=True):
    """Of a sensor all rows from `since_us` on, by metric. What comes after `open_us` changes nothing before `since_us`."""

    since_us: int
    open_us: int
    tails: Mapping[str, Tail]

    @property
    def size(self) -> int:
        return sum(len(tail.times) for tail in self.tails.values())


UNHEARD: Final = AtHand(EARLIEST_US, EARLIEST_US, {})
"""Of a sensor that never said anything."""


def kept_of(judged: Judged, book: RuleBook) -> dict[Sensor, AtHand]:
    """What is to be at hand of the stretches that go on to the last reading of their sensor."""
    in_range = (judged.reasons != Reason.BELOW_RANGE) & (judged.reasons != Reason.ABOVE_RANGE) & ~judged.excluded
    found: dict[Sensor, AtHand] = {}
    cuts = judged.raw.starts[:-1].copy()
    plans: list[tuple[Sensor, int, int, list[int]]] = []
    for group in np.flatnonzero(judged.newest).tolist():
        series = np.flatnonzero(judged.groups == group).tolist()
        lines = [_line(judged, in_range, number, book) for number in series]
        newest = max(int(line.times[-1]) for line in lines if len(line.times))
        # never before the stretch: of what lies there not all rows are at hand
        since = max(min(line.since_us(newest) for line in lines), judged.stretches[group].start_us)
        for number, line in zip(series, lines, strict=True):
            cuts[number] = line.first_kept(since)
        key = judged.keys[series[0]]
        plans.append(((key.device, key.sensor), since, max(line.open_us(since) for line in lines), series))
    runs = _runs_before(judged, cuts, book)
    for sensor, since, opened, series in plans:
        tails = {judged.keys[number].metric: _tail(judged.raw, cuts, runs, number) for number in series}
        found[sensor] = AtHand(since, opened, tails)
    return found


class _Line(msgspec.Struct, frozen=True):
    """The rows of one series from row `begin` on, and which of them are in range."""

    begin: int
    times: Int64
    ranged: Int64
    gap_us: int

    def since_us(self, newest: int) -> int:
        """The latest start that leaves all whole that a reading around `newest`, the sensor's last, can change."""
        recent = newest - _SLACK_US
        if not len(self.times) or self.times[-1] < recent - self.gap_us:
            return minute(recent)
        if len(self.ranged) > _NEIGHBOURS:
            return minute(min(recent, max(int(self.ranged[-_NEIGHBOURS - 1]), recent - _NEIGHBOURS * self.gap_us)))
        return minute(recent - _NEIGHBOURS * self.gap_us)

    def open_us(self, since_us: int) -> int:
        """After which time a new reading changes none before `since_us`."""
        there = self.ranged[self.ranged >= since_us]
        if len(there) >= _AGAIN:
            return int(there[_AGAIN - 1])
        if len(there):
            return max(int(there[-1]), since_us + _AGAIN * self.gap_us)
        before = self.ranged[self.ranged < since_us]
        return max(since_us, int(before[-1]) + self.gap_us if len(before) else since_us)

    def first_kept(self, since_us: int) -> int:
        """The row from which on all are kept: those since then, and three readings before that are near enough."""
        before = self.ranged[(self.ranged < since_us) & (self.ranged >= since_us - _NEIGHBOURS * self.gap_us)]
        first = int(before[-_NEIGHBOURS:][0]) if len(before) else since_us
        return self.begin + int(np.searchsorted(self.times, first))


def _line(judged: Judged, in_range: Bools, number: int, book: RuleBook) -> _Line:
    begin, end = judged.raw.starts[number : number + 2].tolist()
    times = judged.raw.times[begin:end]
    gap = round(book.of(judged.keys[number].metric).gap_minutes * MINUTE_US)
    return _Line(begin, times, times[in_range[begin:end]], gap)


def _runs_before(judged: Judged, cuts: Int64, book: RuleBook) -> Runs:
    """The run that each series has before the row at which it is cut."""
    rows = np.arange(len(judged.raw.times))
    owner = judged.raw.series
    cut = (rows < cuts[owner]) & ~judged.excluded
    starts = starts_of(owner[cut], len(cuts))
    rules = rules_of([book.of(key.metric) for key in judged.keys])
    return runs_at_end(judged.raw.times[cut], judged.values[cut], starts, rules, judged.carried)


def _tail(raw: Columns, cuts: Int64, runs: Runs, number: int) -> Tail:
    rows = slice(int(cuts[number]), int(raw.starts[number + 1]))
    run = int(runs.start[number]), int(runs.last[number]), int(runs.count[number]), float(runs.value[number])
    return Tail(raw.times[rows].copy(), raw.values[rows].copy(), raw.quality[rows].copy(), raw.ids[rows].copy(), run)
