"""Conflation: of each series at most one reading in so long, the newest. The others are counted, and nothing waits for ever.

What is kept goes out in the order of the log, so that behind the cursor of each message lies all that is still to come.
"""

import asyncio
from collections.abc import Callable, Iterator
from typing import Final

from api.cursors import ResumePoint, SeriesName
from api.types.messages import ReadingReceived, Recorded

_MOST_SERIES: Final = 10_000
"""How many series are kept at once. Beyond that what follows waits in the log until these are sent."""


class Conflation:
    """The readings that are to be sent to one subscriber. All of one rhythm send at the same moments, so that they share."""

    def __init__(self, every_seconds: float, *, most: int = _MOST_SERIES, clock: Callable[[], float] | None = None) -> None:
        self._every = every_seconds
        self._most = most
        self._clock = clock or asyncio.get_running_loop().time
        self._sent_in = self._turn()
        self._turns = 1
        self._kept: dict[SeriesName, tuple[ResumePoint, Recorded, int]] = {}

    @property
    def keeps(self) -> bool:
        """Whether there is anything to send."""
        return bool(self._kept)

    def has_room(self, value: Recorded) -> bool:
        return value.series in self._kept or len(self._kept) < self._most

    def take(self, point: ResumePoint, value: Recorded) -> None:
        """Keep a value if it is the newest of its series; else count it."""
        series = value.series
        known = self._kept.get(series)
        if known is None:
            self._kept[series] = point, value, 0
        elif value.age > known[1].age:
            del self._kept[series]
            self._kept[series] = point, value, known[2] + 1
        else:
            self._kept[series] = known[0], known[1], known[2] + 1

    def read(self, *, caught_up: bool) -> None:
        """All that is there was taken; or more follows, which has one more turn to come in."""
        self._turns = 1 if caught_up else 2

    @property
    def is_due(self) -> bool:
        return self.keeps and self._turn() >= self._sent_in + self._turns

    def rest(self) -> float:
        """How many seconds are left until it is due."""
        return max(0.0, (self._sent_in + self._turns) * self._every - self._clock())

    def send(self) -> Iterator[ReadingReceived]:
        """What is kept, in the order of the log; it is not kept any more."""
        self._sent_in = self._turn()
        kept, self._kept = self._kept, {}
        return (ReadingReceived(point=point, told=value, conflated=count) for point, value, count in kept.values())

    def _turn(self) -> int:
        return int(self._clock() // self._every)
