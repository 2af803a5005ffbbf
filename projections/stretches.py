"""Stretches: the parts of sensors' time that are worked on anew, with as much beside them as the rules look at."""

from collections.abc import Iterable, Iterator

import msgspec
import numpy as np

from adapters.history.port import SeriesKey, SeriesRange
from domain.columns import Int64
from domain.indices import INDICES
from domain.quality_rules import Rule, RuleBook
from schema.times import MINUTE_US

Sensor = tuple[str, str]
"""Device and sensor."""


class Stretch(msgspec.Struct, frozen=True):
    """Minutes of one sensor, [start, end), of which all rows are at hand. `parts` are what is read for them."""

    start_us: int
    end_us: int
    parts: tuple[SeriesRange, ...]


class Reach(msgspec.Struct, frozen=True):
    """How far the rules look: a row changes verdicts up to so long before and after it, and is judged by so much before."""

    near_us: int
    flat_us: int


def reach_of(rule: Rule) -> Reach:
    """Three readings to each side, none further from the next than the gap; and a flat line, as long as it takes to be one."""
    gap = round(rule.gap_minutes * MINUTE_US)
    if rule.flat_minutes is None:
        return Reach(3 * gap, 0)
    return Reach(3 * gap, max(round(rule.flat_minutes * MINUTE_US) + gap, rule.flat_readings * gap))


class Catalog:
    """Which metrics each sensor is known to have, and what must be looked at together."""

    def __init__(self, rules: RuleBook, series: Iterable[SeriesKey] = ()) -> None:
        self._rules = rules
        self._metrics: dict[Sensor, set[str]] = {}
        for key in series:
            self.learn((key.device, key.sensor), {key.metric})

    def learn(self, sensor: Sensor, metrics: set[str]) -> None:
        self._metrics.setdefault(sensor, set()).update(metrics)

    def knows(self, sensor: Sensor, metric: str | None = None) -> bool:
        """Whether anything (of that metric) was ever heard of the sensor."""
        known = self._metrics.get(sensor)
        return known is not None and (metric is None or metric in known)

    def beside(self, sensor: Sensor, metrics: set[str]) -> list[str]:
        """These metrics, and what the sensor has besides for the indices that rest on them."""
        wanted = {
            other for name, index in INDICES.items() if metrics.intersection(index.inputs) for other in (name, *index.inputs)
        }
        return sorted(metrics | (wanted & self._metrics.get(sensor, set())))

    def stretch(self, sensor: Sensor, metrics: set[str], first_us: int, last_us: int) -> Stretch:
        """The minutes in which anything can change by what happened from `first_us` to `last_us` to these metrics."""
        looked_at = self.beside(sensor, metrics)
        reach = {metric: reach_of(self._rules.of(metric)) for metric in looked_at}
        start = minute(first_us - max(one.near_us for one in reach.values()))
        end = minute(last_us + max(one.near_us + one.flat_us for one in reach.values())) + MINUTE_US
        parts = (
            SeriesRange(SeriesKey(*sensor, metric), start - one.near_us - one.flat_us, end + one.near_us)
            for metric, one in reach.items()
        )
        return Stretch(start, end, tuple(parts))

    def apart_us(self, sensor: Sensor, metrics: set[str]) -> int:
        """How far apart changes must be to lie in stretches that do not meet."""
        reach = [reach_of(self._rules.of(metric)) for metric in self.beside(sensor, metrics)]
        return max(2 * one.near_us + one.flat_us for one in reach) + 2 * MINUTE_US


def minute(time_us: int) -> int:
    """The start of the minute that a time is in."""
    return time_us // MINUTE_US * MINUTE_US


def clusters(times: Int64, apart_us: int) -> Iterator[tuple[int, int]]:
    """First and last of times in order, in groups that lie at least so far apart."""
    first = np.concatenate(([True], np.diff(times) > apart_us))
    yield from zip(times[first].tolist(), times[np.concatenate((first[1:], [True]))].tolist(), strict=True)
