"""Which point each reading gets, so that two readings never share one and a reading that is written again gets its own.

A reading that is newer than all of its series cannot meet another, so nothing is asked: that is the usual case. For the others
InfluxDB is asked who stands where they would. Who finds his point taken by another event goes to the next that is free.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from adapters.history.influx import questions
from adapters.history.influx.lines import MEASUREMENT, line, series_prefix
from adapters.history.influx.lookup import WIDTH, Standing, Taken, standing, standing_within
from adapters.history.influx.points import SLOTS, first_slot, point_ms
from adapters.history.influx.questions import Ask, Key
from adapters.history.port import HistoryError, HistoryRow

_NEVER: Final = float("-inf")


class _Series:
    """How the lines of a series begin, and the newest millisecond in which it may have a point."""

    __slots__ = ("newest", "prefix")

    def __init__(self, key: Key, newest: float) -> None:
        self.prefix = series_prefix(*key)
        self.newest = newest


class _Placed(NamedTuple):
    """A reading, and the point that it wants or has."""

    key: Key
    row: HistoryRow
    time_ns: int


class Places:
    """The points of one bucket, which nobody else fills meanwhile. It keeps a few words a series. For one thread at a time."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask
        self._series: dict[Key, _Series] | None = None

    def forget(self) -> None:
        """Others may have written, or the bucket was emptied."""
        self._series = None

    def lines(self, rows: Iterable[HistoryRow]) -> Iterator[str]:
        """A line for each reading that is not stored yet, no two with the same point. All must be sent before the next call."""
        series = self._known()
        new: list[_Placed] = []
        others: list[_Placed] = []
        for row in rows:
            key = (row.device, row.sensor, row.metric)
            known = series.get(key)
            if known is None:
                known = series[key] = _Series(key, _NEVER)
            ms = point_ms(row.timestamp_us)
            wanted = _Placed(key, row, ms * SLOTS + first_slot(row.event_id))
            if ms > known.newest:
                known.newest = ms
                new.append(wanted)
            else:
                others.append(wanted)
        placed = new if not others else self._among(new, others)
        return (line(series[key].prefix, row, time_ns) for key, row, time_ns in placed)

    def _known(self) -> dict[Key, _Series]:
        if self._series is None:
            [found] = self._ask(questions.last_of_each(MEASUREMENT, "position"))
            self._series = {
                key: _Series(key, each.values[0][0] // SLOTS) for each in found for key in (questions.key_of(each),)
            }
        return self._series

    def _among(self, new: list[_Placed], others: list[_Placed]) -> list[_Placed]:
        """Others may also meet one another, and what is new in this batch."""
        met = {(each.key, each.time_ns // SLOTS) for each in others}
        apart = [each for each in new if (each.key, each.time_ns // SLOTS) not in met]
        together = [each for each in new if (each.key, each.time_ns // SLOTS) in met] + others
        return apart + self._settled(together)

    def _settled(self, wanted: list[_Placed]) -> list[_Placed]:
        points: dict[Key, list[int]] = defaultdict(list)
        for each in wanted:
            points[each.key].append(each.time_ns)
        found = standing(self._ask, points)
        try:
            return _settle(wanted, found, WIDTH)
        except _NotSeenError:
            milliseconds = {key: [time_ns // SLOTS for time_ns in of] for key, of in points.items()}
            return _settle(wanted, standing_within(self._ask, milliseconds), SLOTS)


class _NotSeenError(Exception):
    """More points must be looked at."""


def _settle(wanted: list[_Placed], found: Standing, seen: int) -> list[_Placed]:
    """Those that have to be written, at points of their own. Of an event that is there twice, the one recorded first stays."""
    written: dict[tuple[Key, int], _Placed] = {}
    taken = {key: dict(points) for key, points in found.items()}
    for key, row, time_ns in wanted:
        points = taken.setdefault(key, {})
        own = _own_point(points, row, time_ns, seen)
        holder = points.get(own)
        if holder is None or row.position < holder.position:
            points[own] = Taken(row.event_id, row.position)
            written[key, own] = _Placed(key, row, own)
    return list(written.values())


def _own_point(points: dict[int, Taken], row: HistoryRow, wanted_ns: int, seen: int) -> int:
    """Where its event stands, else the first free point from the wanted one on, round the millisecond."""
    start, slot = wanted_ns - wanted_ns % SLOTS, wanted_ns % SLOTS
    for step in range(SLOTS):
        if step == seen or (seen < SLOTS and slot + step == SLOTS):
            raise _NotSeenError
        point = start + (slot + step) % SLOTS
        holder = points.get(point)
        if holder is None or holder.event_id == row.event_id:
            return point
    raise HistoryError(
        f"{SLOTS:,} readings of {row.device}, {row.sensor}, {row.metric} have the same time, and InfluxDB holds no more of "
        "one: the clock of the device stands still"
    )
