"""Ranges of many series out of InfluxDB, in few questions: series that are wanted over about the same time are one.

A question of its own costs about a millisecond, a point some microseconds. Answers come in pages, series by series.
"""

from collections import defaultdict, deque
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final, NamedTuple

import numpy as np

from adapters.history.influx import questions
from adapters.history.influx.connection import Series
from adapters.history.influx.questions import Ask, Key
from adapters.history.port import SeriesRange
from domain.columns import Int64

_TOGETHER: Final = 200
"""So many series in one question."""
_VALUES: Final = 100_000
"""So many points may one answer hold."""
_PAGE: Final = 10_000


class Kind(NamedTuple):
    """What is read of a measurement. `place` tells the times of the points that may lie in [start, end) microseconds.

    To read what lies within `close_us` costs no more than a question of its own.
    """

    measurement: str
    fields: Sequence[str]
    exact: str
    place: Callable[[int, int], tuple[int, int]]
    close_us: int


class Found(NamedTuple):
    """Some points of one series: of each the number of its range and the exact time; their fields by name."""

    numbers: Int64
    exact: Int64
    columns: dict[str, Any]


class _Wanted(NamedTuple):
    number: int
    start_us: int
    end_us: int


class _Question(NamedTuple):
    condition: str
    start_ns: int
    end_ns: int
    wanted: dict[Key, list[_Wanted]]

    @property
    def page(self) -> int:
        """Points of each series."""
        return min(_PAGE, _VALUES // len(self.wanted))


def read(ask: Ask, kind: Kind, ranges: Sequence[SeriesRange]) -> Iterator[Found]:
    """The points of each range, in the order of time, but in parts."""
    left = deque(_questions(kind, ranges))
    while left:
        asked = _next(left)
        answers = ask(";".join(_text(kind, each) for each in asked))
        for question, answer in zip(asked, answers, strict=True):
            for series in answer:
                key = questions.key_of(series)
                wanted = question.wanted.get(key)
                if wanted is None:
                    continue
                yield from _found(kind, wanted, series)
                if len(series.values) == question.page:
                    after = series.values[-1][0] + 1
                    left.append(_Question(questions.tags(*key), after, question.end_ns, {key: wanted}))


def _next(left: deque[_Question]) -> list[_Question]:
    """As many as one answer may hold the points of."""
    asked, room = [left.popleft()], _VALUES
    room -= asked[0].page * len(asked[0].wanted)
    while left and (size := left[0].page * len(left[0].wanted)) <= room:
        asked.append(left.popleft())
        room -= size
    return asked


def _text(kind: Kind, question: _Question) -> str:
    fields = ", ".join(f'"{name}"' for name in kind.fields)
    return (
        f"SELECT {fields} FROM {kind.measurement} WHERE {question.condition}"  # noqa: S608  # texts are quoted
        f"time >= {question.start_ns} AND time < {question.end_ns} "
        f"GROUP BY device, sensor, metric ORDER BY time ASC LIMIT {question.page}"
    )


def _found(kind: Kind, wanted: Sequence[_Wanted], series: Series) -> Iterator[Found]:
    """What lies between the ranges is left out; what lies in several comes with each.

    So is a point of which some fields are not there: it is being written, and InfluxDB shows them one after the other.
    """
    values = [each for each in series.values if None not in each]
    if not values:
        return
    columns = dict(zip(("time", *kind.fields), zip(*values, strict=True), strict=True))
    exact = np.array(columns[kind.exact], np.int64)
    for layer in _layers(wanted):
        numbers, starts, ends = np.array(layer, np.int64).T
        places = np.searchsorted(starts, exact, side="right") - 1
        inside = (places >= 0) & (exact < ends[places])
        if inside.all():
            yield Found(numbers[places], exact, columns)
        elif inside.any():
            chosen = np.flatnonzero(inside).tolist()
            some = {name: [column[at] for at in chosen] for name, column in columns.items()}
            yield Found(numbers[places[inside]], exact[inside], some)


def _layers(wanted: Sequence[_Wanted]) -> Sequence[Sequence[_Wanted]]:
    """The ranges by start, in as few groups as there are ranges over any one moment: those of a group do not overlap."""
    layers: list[list[_Wanted]] = []
    for each in sorted(wanted, key=lambda one: one.start_us):
        free = next((layer for layer in layers if layer[-1].end_us <= each.start_us), None)
        if free is None:
            layers.append(free := [])
        free.append(each)
    return layers


def _questions(kind: Kind, ranges: Sequence[SeriesRange]) -> Iterator[_Question]:
    for near in _clusters(ranges, kind.close_us):
        by_key: dict[Key, list[_Wanted]] = defaultdict(list)
        for number in near:
            each = ranges[number]
            key = (each.series.device, each.series.sensor, each.series.metric)
            by_key[key].append(_Wanted(number, each.start_us, each.end_us))
        for part in _parts(by_key):
            runs = {key: _runs(wanted, kind.close_us) for key, wanted in part.items()}
            yield from _together(kind, part) if _is_cheaper(runs, kind.close_us) else _apart(kind, runs)


def _clusters(ranges: Sequence[SeriesRange], close_us: int) -> Iterator[list[int]]:
    """The places of ranges that lie near one another in time, by their start."""
    group: list[int] = []
    end = 0
    for number in np.argsort(np.array([each.start_us for each in ranges]), kind="stable").tolist():
        if group and ranges[number].start_us - end > close_us:
            yield group
            group = []
        end = max(end, ranges[number].end_us) if group else ranges[number].end_us
        group.append(number)
    if group:
        yield group


def _parts(by_key: dict[Key, list[_Wanted]]) -> Iterator[dict[Key, list[_Wanted]]]:
    keys = sorted(by_key)
    for first in range(0, len(keys), _TOGETHER):
        yield {key: by_key[key] for key in keys[first : first + _TOGETHER]}


def _runs(wanted: Sequence[_Wanted], close_us: int) -> list[list[_Wanted]]:
    """Of one series, by start: those that lie close are read as one."""
    runs: list[list[_Wanted]] = []
    end = 0
    for each in wanted:
        if runs and each.start_us - end <= close_us:
            runs[-1].append(each)
            end = max(end, each.end_us)
        else:
            runs.append([each])
            end = each.end_us
    return runs


def _is_cheaper(runs: dict[Key, list[list[_Wanted]]], close_us: int) -> bool:
    """Whether one question for all series reads less than what questions of their own cost."""
    apart = [_end(run) - run[0].start_us + close_us for of_key in runs.values() for run in of_key]
    start = min(of_key[0][0].start_us for of_key in runs.values())
    end = max(_end(of_key[-1]) for of_key in runs.values())
    return (end - start) * len(runs) <= sum(apart)


def _together(kind: Kind, part: dict[Key, list[_Wanted]]) -> Iterator[_Question]:
    wanted = [each for of_key in part.values() for each in of_key]
    start, end = kind.place(min(each.start_us for each in wanted), max(each.end_us for each in wanted))
    [*keys] = part
    condition = questions.tags(*keys[0]) if len(keys) == 1 else questions.of_devices({device for device, _, _ in keys})
    yield _Question(condition, start, end, part)


def _apart(kind: Kind, runs: dict[Key, list[list[_Wanted]]]) -> Iterator[_Question]:
    for key, of_key in runs.items():
        for run in of_key:
            start, end = kind.place(run[0].start_us, _end(run))
            yield _Question(questions.tags(*key), start, end, {key: run})


def _end(run: Sequence[_Wanted]) -> int:
    return max(each.end_us for each in run)
