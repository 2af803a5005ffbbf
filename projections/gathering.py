"""Gathering the raw rows that new ones are worked on with: what is at hand of sensors read in order, else the history."""

from collections.abc import Mapping, Sequence
from typing import Final, Protocol

import msgspec
import numpy as np

from adapters.history.port import History, HistoryRow, RangeQuery, SeriesKey, SeriesRange
from domain.columns import Bools, Float64, Int8, Int64
from domain.quality import Runs
from domain.raw_rows import RawRows
from domain.rows import Columns, Ids, arranged
from projections.at_hand import NO_TAIL, UNHEARD, AtHand
from projections.stretches import Catalog, Sensor, Stretch, clusters
from schema.times import LATEST_US

_MOST_ROWS: Final = 2_000_000


class RawSource(Protocol):
    """Raw rows, as a history gives them."""

    async def readings(self, query: RangeQuery) -> list[HistoryRow]: ...

    async def columns(self, ranges: Sequence[SeriesRange]) -> Columns: ...


class Gathered(msgspec.Struct, frozen=True):
    """Raw rows of stretches: each part of each stretch is a series of its own; `groups` says of which stretch.

    `carried` are the runs of equal values before each series; `newest` the stretches that hold their sensor's last reading.
    """

    stretches: Sequence[Stretch]
    newest: Bools
    keys: Sequence[SeriesKey]
    groups: Int64
    columns: Columns
    carried: Runs


class NewRows(msgspec.Struct, frozen=True):
    """Rows as they came, as columns; `series` are places in `keys`."""

    keys: Sequence[SeriesKey]
    series: Int64
    times: Int64
    values: Float64
    quality: Int8
    ids: Ids

    @classmethod
    def of(cls, rows: RawRows) -> "NewRows":
        used = np.flatnonzero(np.bincount(rows.series, minlength=len(rows.keys)))
        keys = [SeriesKey(*rows.keys[number]) for number in used.tolist()]
        return cls(keys, np.searchsorted(used, rows.series), rows.times, rows.values, rows.quality, rows.ids)

    def among(self, columns: Columns) -> Bools:
        """Which of the columns' rows are of these events."""
        fresh = np.sort(self.ids[:, 1])
        place = np.minimum(np.searchsorted(fresh, columns.ids[:, 1]), len(fresh) - 1)
        found: Bools = fresh[place] == columns.ids[:, 1]
        return found


class Gatherer:
    """Finds what the verdicts on new rows, and those that they change, rest on."""

    def __init__(self, history: History, catalog: Catalog) -> None:
        self._history = history
        self._catalog = catalog
        self._hands: dict[Sensor, AtHand] = {}

    async def gather(self, rows: NewRows) -> Gathered:
        """The stretches that these rows, which the history holds already, lie in."""
        ready: dict[Sensor, AtHand] = {}
        asked: dict[Sensor, tuple[set[str], Int64]] = {}
        for sensor, (metrics, times) in _by_sensor(rows).items():
            hand = self._hands.pop(sensor, None) or (None if self._catalog.knows(sensor) else UNHEARD)
            if hand is not None and times[0] > hand.open_us and self._holds(hand, sensor, metrics):
                ready[sensor] = _with(hand, metrics)
            else:
                asked[sensor] = (metrics | set(hand.tails if hand else ()), times)
            self._catalog.learn(sensor, metrics)
        at_hand = _at_hand(ready, rows)
        return _both(at_hand, await fetch(self._history, *await self._stretches(asked))) if asked else at_hand

    def hold(self, hands: Mapping[Sensor, AtHand]) -> None:
        """Keep these at hand; all is let go where it would be too much."""
        self._hands.update(hands)
        if sum(hand.size for hand in self._hands.values()) > _MOST_ROWS:
            self._hands.clear()

    def let_go(self, device: str) -> None:
        """Something else became of the rows of a device than was known: they are looked up again."""
        for sensor in [sensor for sensor in self._hands if sensor[0] == device]:
            del self._hands[sensor]

    def _holds(self, hand: AtHand, sensor: Sensor, metrics: set[str]) -> bool:
        """Whether all is at hand that the history knows of these metrics, and of those beside them."""
        needed = self._catalog.beside(sensor, metrics)
        return all(metric in hand.tails or not self._catalog.knows(sensor, metric) for metric in needed)

    async def _stretches(self, asked: Mapping[Sensor, tuple[set[str], Int64]]) -> tuple[list[Stretch], list[bool]]:
        """What to look up; where that comes to the last day of a sensor, all from there on."""
        latest = await self._history.series(sorted({device for device, _ in asked}))
        last_day: dict[Sensor, int] = {}
        for key, day in latest.items():
            sensor = key.device, key.sensor
            last_day[sensor] = max(day, last_day.get(sensor, day))
        found: list[Stretch] = []
        newest: list[bool] = []
        for sensor, (metrics, times) in asked.items():
            for first, last in clusters(times, self._catalog.apart_us(sensor, metrics)):
                newest.append(last == times[-1] and last >= last_day.get(sensor, -LATEST_US))
                found.append(self._catalog.stretch(sensor, metrics, first, LATEST_US if newest[-1] else last))
        return found, newest


async def fetch(history: RawSource, stretches: Sequence[Stretch], newest: Sequence[bool] | None = None) -> Gathered:
    """These stretches out of the history; `newest` says of each whether it holds its sensor's last reading."""
    parts = [part for stretch in stretches for part in stretch.parts]
    nothing = np.zeros(len(parts), np.int64)
    return Gathered(
        stretches,
        np.array(newest or [False] * len(stretches), np.bool_),
        [part.series for part in parts],
        np.repeat(np.arange(len(stretches)), [len(stretch.parts) for stretch in stretches]),
        await history.columns(parts),
        Runs(nothing, nothing, nothing, np.zeros(len(parts))),
    )


def _by_sensor(rows: NewRows) -> dict[Sensor, tuple[set[str], Int64]]:
    """The metrics and the times, in order, of the rows of each sensor."""
    numbers: dict[Sensor, int] = {}
    of_series = [numbers.setdefault((key.device, key.sensor), len(numbers)) for key in rows.keys]
    sensor_of = np.array(of_series, np.int64)[rows.series]
    order = np.lexsort((rows.times, sensor_of))
    parts = np.split(rows.times[order], np.searchsorted(sensor_of[order], np.arange(1, len(numbers))))
    metrics: list[set[str]] = [set() for _ in numbers]
    for number, key in zip(of_series, rows.keys, strict=True):
        metrics[number].add(key.metric)
    return {sensor: (metrics[number], parts[number]) for sensor, number in numbers.items()}


def _with(hand: AtHand, metrics: set[str]) -> AtHand:
    """The same, with room for metrics that were not heard before."""
    return msgspec.structs.replace(hand, tails={**dict.fromkeys(sorted(metrics), NO_TAIL), **hand.tails})


def _at_hand(hands: Mapping[Sensor, AtHand], rows: NewRows) -> Gathered:
    """The rows at hand and the new ones of these sensors."""
    keys = [SeriesKey(*sensor, metric) for sensor, hand in hands.items() for metric in hand.tails]
    number = {key: place for place, key in enumerate(keys)}
    tails = [tail for hand in hands.values() for tail in hand.tails.values()]
    place_of = np.array([number.get(key, -1) for key in rows.keys], np.int64)[rows.series]
    new = place_of >= 0
    held = np.repeat(np.arange(len(tails)), [len(tail.times) for tail in tails])
    columns = arranged(
        len(keys),
        np.concatenate([held, place_of[new]]),
        times=np.concatenate([*(tail.times for tail in tails), rows.times[new]]),
        values=np.concatenate([*(tail.values for tail in tails), rows.values[new]]),
        quality=np.concatenate([*(tail.quality for tail in tails), rows.quality[new]]),
        ids=np.concatenate([*(tail.ids for tail in tails), rows.ids[new]]),
    )
    start, last, count = (np.array([tail.run[place] for tail in tails], np.int64) for place in range(3))
    carried = Runs(start, last, count, np.array([tail.run[3] for tail in tails], np.float64))
    stretches = [
        Stretch(
            hand.since_us,
            LATEST_US,
            tuple(SeriesRange(SeriesKey(*sensor, metric), hand.since_us, LATEST_US) for metric in hand.tails),
        )
        for sensor, hand in hands.items()
    ]
    groups = np.repeat(np.arange(len(stretches)), [len(stretch.parts) for stretch in stretches])
    return Gathered(stretches, np.ones(len(stretches), np.bool_), keys, groups, columns, carried)


def _both(one: Gathered, other: Gathered) -> Gathered:
    first, second = one.columns, other.columns
    columns = Columns(
        np.concatenate([first.starts, second.starts[1:] + first.starts[-1]]),
        np.concatenate([first.times, second.times]),
        np.concatenate([first.values, second.values]),
        np.concatenate([first.quality, second.quality]),
        np.concatenate([first.ids, second.ids]),
    )
    carried = Runs(
        np.concatenate([one.carried.start, other.carried.start]),
        np.concatenate([one.carried.last, other.carried.last]),
        np.concatenate([one.carried.count, other.carried.count]),
        np.concatenate([one.carried.value, other.carried.value]),
    )
    return Gathered(
        [*one.stretches, *other.stretches],
        np.concatenate([one.newest, other.newest]),
        [*one.keys, *other.keys],
        np.concatenate([one.groups, other.groups + len(one.stretches)]),
        columns,
        carried,
    )
