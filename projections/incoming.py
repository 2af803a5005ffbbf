"""What the raw history has taken in and the windows have not: handed from the one to the other, bounded, nothing lost."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from typing import Final

import msgspec

from domain.raw_rows import RawRows
from projections.feed_queries import FeedPage
from projections.pulse import Pulse
from schema.envelope import EVERYTHING, Filter, Position

_PAUSES_PER_COST: Final = 3.0


class Pace(msgspec.Struct, frozen=True):
    """When windows are made: at so many rows while catching up; when live so many seconds after they were made last.

    Live is whoever was caught up at any moment since: where readings come in all the time, the next ones are there already.
    Where making them took long the pause is longer, so that it is a fourth of the time at most. `most` rows at hand stop
    the raw history until the windows have followed.
    """

    rows: int = 100_000
    most: int = 300_000
    pause_seconds: float = 1.0


class Corrected(msgspec.Struct, frozen=True):
    """People corrected a metric in [start, end), of one sensor of a device or (None) of all."""

    device: str
    sensor: str | None
    metric: str
    start_us: int
    end_us: int
    recorded_us: int
    position: Position


class Zoned(msgspec.Struct, frozen=True):
    """People defined a site, perhaps with another time zone."""

    site: str
    position: Position


Item = RawRows | Corrected | Zoned


class Incoming:
    """Rows and decisions in the order of the log, and up to where it was read. One task adds, one follows.

    `sites` says of each device that was heard where it speaks from.
    """

    def __init__(self, pace: Pace | None = None, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.at_work = asyncio.Lock()
        """Held while windows are made, and while what they are made of is thrown away."""
        self.generation = 0
        self.sites: dict[str, str | None] = {}
        self._pace = pace or Pace()
        self._clock = clock
        self._items: list[Item] = []
        self._rows = 0
        self._begun = False
        self._beginning: Position | None = None
        self._position: Position | None = None
        self._caught_up = self._live = False
        self._asked = False
        self._taken_at = self._ended_at = clock()
        self._pulse = Pulse()

    def begin(self, position: Position | None, *, anew: bool) -> None:
        """The raw history goes on after `position`; `anew` where what was there before is gone."""
        if anew:
            self.generation += 1
            self._items, self._rows = [], 0
            self._beginning = position
        self._position, self._caught_up, self._live, self._begun = position, False, False, True
        self._pulse.fire()

    async def begun(self) -> Position | None:
        """Up to where what is kept holds, of this generation, when it began."""
        while not self._begun:
            await self._pulse.wait()
        return self._beginning

    async def room(self) -> None:
        """Return once there is room for more rows."""
        while self._rows >= self._pace.most:
            await self._pulse.wait()

    def add(self, items: list[Item]) -> None:
        """Rows that are stored, and decisions among them."""
        self._items += items
        self._rows += sum(map(_size, items))
        self._pulse.fire()

    def reached(self, position: Position | None, *, caught_up: bool) -> None:
        """All up to `position` was added."""
        self._position, self._caught_up, self._live = position, caught_up, self._live or caught_up
        self._pulse.fire()

    def hurry(self) -> None:
        """Somebody waits for the windows."""
        self._asked = True
        self._pulse.fire()

    def take(self) -> tuple[list[Item], Position | None]:
        """All that is at hand, and up to where that is all."""
        items, self._items, self._rows = self._items, [], 0
        self._asked, self._live = False, self._caught_up
        self._taken_at = self._clock()
        return items, self._position

    def done(self) -> None:
        """What was taken is in the windows."""
        self._ended_at = self._clock()
        self._pulse.fire()

    def give_back(self, items: list[Item]) -> None:
        """What was taken could not be made into windows."""
        self._items = items + self._items
        self._rows += sum(map(_size, items))

    async def follow(self, after: Position | None, *, only: Filter = EVERYTHING) -> AsyncIterator[FeedPage]:
        """A page without events whenever it is time to make windows, for ever; the first one at once."""
        del only  # whatever the raw history reads
        told: tuple[Position | None, bool] | None = None
        while True:
            if told is None:
                await self.begun()
            elif not (self._caught_up and not self._items and told == (self._position, False)):
                await self._due(after)
            now = (self._position, self._caught_up)
            if now != told or self._items:
                told, after = now, self._position
                yield FeedPage((), self._position, caught_up=self._caught_up)
            else:
                await self._pulse.wait()

    async def _due(self, after: Position | None) -> None:
        while not self._is_due(after):
            with suppress(TimeoutError):
                async with asyncio.timeout(self._rest() if self._live else None):
                    await self._pulse.wait()

    def _is_due(self, after: Position | None) -> bool:
        if not self._begun or (self._position == after and not self._items and not self._caught_up):
            return False
        if self._live:
            return self._asked or self._rest() <= 0
        return self._rows >= self._pace.rows

    def _rest(self) -> float:
        """How many seconds are left of the pause."""
        cost = max(0.0, self._ended_at - self._taken_at)
        return self._ended_at + max(self._pace.pause_seconds, _PAUSES_PER_COST * cost) - self._clock()


def _size(item: Item) -> int:
    return len(item) if isinstance(item, RawRows) else 1
