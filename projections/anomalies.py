"""Anomalies: of hours that were made anew, and of those that lean on them, which are unlike the same hour of recent days.

A fact model: a function of the hour windows, and of nothing else. An hour is judged once its series goes on into a later one:
what is known of an hour that is not over yet says little. When a window was final, which is history of the process, plays no
part, so any order of the events comes to the same anomalies. An hour that is none any more is kept as one that is gone, so
that whoever follows learns of it.
"""

from collections.abc import Sequence
from typing import Final

import msgspec
import numpy as np

from adapters.history.horizon import judged_from
from adapters.history.port import Anomaly, History, SeriesKey, SeriesRange
from domain.anomalies import DAYS, FLOORS, Anomalies, Severity, anomalies
from domain.columns import Bools, Int64, starts_of
from domain.windows import Span, Windows, overlaid
from projections.spans import ranges_of, renumbered
from schema.envelope import Position
from schema.times import DAY_US, EARLIEST_US, HOUR_US

_HOURS: Final = 2**34
"""More hours than the years 1 to 9999 have, on each side of the epoch."""
_DAYS_ON: Final = np.arange(DAYS + 1) * DAY_US


class Judged(msgspec.Struct, frozen=True):
    """Hours with what was found of them; `chosen` are those that were to be judged, the others are their history."""

    hours: Windows
    found: Anomalies
    chosen: Bools


class AnomalyFinder:
    """Judges the hours of one history, as far back as it keeps what they are held against. It remembers each series' last."""

    def __init__(self, history: History) -> None:
        self._history = history
        self._last: dict[SeriesKey, int] = {}

    async def changes(self, keys: Sequence[SeriesKey], hours: Windows, position: Position) -> list[Anomaly]:
        """What these hours of the series `keys`, made anew and not kept yet, change. It is to be kept together with them."""
        usual = np.array([key.metric in FLOORS for key in keys], np.bool_)
        made = hours.take(usual[hours.series])
        if not len(made):
            return []
        series, starts = await self._due(keys, made)
        if not len(series):
            return []
        judged = await self._judged(keys, made, series, starts)
        first, last = np.searchsorted(series, np.arange(len(keys))), np.searchsorted(series, np.arange(len(keys)), "right")
        ranges = [
            SeriesRange(keys[number], int(starts[begin]), int(starts[end - 1]) + 1)
            for number, (begin, end) in enumerate(zip(first.tolist(), last.tolist(), strict=True))
            if begin < end
        ]
        return _changes(keys, judged, await self._history.anomalies_in(ranges), position)

    async def _due(self, keys: Sequence[SeriesKey], made: Windows) -> tuple[Int64, Int64]:
        """Which hours to judge, in order: these, the same hour of the next days, and what was the last hour until now."""
        there = np.unique(made.series)
        await self._recall([keys[number] for number in there.tolist()])
        before = np.full(len(keys), EARLIEST_US, np.int64)
        before[there] = [self._last[keys[number]] for number in there.tolist()]
        last = before.copy()
        np.maximum.at(last, made.series, made.start)
        self._last.update((keys[number], int(last[number])) for number in there.tolist())
        series = np.concatenate([np.repeat(made.series, len(_DAYS_ON)), there])
        starts = np.concatenate([(made.start[:, None] + _DAYS_ON).ravel(), before[there]])
        over = (starts < last[series]) & (starts >= max(judged_from(self._history.horizon), EARLIEST_US + 1))
        return _pairs(_numbers(series[over], starts[over]))

    async def _recall(self, keys: Sequence[SeriesKey]) -> None:
        """The last hours of series that were not heard of before."""
        unknown = [key for key in keys if key not in self._last]
        if not unknown:
            return
        days = await self._history.series(sorted({key.device for key in unknown}))
        there = [key for key in unknown if key in days]
        kept = await self._history.windows(Span.HOUR, [SeriesRange(key, days[key], days[key] + DAY_US) for key in there])
        self._last.update(dict.fromkeys(unknown, EARLIEST_US))
        for number, start in zip(kept.windows.series.tolist(), kept.windows.start.tolist(), strict=True):
            self._last[there[number]] = max(start, self._last[there[number]])

    async def _judged(self, keys: Sequence[SeriesKey], made: Windows, series: Int64, starts: Int64) -> Judged:
        """These hours, with the same hour of the days before, those that are kept and those that are new."""
        before = _numbers(np.repeat(series, len(_DAYS_ON)), (starts[:, None] - _DAYS_ON).ravel())
        asked, asked_starts = _pairs(np.setdiff1d(before, _numbers(made.series, made.start)))
        ranges = ranges_of(keys, asked, asked_starts, asked_starts + HOUR_US)
        kept = await self._history.windows(Span.HOUR, [each for _, each in ranges])
        hours = overlaid(renumbered(kept, [number for number, _ in ranges]), made)
        chosen = np.isin(_numbers(hours.series, hours.start), _numbers(series, starts))
        floors = np.array([FLOORS.get(key.metric, np.inf) for key in keys], np.float64)
        return Judged(hours, anomalies(hours.start, hours.mean, starts_of(hours.series, len(keys)), floors), chosen)


def _changes(keys: Sequence[SeriesKey], judged: Judged, known: Sequence[Anomaly], position: Position) -> list[Anomaly]:
    """What is not known yet of the judged hours, and what is known and no more so."""
    before = {(one.series, one.start_us): one for one in known}
    places = {key: number for number, key in enumerate(keys)}
    now = {(one.series, one.start_us): one for one in _found(keys, judged, position)}
    changed = [one for key, one in now.items() if not _same(before.get(key), one)]
    hours = judged.hours.take(judged.chosen)
    again = _numbers(hours.series, hours.start)
    gone = [one for key, one in before.items() if one.severity is not Severity.NONE and key not in now]
    numbers = _numbers(
        np.array([places[one.series] for one in gone], np.int64), np.array([one.start_us for one in gone], np.int64)
    )
    over = np.isin(numbers, again).tolist()
    cleared = [one for one, is_over in zip(gone, over, strict=True) if is_over]
    return changed + [msgspec.structs.replace(one, severity=Severity.NONE, position=position) for one in cleared]


def _found(keys: Sequence[SeriesKey], judged: Judged, position: Position) -> list[Anomaly]:
    rows = np.flatnonzero(judged.chosen & (judged.found.severity > Severity.NONE))
    hours, found = judged.hours, judged.found
    columns = (hours.series, hours.start, hours.mean, found.expected, found.deviation, found.score, found.severity)
    return [
        Anomaly(keys[number], start, value, expected, deviation, score, Severity(severity), position)
        for number, start, value, expected, deviation, score, severity in zip(
            *(column[rows].tolist() for column in columns), strict=True
        )
    ]


def _same(known: Anomaly | None, found: Anomaly) -> bool:
    return known is not None and msgspec.structs.replace(known, position=found.position) == found


def _numbers(series: Int64, starts: Int64) -> Int64:
    """Series and hour as one number, ordered as they are."""
    return series * (2 * _HOURS) + starts // HOUR_US + _HOURS


def _pairs(numbers: Int64) -> tuple[Int64, Int64]:
    """The series and hours of these numbers, each once and in order."""
    series, hours = np.divmod(np.unique(numbers), 2 * _HOURS)
    return series, (hours - _HOURS) * HOUR_US
