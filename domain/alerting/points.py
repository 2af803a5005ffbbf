"""The readings of a series that are still at hand, in the order of event time: late ones find their place among them."""

from bisect import bisect_left, insort
from collections.abc import Sequence
from enum import Enum, auto
from math import isnan
from typing import Final, TypeAlias

import msgspec
import numpy as np

from domain.columns import Float64, Int64
from domain.corrections import Correction, correct
from domain.gates import range_verdict
from schema.times import NEVER_US

Point: TypeAlias = tuple[int, bytes, float]
"""Event time in microseconds, event id, and the value as the device sent it; NaN where it calls it bad itself."""
KEPT: Final = 256


class Arrival(Enum):
    """How a reading came."""

    IN_ORDER = auto()
    LATE = auto()
    AGAIN = auto()
    TOO_LATE = auto()
    """Earlier than all that is at hand of a series from which something was let go."""


class Points(msgspec.Struct):
    """At most `KEPT` readings. What was let go was no later than `floor_us`."""

    kept: list[Point] = []
    floor_us: int = NEVER_US

    def add(self, point: Point) -> Arrival:
        kept = self.kept
        if not kept or point > kept[-1]:
            kept.append(point)
            return Arrival.IN_ORDER
        place = bisect_left(kept, point[:2], key=lambda known: known[:2])
        if place < len(kept) and kept[place][:2] == point[:2]:
            return Arrival.AGAIN
        if point[0] <= self.floor_us:
            return Arrival.TOO_LATE
        insort(kept, point)
        return Arrival.LATE

    def let_go(self) -> Point | None:
        """The oldest, where there are more than may be kept."""
        if len(self.kept) <= KEPT:
            return None
        oldest = self.kept.pop(0)
        self.floor_us = oldest[0]
        return oldest

    def columns(self, corrections: Sequence[Correction]) -> tuple[Int64, Float64]:
        """Times and values as they stand corrected; what is excluded is left out."""
        standing = [
            (time, value) for time, _, sent in self.kept if (value := standing_value(sent, time, corrections)) is not None
        ]
        times = np.fromiter((time for time, _ in standing), np.int64, len(standing))
        return times, np.fromiter((value for _, value in standing), np.float64, len(standing))


def standing_value(sent: float, time_us: int, corrections: Sequence[Correction]) -> float | None:
    """The value after the corrections of its series; None where it is excluded, or nothing that can be."""
    if not corrections:
        return None if isnan(sent) else sent
    now = correct(sent, time_us, corrections)
    return None if now.excluded or range_verdict(corrections[0].metric, now.value) else now.value
