"""A rule over history as it is known now: late readings in their place, corrections made, what is bad left out.

Of each series that the rule is about, as the house is now, all readings are judged in the order of time, a bounded part of them
at once, by the steps of the evaluator that runs live.
"""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final
from zoneinfo import ZoneInfo

import msgspec
import numpy as np

from adapters.history.port import HistoryQueries, SeriesKey, SeriesRange
from domain.alerting.hindsight import Hindsight
from domain.alerting.places import Place, fits
from domain.alerting.signals import metric_of
from domain.alerting.state import Subject
from domain.columns import Float64, Int64
from domain.indices import INDICES
from domain.rows import QUALITIES, Columns
from projections.backtested import Backtested, Progress, Spend, Tally, nobody_asks
from projections.gathering import Gathered, fetch
from projections.judged import Judged
from projections.judging import Corrections, Judge, with_indices
from projections.portions import grouped, rows_by_day
from projections.spans import WindowSource
from projections.stretches import Catalog
from schema.events import Quality
from schema.rules import AlertRuleDefined, Silence, Trend

ROWS_AT_ONCE: Final = 500_000
_TREND_ROWS_AT_ONCE: Final = 20_000
"""A trend compares every minute with all around it."""
_RANGES_AT_ONCE: Final = 500
_BAD: Final = QUALITIES.index(Quality.BAD)
PlaceOf = Callable[[str], Place]
"""Where a device is now, and by which clocks it lives there."""
Values = tuple[Int64, Float64]
"""Times, ascending, and the values then."""


class Part(msgspec.Struct, frozen=True):
    """A part of the time of a subject that the rule is about: of one series, or of all of a device."""

    subject: int
    keys: Sequence[SeriesKey]
    start_us: int
    end_us: int
    rows: int


class HistoryBacktest:
    """Back-tests over one history. `windows` tell how many rows lie where."""

    def __init__(self, history: HistoryQueries, judge: Judge, *, windows: WindowSource, place_of: PlaceOf) -> None:
        self._history = history
        self._judge = judge
        self._windows = windows
        self._place_of = place_of

    async def run(
        self,
        rule: AlertRuleDefined,
        start_us: int,
        end_us: int,
        *,
        most: int,
        spend: Spend,
        progress: Progress = nobody_asks,
    ) -> Backtested:
        """At most `most` alerts. BeyondRetentionError where readings that it is about are gone."""
        subjects = self._subjects(rule, await self._history.series())
        parts: list[Part] = []
        for number, keys in enumerate(subjects.values()):
            self._history.horizon.require(keys[0].device, start_us, end_us)
            parts += await self._parts(rule, number, keys, (start_us, end_us), spend)
        looks = [self._hindsight(rule, one, end_us) for one in subjects]
        tally, rows, done = Tally(most), sum(part.rows for part in parts), 0
        names = list(subjects)
        for some in _together(parts, _rows_at_once(rule)):
            values = await self._values(rule, some)
            await asyncio.to_thread(_look, tally, names, looks, some, values)
            done += sum(part.rows for part in some)
            progress(done / max(rows, 1), done)
        for name, look in zip(names, looks, strict=True):
            tally.add(name, look.done())
        return tally.told(looked_at=rows, series=len(subjects))

    def _hindsight(self, rule: AlertRuleDefined, about: Subject, end_us: int) -> Hindsight:
        """The silence of a device that is out of service means nothing."""
        place, is_silence = self._place_of(about.device), isinstance(rule.condition, Silence)
        until_us = place.retired_us - 1 if is_silence and place.retired_us is not None else end_us
        return Hindsight(rule, ZoneInfo(place.zone), min(until_us, end_us))

    def _subjects(self, rule: AlertRuleDefined, known: Iterable[SeriesKey]) -> dict[Subject, list[SeriesKey]]:
        metric = metric_of(rule.condition)
        found: dict[Subject, list[SeriesKey]] = {}
        for key in known:
            sensor = None if metric is None else key.sensor
            if metric in {None, key.metric} and fits(rule.where, key.device, sensor, self._place_of(key.device)):
                found.setdefault(Subject(rule.rule_id, key.device, sensor, metric), []).append(key)
        return found

    async def _parts(
        self, rule: AlertRuleDefined, subject: int, keys: Sequence[SeriesKey], bounds: tuple[int, int], spend: Spend
    ) -> list[Part]:
        days, rows = await rows_by_day(self._windows, keys, *bounds)
        spend(int(rows.sum()))
        return [
            Part(
                subject,
                keys,
                max(first, bounds[0]),
                min(last, bounds[1]),
                int(rows[(days >= first) & (days < last)].sum()),
            )
            for first, last in grouped(days, rows, _rows_at_once(rule))
        ]

    async def _values(self, rule: AlertRuleDefined, parts: Sequence[Part]) -> list[Values]:
        if isinstance(rule.condition, Silence):
            ranges = [SeriesRange(key, part.start_us, part.end_us) for part in parts for key in part.keys]
            return _spoken(parts, await self._history.columns(ranges))
        catalog = Catalog(self._judge.book)
        stretches = [
            catalog.stretch((key.device, key.sensor), _with_inputs(key.metric), part.start_us, part.end_us - 1)
            for part in parts
            for key in part.keys
        ]
        gathered = await fetch(self._history, stretches)
        corrections = self._judge.corrections(gathered.keys)
        return await asyncio.to_thread(_counted, self._judge, gathered, corrections, parts)


def _rows_at_once(rule: AlertRuleDefined) -> int:
    return _TREND_ROWS_AT_ONCE if isinstance(rule.condition, Trend) else ROWS_AT_ONCE


def _together(parts: Sequence[Part], most: int) -> Iterator[list[Part]]:
    """As many at once as may be: a history answers one large question sooner than many small ones."""
    some: list[Part] = []
    rows = ranges = 0
    for part in parts:
        if some and (rows + part.rows > most or ranges + len(part.keys) > _RANGES_AT_ONCE):
            yield some
            some, rows, ranges = [], 0, 0
        some.append(part)
        rows, ranges = rows + part.rows, ranges + len(part.keys)
    if some:
        yield some


def _look(
    tally: Tally, names: Sequence[Subject], looks: Sequence[Hindsight], parts: Sequence[Part], values: Sequence[Values]
) -> None:
    for part, (times, heard) in zip(parts, values, strict=True):
        if len(times):
            tally.add(names[part.subject], looks[part.subject].more(times, heard))


def _spoken(parts: Sequence[Part], columns: Columns) -> list[Values]:
    """When each device spoke, whatever it said."""
    ends = np.cumsum([len(part.keys) for part in parts]).tolist()
    bounds = [columns.starts[[end - len(part.keys), end]].tolist() for part, end in zip(parts, ends, strict=True)]
    times = [np.unique(columns.times[first:last]) for first, last in bounds]
    return [(each, np.zeros(len(each))) for each in times]


def _counted(judge: Judge, gathered: Gathered, corrections: Corrections, parts: Sequence[Part]) -> list[Values]:
    judged = judge.judge(gathered, corrections)
    metric = parts[0].keys[0].metric
    columns = _of_index(judged, metric, len(parts)) if metric in INDICES else _of_metric(judged, metric, len(parts))
    return [_within(part, *each) for part, each in zip(parts, columns, strict=True)]


def _of_metric(judged: Judged, metric: str, count: int) -> list[tuple[Int64, Float64]]:
    """Of each stretch the rows that count, in the order of time."""
    places = {
        group: number
        for number, (group, key) in enumerate(zip(judged.groups.tolist(), judged.keys, strict=True))
        if key.metric == metric
    }
    found = []
    for group in range(count):
        rows = slice(*judged.raw.starts[[places[group], places[group] + 1]].tolist())
        good = judged.quality[rows] != _BAD
        found.append((judged.raw.times[rows][good], judged.values[rows][good]))
    return found


def _of_index(judged: Judged, metric: str, count: int) -> list[tuple[Int64, Float64]]:
    """The same of an index: computed, or measured by the sensor itself."""
    counted = with_indices(judged)
    asked = np.array([key.metric == metric for key in counted.keys], np.bool_)
    good = asked[counted.series] & (counted.quality != _BAD)
    groups = counted.groups[counted.series]
    found = []
    for group in range(count):
        rows = np.flatnonzero(good & (groups == group))
        rows = rows[np.argsort(counted.times[rows], kind="stable")]
        found.append((counted.times[rows], counted.values[rows]))
    return found


def _within(part: Part, times: Int64, values: Float64) -> Values:
    first, last = np.searchsorted(times, [part.start_us, part.end_us]).tolist()
    return times[first:last], values[first:last]


def _with_inputs(metric: str) -> set[str]:
    return {metric, *INDICES[metric].inputs} if metric in INDICES else {metric}
