"""Corrections of stretches of readings: which stand, and what they make of a value, or of columns of values.

They work in the order in which they were decided, each on what the one before left. A `restore` gives back what the device
sent. What the result is worth is for others to judge: a correction can heal a bad reading, or spoil a good one.
"""

from collections.abc import Mapping, Sequence
from math import isfinite
from typing import Final

import msgspec
import numpy as np

from domain.columns import Bools, Float64, Int64
from schema.events import Operation, ReadingCorrection
from schema.times import to_micros

EVER: Final = -(2**63)
"""A range without a beginning begins here, in microseconds since the epoch."""
FOR_EVER: Final = 2**63 - 1
UNTOUCHED: Final = -1


class Correction(msgspec.Struct, frozen=True, gc=False):
    """A correction as it stands: of this metric, of one sensor or (None) of all, of what was measured in [start, end)."""

    id: str
    sensor: str | None
    metric: str
    start_us: int
    end_us: int
    operation: Operation
    amount: float | None
    reason: str
    actor: str | None
    decided_us: int

    def concerns(self, sensor: str, metric: str) -> bool:
        return self.metric == metric and self.sensor in {None, sensor}

    def covers(self, other: "Correction") -> bool:
        """Whether this is about all that the other is about."""
        inside = self.start_us <= other.start_us and other.end_us <= self.end_us
        return inside and self.metric == other.metric and self.sensor in {None, other.sensor}

    def meets(self, other: "Correction") -> bool:
        """Whether there can be a reading that both are about."""
        overlap = self.start_us < other.end_us and other.start_us < self.end_us
        return overlap and self.metric == other.metric and (None in {self.sensor, other.sensor} or self.sensor == other.sensor)


class Correctness(msgspec.Struct, frozen=True, gc=False):
    """A value after its corrections.

    `replaced` says that it is not the device's any more, so that the device's own word of it means nothing; `last` is the
    correction that touched it last, None where none did.
    """

    value: float
    excluded: bool = False
    replaced: bool = False
    last: Correction | None = None


class Corrected(msgspec.Struct, frozen=True):
    """The same of columns. `last` is a place among the corrections of the row's series, or UNTOUCHED."""

    values: Float64
    excluded: Bools
    replaced: Bools
    last: Int64


def correction_of(event: ReadingCorrection, actor: str | None, decided_us: int) -> Correction:
    return Correction(
        event.correction_id,
        event.sensor_id,
        event.metric,
        EVER if event.start is None else to_micros(event.start),
        FOR_EVER if event.end is None else to_micros(event.end),
        event.operation,
        event.amount,
        event.reason,
        actor,
        decided_us,
    )


def standing(before: Sequence[Correction], new: Correction) -> tuple[Correction, ...]:
    """The corrections that make a difference once `new` is decided.

    What a `restore` undoes whole is gone; and so is the `restore`, unless it also undoes a part of another.
    """
    if new.operation is not Operation.RESTORE:
        return (*before, new)
    kept = tuple(one for one in before if not new.covers(one))
    return (*kept, new) if any(new.meets(one) for one in kept) else kept


def of_series(corrections: Sequence[Correction], sensor: str, metric: str) -> tuple[Correction, ...]:
    """Those that concern one series of their device."""
    return tuple(one for one in corrections if one.concerns(sensor, metric))


def correct(value: float, time_us: int, corrections: Sequence[Correction]) -> Correctness:
    """One value after the corrections of its series. One that is no finite number any more is excluded."""
    now = Correctness(value)
    for one in corrections:
        if one.start_us <= time_us < one.end_us:
            now = _step(one, now, value)
    return now if isfinite(now.value) else msgspec.structs.replace(now, excluded=True)


def _step(one: Correction, now: Correctness, original: float) -> Correctness:
    amount = one.amount or 0.0
    match one.operation:
        case Operation.SCALE:
            return Correctness(now.value * amount, now.excluded, now.replaced, one)
        case Operation.OFFSET:
            return Correctness(now.value + amount, now.excluded, now.replaced, one)
        case Operation.REPLACE:
            return Correctness(amount, replaced=True, last=one)
        case Operation.EXCLUDE:
            return Correctness(now.value, excluded=True, replaced=now.replaced, last=one)
        case Operation.RESTORE:
            return Correctness(original)


def corrected(times: Int64, values: Float64, starts: Int64, by_series: Mapping[int, Sequence[Correction]]) -> Corrected:
    """Columns after their corrections: series `s` is rows `starts[s]:starts[s + 1]`, in order of time.

    `by_series` holds the corrections of those series that have any: the cost is theirs alone.
    """
    count = len(values)
    now = Corrected(values.copy(), np.zeros(count, np.bool_), np.zeros(count, np.bool_), np.full(count, UNTOUCHED))
    with np.errstate(over="ignore"):
        for series, corrections in by_series.items():
            begin, end = int(starts[series]), int(starts[series + 1])
            for place, one in enumerate(corrections):
                first, last = np.searchsorted(times[begin:end], np.array([one.start_us, one.end_us])) + begin
                _step_columns(one, place, now, values, slice(first, last))
    np.logical_or(now.excluded, ~np.isfinite(now.values), out=now.excluded)
    return now


def _step_columns(one: Correction, place: int, now: Corrected, original: Float64, rows: slice) -> None:
    amount = one.amount or 0.0
    now.last[rows] = place
    match one.operation:
        case Operation.SCALE:
            now.values[rows] *= amount
        case Operation.OFFSET:
            now.values[rows] += amount
        case Operation.REPLACE:
            now.values[rows], now.excluded[rows], now.replaced[rows] = amount, False, True
        case Operation.EXCLUDE:
            now.excluded[rows] = True
        case Operation.RESTORE:
            now.values[rows], now.excluded[rows], now.replaced[rows] = original[rows], False, False
            now.last[rows] = UNTOUCHED
