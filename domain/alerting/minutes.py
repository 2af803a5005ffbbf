"""The minutes of a series, or its hours, that are still at hand: their sums, which late readings still find.

Conditions about hours look back for weeks. Of hours that nothing changes any more the means are kept, as numbers end to end:
a whole house of them has to fit into memory.
"""

from typing import Final

import msgspec
import numpy as np

from domain.alerting.signals import MILLIONTHS
from domain.columns import Float64, Int64
from schema.times import DAY_US, MINUTE_US, NEVER_US

REVIEWED_US: Final = 60 * MINUTE_US
"""For so long a minute can change what was said of it, besides as long as conditions look back."""
REVIEWED_HOURS_US: Final = DAY_US
"""For so long an hour can change."""


class Settled(msgspec.Struct, frozen=True):
    """Ends and means of grains that nothing changes any more; all of them, and those that were forgotten, end by `until_us`."""

    until_us: int = NEVER_US
    ends: bytes = b""
    means: bytes = b""

    def columns(self) -> tuple[Int64, Float64]:
        return np.frombuffer(self.ends, np.int64), np.frombuffer(self.means, np.float64)

    def more(self, until_us: int, ends: Int64, means: Float64, since_us: int) -> "Settled":
        """With these, and without those that end by `since_us`."""
        known_ends, known_means = self.columns()
        all_ends, all_means = np.concatenate([known_ends, ends]), np.concatenate([known_means, means])
        kept = all_ends > since_us
        return Settled(until_us, all_ends[kept].tobytes(), all_means[kept].tobytes())


class Minutes(msgspec.Struct):
    """{start of the minute: [sum in millionths, count]}, in the order of time; of hours, where these are the grains."""

    sums: dict[int, list[int]] = {}
    grain_us: int = MINUTE_US
    settled: Settled = Settled()

    def add(self, time_us: int, value: float) -> None:
        """One more reading."""
        start = time_us - time_us % self.grain_us
        if start < self.settled.until_us:
            return
        known = self.sums.get(start)
        if known is None:
            is_last = not self.sums or start > next(reversed(self.sums))
            known = self.sums[start] = [0, 0]
            if not is_last:
                self.sums = dict(sorted(self.sums.items()))
        known[0] += round(value * MILLIONTHS)
        known[1] += 1

    def replace(self, others: "Minutes", since_us: int) -> None:
        """From then on (the start of a grain) these, in the place of what was there."""
        since_us = max(since_us, self.settled.until_us)
        kept = {start: sums for start, sums in self.sums.items() if start < since_us}
        self.sums = kept | {start: sums for start, sums in others.sums.items() if start >= since_us}

    def forget(self, before_us: int) -> None:
        """Let go of those that end by then."""
        while self.sums and next(iter(self.sums)) + self.grain_us <= before_us:
            del self.sums[next(iter(self.sums))]

    def last_over(self, now_us: int) -> int:
        """The end of the last that is over by then; earlier than all time where none is."""
        ends = (start + self.grain_us for start in reversed(self.sums))
        return next((end for end in ends if end <= now_us), NEVER_US)

    def settle(self, until_us: int, since_us: int) -> None:
        """Nothing changes those any more that end by `until_us`; and those that end by `since_us` are of no use."""
        self.settled = self.settled.more(until_us, *self._over(until_us), since_us)
        self.forget(until_us)

    def over(self, now_us: int, since_us: int = NEVER_US) -> tuple[Int64, Float64]:
        """Ends and means of those that are over by then, and end at `since_us` or later."""
        ends, means = self._over(now_us, since_us)
        if not self.settled.ends:
            return ends, means
        settled_ends, settled_means = self.settled.columns()
        first = int(np.searchsorted(settled_ends, since_us))
        return np.concatenate([settled_ends[first:], ends]), np.concatenate([settled_means[first:], means])

    def _over(self, now_us: int, since_us: int = NEVER_US) -> tuple[Int64, Float64]:
        over: list[tuple[int, list[int]]] = []
        for start, sums in reversed(self.sums.items()):
            end = start + self.grain_us
            if end < since_us:
                break
            if end <= now_us:
                over.append((end, sums))
        over.reverse()
        ends = np.fromiter((end for end, _ in over), np.int64, len(over))
        means = np.fromiter((total / (MILLIONTHS * count) for _, (total, count) in over), np.float64, len(over))
        return ends, means
