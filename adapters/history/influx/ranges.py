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

_APART_US: Final = 6 * 3600 * 1_000_000
_TOGETHER: Final = 200
"""So many series in one question."""
_WORTH: Final = 4
"""Asked together where no more than so many times as much is read as is wanted."""
_VALUES: Final = 100_000
"""So many points may one answer hold."""
_PAGE: Final = 10_000


class Kind(NamedTuple):
    """What is read of a measurement. `place` tells the times of the points that may lie in [start, end) microseconds."""

    measurement: str
    fields: Sequence[str]
    exact: str
    place: Callable[[int, int], tuple[int, int]]


class Found(NamedTuple):
    """Some points of a range: its number, and their fields by name; `exact` holds the exact times."""

    number: int
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
    """The points of each range, in the order of time, but in parts. Ranges of a series do not overlap."""
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
    columns = dict(zip(("time", *kind.fields), zip(*series.values, strict=True), strict=True))
    exact = np.array(columns[kind.exact], np.int64)
    for number, start_us, end_us in wanted:
        inside = (exact >= start_us) & (exact < end_us)
        if inside.all():
            yield Found(number, exact, columns)
        elif inside.any():
            chosen = np.flatnonzero(inside).tolist()
            yield Found(number, exact[inside], {name: [column[at] for at in chosen] for name, column in columns.items()})


def _questions(kind: Kind, ranges: Sequence[SeriesRange]) -> Iterator[_Question]:
    for near in _clusters(ranges):
        by_key: dict[Key, list[_Wanted]] = defaultdict(list)
        for number in near:
            each = ranges[number]
            by_key[each.series.device, each.series.sensor, each.series.metric].append(
                _Wanted(number, each.start_us, each.end_us)
            )
        for part in _parts(by_key):
            yield from _together(kind, part) if _is_worth_it(part) else _apart(kind, part)


def _clusters(ranges: Sequence[SeriesRange]) -> Iterator[list[int]]:
    """The places of ranges that lie near one another in time."""
    group: list[int] = []
    end = 0
    for number in np.argsort(np.array([each.start_us for each in ranges]), kind="stable").tolist():
        if group and ranges[number].start_us - end > _APART_US:
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


def _is_worth_it(part: dict[Key, list[_Wanted]]) -> bool:
    wanted = [each for of_key in part.values() for each in of_key]
    start, end = min(each.start_us for each in wanted), max(each.end_us for each in wanted)
    return (end - start) * len(part) <= _WORTH * sum(each.end_us - each.start_us for each in wanted)


def _together(kind: Kind, part: dict[Key, list[_Wanted]]) -> Iterator[_Question]:
    wanted = [each for of_key in part.values() for each in of_key]
    start, end = kind.place(min(each.start_us for each in wanted), max(each.end_us for each in wanted))
    if len(part) == 1:
        [key] = part
        yield _Question(questions.tags(*key), start, end, part)
    else:
        yield _Question(questions.of_devices({device for device, _, _ in part}), start, end, part)


def _apart(kind: Kind, part: dict[Key, list[_Wanted]]) -> Iterator[_Question]:
    for key, wanted in part.items():
        for each in wanted:
            start, end = kind.place(each.start_us, each.end_us)
            yield _Question(questions.tags(*key), start, end, {key: [each]})
