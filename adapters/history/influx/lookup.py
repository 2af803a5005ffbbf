"""Asks InfluxDB who stands around certain points, in few questions: points that lie close together are one range."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, NamedTuple

from adapters.history.influx import questions
from adapters.history.influx.points import SLOTS
from adapters.history.influx.questions import Ask, Key

WIDTH: Final = 16
"""So many points from a wanted one on are looked at. The first is free but once in a million pairs of one instant."""
_CLOSE_NS: Final = 30 * 60 * 1_000_000_000
"""A question of its own costs as much as to read some 400 points more, which is an hour or so of a series."""
_RANGES: Final = 200
_AT_ONCE: Final = 50
_PAGE: Final = 5_000


class Taken(NamedTuple):
    """Who stands at a point, and at which position of the log it was recorded."""

    event_id: bytes
    position: int


class Range(NamedTuple):
    """Of one series, from a point on and before another."""

    key: Key
    start_ns: int
    end_ns: int


Standing = dict[Key, dict[int, Taken]]


def standing(ask: Ask, wanted: Mapping[Key, Iterable[int]]) -> Standing:
    """Who stands at the wanted points of each series, and at the `WIDTH` points from each on."""
    ranges = [each for key, points in wanted.items() for each in _ranges(key, sorted(set(points)))]
    return _read(ask, ranges)


def standing_within(ask: Ask, milliseconds: Mapping[Key, Iterable[int]]) -> Standing:
    """Who stands in these milliseconds of each series."""
    return _read(ask, [Range(key, ms * SLOTS, (ms + 1) * SLOTS) for key, each in milliseconds.items() for ms in set(each)])


def _ranges(key: Key, points: list[int]) -> Iterator[Range]:
    """As few as the points lie close. Of one millisecond they are told apart: it may be full, where a clock stands still."""
    close = max(_CLOSE_NS, (points[-1] - points[0]) // _RANGES)
    few = len(points) <= _RANGES
    start = last = points[0]
    for point in points[1:]:
        if point - last > close or (few and point - last > WIDTH and point // SLOTS == last // SLOTS):
            yield Range(key, start, last + WIDTH)
            start = point
        last = point
    yield Range(key, start, last + WIDTH)


def _read(ask: Ask, ranges: list[Range]) -> Standing:
    """Range by range in pages, many to a question. A range that is not at its end goes on behind its last point."""
    found: Standing = {}
    while ranges:
        asked, ranges = ranges[:_AT_ONCE], ranges[_AT_ONCE:]
        for each, answer in zip(asked, ask(";".join(map(_question, asked))), strict=True):
            values = questions.values_of(answer)
            _keep(found.setdefault(each.key, {}), values)
            if len(values) == _PAGE:
                ranges.append(each._replace(start_ns=values[-1][0] + 1))
    return found


def _question(of: Range) -> str:
    return questions.places(questions.tags(*of.key), of.start_ns, of.end_ns, _PAGE)


def _keep(found: dict[int, Taken], values: list[list[Any]]) -> None:
    found.update((time_ns, Taken(bytes.fromhex(event_id), position)) for time_ns, event_id, position in values)
