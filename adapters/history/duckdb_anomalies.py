"""The table of anomalies in DuckDB. It is small: few hours are unlike others, and they are read and written as rows."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import pyarrow as pa
from duckdb import DuckDBPyConnection

from adapters.history import duckdb_ranges as ranges
from adapters.history.content import anomalies_days
from adapters.history.port import Anomaly, AnomalyChanges, AnomalyQuery, SeriesKey, SeriesRange
from domain.anomalies import Severity
from domain.day_digests import DayDigests, total
from schema.envelope import Position

CREATE: Final = """
CREATE TABLE anomaly (
    device VARCHAR NOT NULL, sensor VARCHAR NOT NULL, metric VARCHAR NOT NULL, start_us BIGINT NOT NULL,
    value DOUBLE NOT NULL, expected DOUBLE NOT NULL, deviation DOUBLE NOT NULL, score DOUBLE NOT NULL,
    severity TINYINT NOT NULL, position BIGINT NOT NULL
);
"""
_NAMES: Final = ("device", "sensor", "metric")
_FIGURES: Final = ("value", "expected", "deviation", "score")
_COLUMNS: Final = ", ".join(f"r.{name}" for name in (*_NAMES, "start_us", *_FIGURES, "severity", "position"))
_SELECT: Final = f"SELECT {_COLUMNS} FROM anomaly r "  # noqa: S608  # ours
_ROWS_AT_ONCE: Final = 20_000


def replace(cursor: DuckDBPyConnection, anomalies: Sequence[Anomaly]) -> None:
    """Put these in the place of those of the same series and hour."""
    if not anomalies:
        return
    cursor.register("judged", _table(anomalies))
    cursor.execute(
        "DELETE FROM anomaly old USING judged WHERE old.device = judged.device AND old.sensor = judged.sensor "
        "AND old.metric = judged.metric AND old.start_us = judged.start_us"
    )
    cursor.execute("INSERT INTO anomaly SELECT * FROM judged")


def within(cursor: DuckDBPyConnection, wanted: Sequence[SeriesRange]) -> list[Anomaly]:
    """All of these ranges."""
    if not wanted:
        return []
    group = list(enumerate(wanted))
    cursor.register("wanted", ranges.table(group))
    found = cursor.execute(_SELECT + ranges.JOIN.format(time="start_us"), ranges.limits(group)).fetchall()
    return [_anomaly(row) for row in found]


def page(cursor: DuckDBPyConnection, query: AnomalyQuery) -> list[Anomaly]:
    """Those that are there, newest first."""
    asked: dict[str, Any] = {"device": query.device, "metric": query.metric, "start": query.start_us, "end": query.end_us}
    tests = {
        "device": "device = $device",
        "metric": "metric = $metric",
        "start": "start_us >= $start",
        "end": "start_us < $end",
    }
    given = {name: value for name, value in asked.items() if value is not None}
    conditions = ["severity >= $severity", *(tests[name] for name in given)]
    for name, place, later, beyond in (("after", query.after, "<", ">"), ("before", query.before, ">", "<")):
        if place is not None:
            start_us, key = place
            given |= {name: start_us} | {f"{name}_{part}": value for part, value in _named(key).items()}
            same = f"(device, sensor, metric) {beyond} (${name}_one, ${name}_two, ${name}_three)"
            conditions.append(f"(start_us {later} ${name} OR (start_us = ${name} AND {same}))")
    order = "start_us, device DESC, sensor DESC, metric DESC" if query.backwards else "start_us DESC, device, sensor, metric"
    found = _ask(cursor, conditions, order, given | {"severity": int(query.severity), "limit": query.limit})
    return found[::-1] if query.backwards else found


def changes(cursor: DuckDBPyConnection, query: AnomalyChanges) -> list[Anomaly]:
    """Those that changed, in the order in which they did."""
    conditions, given = ["position > $after"], {}
    if query.seen is not None:
        key, start_us = query.seen
        given = {"start": start_us, **_named(key)}
        rest = "(device, sensor, metric, start_us) > ($one, $two, $three, $start)"
        conditions = [f"(position > $after OR (position = $after AND {rest}))"]
    given |= {"after": query.after, "upto": query.upto, "limit": query.limit}
    return _ask(cursor, [*conditions, "position <= $upto"], "position, device, sensor, metric, start_us", given)


def content(cursor: DuckDBPyConnection) -> DayDigests:
    """The digests of all that are there."""
    return total(anomalies_days(part) for part in _parts(cursor))


def _parts(cursor: DuckDBPyConnection) -> Iterator[list[Anomaly]]:
    cursor.execute(f"{_SELECT} WHERE severity > 0")
    while rows := cursor.fetchmany(_ROWS_AT_ONCE):
        yield [_anomaly(row) for row in rows]


def _ask(cursor: DuckDBPyConnection, conditions: Sequence[str], order: str, given: Mapping[str, Any]) -> list[Anomaly]:
    select = f"{_SELECT} WHERE {' AND '.join(conditions)} ORDER BY {order} LIMIT $limit"
    return [_anomaly(row) for row in cursor.execute(select, dict(given)).fetchall()]


def _named(key: SeriesKey) -> dict[str, str]:
    return {"one": key.device, "two": key.sensor, "three": key.metric}


def _table(anomalies: Sequence[Anomaly]) -> pa.Table:
    names = {name: pa.array([getattr(one.series, name) for one in anomalies], pa.string()) for name in _NAMES}
    figures = {name: pa.array([getattr(one, name) for one in anomalies], pa.float64()) for name in _FIGURES}
    return pa.table(
        {
            **names,
            "start_us": pa.array([one.start_us for one in anomalies], pa.int64()),
            **figures,
            "severity": pa.array([int(one.severity) for one in anomalies], pa.int8()),
            "position": pa.array([one.position for one in anomalies], pa.int64()),
        }
    )


def _anomaly(row: tuple[Any, ...]) -> Anomaly:
    device, sensor, metric, start_us, value, expected, deviation, score, severity, position = row
    series = SeriesKey(device, sensor, metric)
    return Anomaly(series, start_us, value, expected, deviation, score, Severity(severity), Position(position))
