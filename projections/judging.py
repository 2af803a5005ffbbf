"""Judging: raw rows as they count. Corrected as people decided, judged by the rules, with the indices that follow from them."""

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from adapters.history.port import SeriesKey
from domain.columns import Bools, Int64, offsets_of
from domain.corrections import Correction, corrected
from domain.indices import INDICES, Index
from domain.quality import QUALITY_OF, Reason, affected, verdicts
from domain.quality_rules import RuleBook, Rules, rules_of
from domain.rows import QUALITIES, Columns
from projections.decision_queries import DecisionQueries
from projections.gathering import Gathered
from projections.judged import Counted, Judged
from schema.events import Quality

_BAD: Final = QUALITIES.index(Quality.BAD)
_CODES: Final = np.array([QUALITIES.index(QUALITY_OF[reason]) for reason in Reason], np.int8)
_ODD: Final = np.uint64(0x9E3779B97F4A7C15)
_PRIME: Final = np.uint64(0xFF51AFD7ED558CCD)

Corrections = Mapping[int, Sequence[Correction]]
"""Those of the series that have any."""


class Judge:
    """Makes of raw rows what counts: by the corrections that people decided, and by the rules."""

    def __init__(self, book: RuleBook, decisions: DecisionQueries) -> None:
        self.book = book
        self._decisions = decisions

    def corrections(self, keys: Sequence[SeriesKey]) -> Corrections:
        """What stands now. To be asked where decisions are taken in; `judge` may then run in a thread."""
        found = ((number, self._decisions.corrections(key.device, key.sensor, key.metric)) for number, key in enumerate(keys))
        return {number: corrections for number, corrections in found if corrections}

    def judge(self, rows: Gathered, corrections: Corrections) -> Judged:
        """The rows as they count."""
        raw = rows.columns
        now = corrected(raw.times, raw.values, raw.starts, corrections)
        reasons = np.zeros(len(raw.times), np.int8)
        kept = ~now.excluded  # what was excluded is nobody's neighbour
        rules = self._rules(rows.keys)
        reasons[kept] = verdicts(raw.times[kept], now.values[kept], _starts_of(kept, raw.starts), rules, rows.carried)
        own = np.where(now.replaced, 0, raw.quality)
        quality = np.where(now.excluded, _BAD, np.maximum(own, _CODES[reasons])).astype(np.int8)
        return Judged(
            rows.stretches,
            rows.newest,
            rows.keys,
            rows.groups,
            rows.carried,
            raw,
            now.values,
            reasons,
            quality,
            now.excluded,
            now.last,
        )

    def affected(self, rows: Judged, changed: Bools) -> Bools:
        """Which rows may count differently since these changed."""
        found = changed.copy()
        kept = ~rows.excluded | changed
        starts = _starts_of(kept, rows.raw.starts)
        values = np.where(rows.excluded, 0.0, rows.values)  # which may be beyond all numbers
        found[kept] = affected(rows.raw.times[kept], values[kept], starts, self._rules(rows.keys), changed[kept])
        return found

    def _rules(self, keys: Sequence[SeriesKey]) -> Rules:
        return rules_of([self.book.of(key.metric) for key in keys])


def _starts_of(kept: Bools, starts: Int64) -> Int64:
    """Where the series begin if only these rows are there."""
    return offsets_of(kept)[starts]


def with_indices(rows: Judged) -> Counted:
    """The rows, and those of every index whose inputs came in one event of a sensor.

    An index is as good as the worst of its inputs. What the sensor measured itself is not calculated.
    """
    groups = rows.groups
    found = [
        Counted(rows.keys, groups, rows.raw.series, rows.raw.times, rows.values, rows.quality, np.arange(len(rows.values)))
    ]
    places = {(group, key.metric): place for place, (group, key) in enumerate(zip(groups.tolist(), rows.keys, strict=True))}
    for name, index in INDICES.items():
        able = [group for group in dict.fromkeys(groups.tolist()) if all((group, metric) in places for metric in index.inputs)]
        if able:
            series = [[places.get((group, metric), -1) for group in able] for metric in (*index.inputs, name)]
            found.append(_index(rows, series, name, index))
    return _joined(found)


def _index(rows: Judged, places: Sequence[Sequence[int]], name: str, index: Index) -> Counted:
    """The rows of an index of some sensors: `places` are the series of each input, one a sensor, and of the index itself."""
    *inputs, measured = (_Part.of(rows.raw, series) for series in places)
    whole = inputs[0]
    for other in inputs[1:]:
        whole = whole.also_in(other)
    whole = whole.not_in(measured)
    chosen = [whole.rows, *(other.rows[other.found(whole.events)] for other in inputs[1:])]
    keys = [SeriesKey(rows.keys[place].device, rows.keys[place].sensor, name) for place in places[0]]
    with np.errstate(all="ignore"):  # of inputs that are bad anything may come
        values = index.formula(*(rows.values[place] for place in chosen))
    worst = np.maximum.reduce([rows.quality[place] for place in chosen])
    quality = np.where(np.isfinite(values), worst, _BAD).astype(np.int8)
    times = rows.raw.times[whole.rows]
    return Counted(keys, rows.groups[np.array(places[0])], whole.sensors, times, values, quality, whole.rows)


class _Part(msgspec.Struct, frozen=True):
    """The rows of one input of some sensors, by (sensor, time); `events` are numbers that tell sensors and events apart."""

    rows: Int64
    sensors: Int64
    events: NDArray[np.uint64]

    @classmethod
    def of(cls, columns: Columns, series: Sequence[int]) -> "_Part":
        """The rows of these series; -1 stands for none."""
        there = np.array(series)
        begin = np.where(there < 0, 0, columns.starts[there])
        length = np.where(there < 0, 0, columns.starts[there + 1] - begin)
        sensors = np.repeat(np.arange(len(series)), length)
        rows = np.arange(int(length.sum())) + np.repeat(begin - np.cumsum(length) + length, length)
        return cls(rows, sensors, columns.ids[rows, 1] ^ (columns.ids[rows, 0] * _ODD) ^ (sensors.astype(np.uint64) * _PRIME))

    def also_in(self, other: "_Part") -> "_Part":
        return self if np.array_equal(self.events, other.events) else self._where(np.isin(self.events, other.events))

    def not_in(self, other: "_Part") -> "_Part":
        return self._where(np.isin(self.events, other.events, invert=True)) if len(other.events) else self

    def found(self, events: NDArray[np.uint64]) -> Int64:
        """Where these events are; all of them are here."""
        if np.array_equal(self.events, events):
            return np.arange(len(events))
        order = np.argsort(self.events)
        return order[np.searchsorted(self.events, events, sorter=order)]

    def _where(self, kept: Bools) -> "_Part":
        return _Part(self.rows[kept], self.sensors[kept], self.events[kept])


def _joined(parts: Sequence[Counted]) -> Counted:
    before = np.cumsum([0, *(len(part.keys) for part in parts)])
    return Counted(
        [key for part in parts for key in part.keys],
        np.concatenate([part.groups for part in parts]),
        np.concatenate([part.series + start for part, start in zip(parts, before, strict=False)]),
        *(np.concatenate([getattr(part, name) for part in parts]) for name in ("times", "values", "quality", "rows")),
    )
