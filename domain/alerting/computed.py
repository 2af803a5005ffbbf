"""What a reading says to the series that rules are about: what it holds, and climate indices, of what one event holds.

What an index follows from is kept as it was sent, so that a correction of it makes the index anew.
"""

from bisect import bisect_left
from collections.abc import Collection, Iterator, Sequence
from math import isfinite
from typing import TypeAlias

import msgspec
import numpy as np

from domain.alerting.naming import metric_in
from domain.alerting.points import KEPT, Point, Points, standing_value
from domain.corrections import Correction, of_series
from domain.indices import INDICES, inputs_of
from schema.events import SensorReading

Sources: TypeAlias = tuple[float, ...]
"""Values as the device sent them, NaN where it calls them bad: one of the index itself, or those of an index's inputs."""
Taken: TypeAlias = tuple[int, bytes, float | Sources]
"""Event time in microseconds, event id, and what came: a value, or what one follows from."""


def sent_to(computed: Collection[str], event: SensorReading) -> Iterator[tuple[str, float | Sources]]:
    """What is good of a reading, series by series: what it holds, and what the series follow from that it does not hold."""
    for metric, value in event.reading.items():
        if metric not in event.verdicts and metric not in computed:
            yield metric, value
    for series in computed:
        sent = _sent(event, metric_in(series))
        if sent is not None:
            yield series, sent


def _sent(event: SensorReading, metric: str) -> float | Sources | None:
    """An index follows from itself where the sensor measures it; None of what is bad, or not whole."""
    if metric not in INDICES:
        return None if metric in event.verdicts else event.reading.get(metric)
    wanted = (metric,) if metric in event.reading else inputs_of(metric)
    if all(source in event.reading and source not in event.verdicts for source in wanted):
        return tuple(event.reading[source] for source in wanted)
    return None


def value_of(metric: str, values: Sources) -> float | None:
    """What was measured, or the index by its formula; None where it has no value, as the dew point of dry air."""
    if len(values) == 1:
        return values[0]
    with np.errstate(all="ignore"):
        value = float(INDICES[metric].formula(*map(np.float64, values)))
    return value if isfinite(value) else None


class Computed(msgspec.Struct):
    """An index of one sensor: at most `KEPT` of what its values follow from, as (time, event id, sources), in this order."""

    sensor: str
    metric: str
    kept: list[tuple[int, bytes, Sources]] = []

    def add(self, time_us: int, event_id: bytes, sources: Sources, corrections: Sequence[Correction]) -> float | None:
        """The value that follows, by the corrections of its device; None where there is none."""
        place = bisect_left(self.kept, (time_us, event_id), key=lambda known: known[:2])
        if [known[:2] for known in self.kept[place : place + 1]] != [(time_us, event_id)]:
            self.kept.insert(place, (time_us, event_id, sources))
            del self.kept[:-KEPT]
        return self._value(time_us, sources, corrections)

    def renew(self, points: Points, corrections: Sequence[Correction]) -> None:
        """The points that are at hand, by these corrections."""
        since = max(self.kept[0][0], points.floor_us + 1) if self.kept else points.floor_us
        renewed: list[Point] = []
        for time_us, event_id, sources in self.kept:
            value = self._value(time_us, sources, corrections)
            if value is not None and time_us >= since:
                renewed.append((time_us, event_id, value))
        points.kept = [point for point in points.kept if point[0] < since] + renewed

    def _value(self, time_us: int, sources: Sources, corrections: Sequence[Correction]) -> float | None:
        if not corrections:
            return value_of(self.metric, sources)
        names = (self.metric,) if len(sources) == 1 else inputs_of(self.metric)
        standing = [
            standing_value(sent, time_us, of_series(corrections, self.sensor, name))
            for name, sent in zip(names, sources, strict=True)
        ]
        known = tuple(value for value in standing if value is not None)
        return value_of(self.metric, known) if len(known) == len(standing) else None
