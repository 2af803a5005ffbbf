"""The minutes of a series that are still at hand: their sums, which late readings still find."""

from typing import Final

import msgspec
import numpy as np

from domain.alerting.signals import MILLIONTHS
from domain.columns import Float64, Int64
from schema.times import MINUTE_US

REVIEWED_US: Final = 60 * MINUTE_US
"""For so long a minute can change what was said of it, besides as long as conditions look back."""


class Minutes(msgspec.Struct):
    """{start of the minute: [sum in millionths, count]}, in the order of time."""

    sums: dict[int, list[int]] = {}

    def add(self, time_us: int, value: float) -> None:
        """One more reading."""
        start = time_us - time_us % MINUTE_US
        known = self.sums.get(start)
        if known is None:
            is_last = not self.sums or start > next(reversed(self.sums))
            known = self.sums[start] = [0, 0]
            if not is_last:
                self.sums = dict(sorted(self.sums.items()))
        known[0] += round(value * MILLIONTHS)
        known[1] += 1

    def replace(self, others: "Minutes", since_us: int) -> None:
        """From then on (the start of a minute) these, in the place of what was there."""
        kept = {start: sums for start, sums in self.sums.items() if start < since_us}
        self.sums = kept | {start: sums for start, sums in others.sums.items() if start >= since_us}

    def forget(self, before_us: int) -> None:
        """Let go of those that end by then."""
        while self.sums and next(iter(self.sums)) + MINUTE_US <= before_us:
            del self.sums[next(iter(self.sums))]

    def last_over(self, now_us: int) -> int:
        """The end of the last that is over by then; earlier than all time where none is."""
        ends = (start + MINUTE_US for start in reversed(self.sums))
        return next((end for end in ends if end <= now_us), -(2**63))

    def over(self, now_us: int, since_us: int = -(2**63)) -> tuple[Int64, Float64]:
        """Ends and means of those that are over by then, and end at `since_us` or later."""
        over: list[tuple[int, list[int]]] = []
        for start, sums in reversed(self.sums.items()):
            end = start + MINUTE_US
            if end < since_us:
                break
            if end <= now_us:
                over.append((end, sums))
        over.reverse()
        ends = np.fromiter((end for end, _ in over), np.int64, len(over))
        means = np.fromiter((total / (MILLIONTHS * count) for _, (total, count) in over), np.float64, len(over))
        return ends, means
