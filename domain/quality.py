"""Verdicts on readings from their neighbours in event time, for many series at once. A late neighbour can change one.

A reading outside of its metric's range, and one that both neighbours contradict, is **bad**: no working sensor showed the
truth there, and aggregates leave it out. A change that is too fast and a value that stands still too long are **suspected**:
a house can do that (a vent opens, fog sits on the probe), so they count, and are shown.

A spike stands out on one side from the reading before and the one after by more than the rule allows, and by more than three
times what these and the ones next to them differ among themselves: so a probe in turbulent air, which jumps every time, is
left alone. What is out of range is nobody's neighbour, and a spike is none for the rate, or it would poison the reading
after it.
"""

from collections.abc import Mapping
from enum import IntEnum
from typing import Final, TypeVar

import msgspec
import numpy as np

from domain.columns import Bools, Float64, Int8, Int64, owners
from domain.quality_rules import Rules
from schema.events import Quality
from schema.times import MINUTE_US

Column = TypeVar("Column", Bools, Float64)

_STANDS_OUT: Final = 3.0
ROWS_BEFORE: Final = 3
ROWS_AFTER: Final = 2
"""How many readings in range before and after it a verdict looks at, within the gap; and the other way round, how far after and
before a new reading verdicts can change. A flat line aside: that is what `Runs` are for.
"""


class Reason(IntEnum):
    """Why a reading is doubted; NONE where it is not. Kept as int8: the numbers stay."""

    NONE = 0
    BELOW_RANGE = 1
    ABOVE_RANGE = 2
    SPIKE = 3
    RATE = 4
    FLAT_LINE = 5


QUALITY_OF: Final[Mapping[Reason, Quality]] = {
    Reason.NONE: Quality.GOOD,
    Reason.BELOW_RANGE: Quality.BAD,
    Reason.ABOVE_RANGE: Quality.BAD,
    Reason.SPIKE: Quality.BAD,
    Reason.RATE: Quality.SUSPECTED,
    Reason.FLAT_LINE: Quality.SUSPECTED,
}


class Runs(msgspec.Struct, frozen=True, eq=False):
    """For each series the run of equal values that it ends with: since when, until when, how many (0 of none), of what."""

    start: Int64
    last: Int64
    count: Int64
    value: Float64


def is_bad(verdicts: Int8) -> Bools:
    """Which readings aggregates leave out."""
    return (verdicts >= Reason.BELOW_RANGE) & (verdicts <= Reason.SPIKE)


def verdicts(times: Int64, values: Float64, starts: Int64, rules: Rules, carried: Runs | None = None) -> Int8:
    """The Reason of each row. Series s is rows starts[s]:starts[s + 1], by (time, event id), each event once.

    A row is judged by the rows given, so give ROWS_BEFORE and ROWS_AFTER around those that are wanted. `carried` are the runs
    that the rows before the first had, so that a flat line is known without reading it all.
    """
    owner = owners(starts)
    found = np.zeros(len(times), dtype=np.int8)
    found[_flat(times, values, owner, rules, carried)] = Reason.FLAT_LINE
    found[values < rules.low[owner]] = Reason.BELOW_RANGE
    found[values > rules.high[owner]] = Reason.ABOVE_RANGE
    ranged = np.flatnonzero(~is_bad(found))
    spikes, fast = _against_neighbours(times[ranged], values[ranged], owner[ranged], rules)
    found[ranged[fast]] = Reason.RATE
    found[ranged[spikes]] = Reason.SPIKE
    return found


def runs_at_end(times: Int64, values: Float64, starts: Int64, rules: Rules, carried: Runs | None = None) -> Runs:
    """The runs that series end with, to be carried to the rows that follow. A series without rows keeps what it had."""
    series = np.flatnonzero(np.diff(starts))
    ends = starts[1:][series] - 1
    begin, count = _runs(times, values, owners(starts), rules, carried)
    old = carried or _no_runs(len(starts) - 1)
    runs = Runs(old.start.copy(), old.last.copy(), old.count.copy(), old.value.copy())
    runs.start[series], runs.count[series] = begin[ends], count[ends]
    runs.last[series], runs.value[series] = times[ends], values[ends]
    return runs


def affected(times: Int64, values: Float64, starts: Int64, rules: Rules, new: Bools) -> Bools:
    """Which rows may have another verdict since the `new` ones came, or changed their value; all others keep theirs.

    These are the new rows, some around them, and the rest of a run of equal values after them.
    """
    owner = owners(starts)
    touched = new | _rest_of_runs(times, values, owner, rules, new)
    ranged = np.flatnonzero(new | ((values >= rules.low[owner]) & (values <= rules.high[owner])))
    places = np.flatnonzero(new[ranged])
    for shift in range(-ROWS_AFTER, ROWS_BEFORE + 1):
        near = np.clip(places + shift, 0, max(len(ranged) - 1, 0))
        touched[ranged[near[owner[ranged[near]] == owner[ranged[places]]]]] = True
    return touched


def _against_neighbours(times: Int64, values: Float64, owner: Int64, rules: Rules) -> tuple[Bools, Bools]:
    """Which rows are spikes, and which changed too fast."""
    linked = _linked(times, owner, rules)
    steps = np.where(linked, np.diff(values, prepend=values[:1]), 0.0)
    to_next, next_linked = _next(steps), _next(linked)
    out = np.where(linked & next_linked & (steps * to_next < 0.0), np.minimum(np.abs(steps), np.abs(to_next)), 0.0)
    rough = np.maximum(np.abs(steps + to_next), np.maximum(np.abs(_previous(steps)), np.abs(_next(to_next))))
    spikes = (out > rules.spike[owner]) & (out > _STANDS_OUT * rough)
    minutes = np.diff(times, prepend=times[:1]) / MINUTE_US
    with np.errstate(invalid="ignore"):  # where no rate is set, infinity times no time at all
        allowed = rules.jump[owner] + rules.rate[owner] * minutes
    return spikes, linked & (np.abs(steps) > allowed) & ~spikes & ~_previous(spikes)


def _linked(times: Int64, owner: Int64, rules: Rules) -> Bools:
    """Which rows have the one before them as a neighbour: of the same series, and not too long ago."""
    linked: Bools = np.diff(owner, prepend=-1) == 0
    linked &= np.diff(times, prepend=times[:1]) <= rules.gap[owner]
    return linked


def _flat(times: Int64, values: Float64, owner: Int64, rules: Rules, carried: Runs | None) -> Bools:
    begin, count = _runs(times, values, owner, rules, carried)
    long: Bools = (times - begin >= rules.flat_span[owner]) & (count >= rules.flat_readings[owner])
    long &= (values > rules.flat_above[owner]) & (values < rules.flat_below[owner])
    return long


def _runs(times: Int64, values: Float64, owner: Int64, rules: Rules, carried: Runs | None) -> tuple[Int64, Int64]:
    """For each row, since when and for how many readings its value has been what it is."""
    firsts, run = _run_ids(times, values, owner, rules)
    begin = times[firsts]
    before = np.zeros(len(firsts), dtype=np.int64)
    if carried is not None:
        series = owner[firsts]
        opens = np.diff(series, prepend=-1) != 0
        goes_on = opens & (carried.count[series] > 0) & (carried.value[series] == values[firsts])
        goes_on &= begin - carried.last[series] <= rules.gap[series]
        begin = np.where(goes_on, carried.start[series], begin)
        before = np.where(goes_on, carried.count[series], 0)
    return begin[run], np.arange(len(times)) - firsts[run] + 1 + before[run]


def _run_ids(times: Int64, values: Float64, owner: Int64, rules: Rules) -> tuple[Int64, Int64]:
    """The first row of each run of equal values, and for each row which run it is in."""
    begins = ~_linked(times, owner, rules) | (np.diff(values, prepend=values[:1]) != 0.0)
    return np.flatnonzero(begins), np.cumsum(begins) - 1


def _rest_of_runs(times: Int64, values: Float64, owner: Int64, rules: Rules, new: Bools) -> Bools:
    """The run of the row after a new one, from there on; of series that are judged by flat lines."""
    _, run = _run_ids(times, values, owner, rules)
    since = np.full(len(times) + 1, len(times), dtype=np.int64)
    rows = np.flatnonzero(new)
    after = rows[rows + 1 < len(times)] + 1
    after = after[owner[after] == owner[after - 1]]
    np.minimum.at(since, run[after], after)
    return (np.arange(len(times)) >= since[run]) & (rules.flat_span[owner] < np.iinfo(np.int64).max)


def _no_runs(series: int) -> Runs:
    none = np.zeros(series, dtype=np.int64)
    return Runs(none, none, none, np.zeros(series))


def _next(column: Column) -> Column:
    """For each row that of the row after it; nothing after the last."""
    return np.append(column[1:], np.zeros(min(len(column), 1), dtype=column.dtype))


def _previous(column: Column) -> Column:
    return np.append(np.zeros(min(len(column), 1), dtype=column.dtype), column[:-1])
