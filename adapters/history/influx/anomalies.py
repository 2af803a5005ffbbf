"""Anomalies in InfluxDB: a point for each hour that is one, or was. Few hours are, so they are read as rows.

InfluxDB knows no order but that of time. Hours of one time are put in order here, and so are changes, for which all anomalies
are gone through, page by page.
"""

import heapq
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from adapters.history.content import anomalies_days
from adapters.history.influx import questions
from adapters.history.influx.lines import decode_tag, series_tags
from adapters.history.influx.points import window_ns
from adapters.history.influx.questions import Ask
from adapters.history.influx.ranges import Kind, read
from adapters.history.port import Anomaly, AnomalyChanges, AnomalyQuery, SeriesKey, SeriesRange
from domain.anomalies import Severity
from domain.day_digests import DayDigests, total
from schema.envelope import Position
from schema.times import DAY_US, LATEST_US

_MEASUREMENT: Final = "anomaly"
_FIELDS: Final = ("start_us", "value", "expected", "deviation", "score", "severity", "position")
_TAGS: Final = ("device", "sensor", "metric")
_SELECT: Final = f"SELECT {', '.join((*_FIELDS, *_TAGS))} FROM {_MEASUREMENT} WHERE "  # noqa: S608  # ours
_CLOSE_US: Final = 60 * DAY_US
_PAGE: Final = 10_000

_Order = tuple[Any, ...]


def lines(anomalies: Iterable[Anomaly]) -> Iterator[str]:
    """A line for each, which takes the place of the one before of its hour."""
    for one in anomalies:
        series = one.series
        figures = f"value={one.value!r},expected={one.expected!r},deviation={one.deviation!r},score={one.score!r}"
        yield (
            f"{_MEASUREMENT},{series_tags(series.device, series.sensor, series.metric)} {figures},"
            f"severity={int(one.severity)}i,position={one.position}i,start_us={one.start_us}i {window_ns(one.start_us)}"
        )


def within(ask: Ask, ranges: Sequence[SeriesRange]) -> list[Anomaly]:
    """All of these ranges."""
    found = []
    for part in read(ask, Kind(_MEASUREMENT, _FIELDS, "start_us", _places, _CLOSE_US), ranges):
        rows = zip(*(part.columns[name] for name in _FIELDS), strict=True)
        found += [_of(ranges[number].series, row) for number, row in zip(part.numbers.tolist(), rows, strict=True)]
    return found


def page(ask: Ask, query: AnomalyQuery) -> list[Anomaly]:
    """Those that are there, newest first."""
    condition = f"{questions.tags(query.device, None, query.metric)}severity >= {int(query.severity)}"
    first, last = query.start_us, query.end_us
    if query.after is not None:
        last = query.after[0] + 1 if last is None else min(last, query.after[0] + 1)
    if query.before is not None:
        first = query.before[0] if first is None else max(first, query.before[0])
    first_ns, end_ns = _places(-LATEST_US if first is None else first, LATEST_US if last is None else last)
    order = f"ORDER BY time {'ASC' if query.backwards else 'DESC'} LIMIT {query.limit}"
    found: list[Anomaly] = []
    while len(found) < query.limit:
        next_ones = _asked(ask, f"{condition} AND time >= {first_ns} AND time < {end_ns} {order}")
        if not next_ones:
            break
        # Of the hour at the edge there may be more: it is asked for as a whole.
        edge = window_ns(next_ones[-1].start_us)
        whole = [one for one in next_ones if window_ns(one.start_us) != edge]
        whole += _asked(ask, f"{condition} AND time = {edge}")
        whole = sorted((one for one in whole if _is_between(one, query)), key=_newest_first)
        if query.backwards:
            first_ns, found = edge + 1, whole + found
        else:
            end_ns, found = edge, found + whole
    return found[-query.limit :] if query.backwards else found[: query.limit]


def changes(ask: Ask, query: AnomalyChanges) -> list[Anomaly]:
    """Those that changed, in the order in which they did."""
    passed: _Order = (query.after + 1,) if query.seen is None else (query.after, *_names(query.seen[0]), query.seen[1])
    condition = f"position >= {max(passed[0], 0)} AND position <= {query.upto}"
    return heapq.nsmallest(query.limit, (one for one in _all(ask, condition) if _changed(one) > passed), key=_changed)


def content(ask: Ask) -> DayDigests:
    """The digests of all that are there."""
    return total(anomalies_days(part) for part in _parts(ask, "severity > 0"))


def _all(ask: Ask, condition: str) -> Iterator[Anomaly]:
    for part in _parts(ask, condition):
        yield from part


def _parts(ask: Ask, condition: str) -> Iterator[list[Anomaly]]:
    first_ns, end_ns = _places(-LATEST_US, LATEST_US)
    where, offset = f"{condition} AND time >= {first_ns} AND time < {end_ns}", 0
    while found := _asked(ask, f"{where} ORDER BY time ASC LIMIT {_PAGE} OFFSET {offset}"):
        yield found
        offset += len(found)
        if len(found) < _PAGE:
            return


def _asked(ask: Ask, where: str) -> list[Anomaly]:
    [found] = ask(_SELECT + where)
    rows = questions.values_of(found)
    return [_of(SeriesKey(*map(decode_tag, row[-len(_TAGS) :])), row[1 : -len(_TAGS)]) for row in rows]


def _of(series: SeriesKey, fields: Sequence[Any]) -> Anomaly:
    start_us, value, expected, deviation, score, severity, position = fields
    return Anomaly(series, start_us, value, expected, deviation, score, Severity(severity), Position(position))


def _places(start_us: int, end_us: int) -> tuple[int, int]:
    return window_ns(start_us), window_ns(end_us - 1) + 1


def _is_between(one: Anomaly, query: AnomalyQuery) -> bool:
    place = _newest_first(one)
    is_after = query.after is None or place > (-query.after[0], *_names(query.after[1]))
    return is_after and (query.before is None or place < (-query.before[0], *_names(query.before[1])))


def _newest_first(one: Anomaly) -> _Order:
    return (-one.start_us, *_names(one.series))


def _changed(one: Anomaly) -> _Order:
    return (one.position, *_names(one.series), one.start_us)


def _names(key: SeriesKey) -> tuple[str, str, str]:
    return key.device, key.sensor, key.metric
