"""The tables of windows in DuckDB, one a span: how windows go in and come out."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import pyarrow as pa
from duckdb import DuckDBPyConnection

from adapters.history import duckdb_ranges as ranges
from adapters.history.content import windows_days
from adapters.history.duckdb_columns import keys_of
from adapters.history.port import KeptWindows, SeriesKey, SeriesRange
from domain.day_digests import DayDigests, total
from domain.sketch import Sketches
from domain.windows import NO_WINDOWS, Span, Windows
from schema.times import DAY_US, HOUR_US, MINUTE_US, QUARTER_US

CREATE: Final = "".join(
    f"""
CREATE TABLE window_{span} (
    device VARCHAR NOT NULL, sensor VARCHAR NOT NULL, metric VARCHAR NOT NULL, start_us BIGINT NOT NULL,
    count BIGINT NOT NULL, suspected BIGINT NOT NULL, bad BIGINT NOT NULL, total DOUBLE NOT NULL,
    low DOUBLE NOT NULL, high DOUBLE NOT NULL, first DOUBLE NOT NULL, last DOUBLE NOT NULL,
    buckets INTEGER[] NOT NULL, counts BIGINT[] NOT NULL, revision BIGINT NOT NULL, position BIGINT NOT NULL
);"""
    for span in Span
)
_FIGURES: Final = ("count", "suspected", "bad", "total", "low", "high", "first", "last")
_KEPT: Final = ", ".join(f"r.{name}" for name in ("start_us", *_FIGURES, "buckets", "counts", "revision", "position"))
_APART: Final = 360
"""How many windows of a series may lie between two ranges that are asked for together; see `duckdb_ranges.APART_US`."""
_LENGTHS: Final = {
    Span.MINUTE: MINUTE_US,
    Span.QUARTER: QUARTER_US,
    Span.HOUR: HOUR_US,
    Span.DAY: DAY_US,
    Span.SITE_DAY: DAY_US,
}
_ROWS_AT_ONCE: Final = 200_000


def replace(cursor: DuckDBPyConnection, kept: KeptWindows) -> None:
    """Put these windows in the place of those of the same series and start."""
    table = _table(kept)
    order = np.argsort(kept.windows.start, kind="stable")
    start = kept.windows.start[order]
    apart = np.flatnonzero(np.diff(start) > _APART * _LENGTHS[kept.span]) + 1
    for near in np.split(order, apart) if len(order) else ():
        _replace(cursor, kept.span, table.take(pa.array(near)))


def _replace(cursor: DuckDBPyConnection, span: Span, table: pa.Table) -> None:
    cursor.register("made", table)
    cursor.execute(
        f"DELETE FROM window_{span} old USING made WHERE old.device = made.device AND old.sensor = made.sensor "  # noqa: S608  # a span is ours
        "AND old.metric = made.metric AND old.start_us = made.start_us AND old.start_us BETWEEN $first AND $last",
        {"first": table["start_us"][0].as_py(), "last": table["start_us"][-1].as_py()},
    )
    cursor.execute(f"INSERT INTO window_{span} SELECT * FROM made")  # noqa: S608  # a span is ours


def read(cursor: DuckDBPyConnection, span: Span, wanted: Sequence[SeriesRange]) -> KeptWindows:
    """The windows that start in these ranges."""
    select = f"SELECT w.number, {_KEPT} FROM window_{span} r {ranges.JOIN.format(time='start_us')}"  # noqa: S608  # ours
    found = []
    for group in ranges.clusters(wanted, _APART * _LENGTHS[span]):
        cursor.register("wanted", ranges.table(group))
        found.append(cursor.sql(select, params=ranges.limits(group)).to_arrow_table())
    keys = [each.series for each in wanted]
    if not found:
        return KeptWindows(span, keys, NO_WINDOWS, np.zeros(0, np.int64))
    table = pa.concat_tables(found)
    return _kept(span, keys, table["number"].to_numpy(), table)


def forget(cursor: DuckDBPyConnection, span: Span, devices: Sequence[str]) -> None:
    """Drop the windows of these devices."""
    cursor.execute(f"DELETE FROM window_{span} WHERE device IN (SELECT unnest($devices))", {"devices": list(devices)})  # noqa: S608  # a span is ours


def forget_before(cursor: DuckDBPyConnection, span: Span, before_us: int) -> None:
    """Drop the windows that start before."""
    cursor.execute(f"DELETE FROM window_{span} WHERE start_us < ?", [before_us])  # noqa: S608  # a span is ours


def series(cursor: DuckDBPyConnection, devices: Sequence[str] | None) -> Mapping[SeriesKey, int]:
    """The series that have windows, each with the start of its last day."""
    only = "" if devices is None else "WHERE device IN (SELECT unnest($devices))"
    columns = "device, sensor, metric"
    select = f"SELECT {columns}, max(start_us) FROM window_{Span.DAY} {only} GROUP BY {columns} ORDER BY {columns}"  # noqa: S608  # ours
    found = cursor.execute(select, None if devices is None else {"devices": list(devices)}).fetchall()
    return {SeriesKey(device, sensor, metric): start_us for device, sensor, metric, start_us in found}


def content(cursor: DuckDBPyConnection, span: Span) -> DayDigests:
    """The digests of all windows of a span."""
    select = f"SELECT device, sensor, metric, {_KEPT} FROM window_{span} r"  # noqa: S608  # ours
    reader = cursor.sql(select).to_arrow_reader(_ROWS_AT_ONCE)
    return total(_digests(span, pa.Table.from_batches([batch])) for batch in reader)


def _digests(span: Span, table: pa.Table) -> DayDigests:
    keys, series = keys_of(table)
    return windows_days(_kept(span, keys, series, table))


def _kept(span: Span, keys: Sequence[Any], series: "np.ndarray[Any, Any]", table: pa.Table) -> KeptWindows:
    figures = {name: table[name].to_numpy() for name in _FIGURES}
    sketches = Sketches(*_lists(table["buckets"], table["counts"]))
    start, revision = table["start_us"].to_numpy(), table["revision"].to_numpy()
    windows = Windows(series=series, start=start, **figures, sketches=sketches, revision=revision)
    order = np.lexsort((windows.start, windows.series))
    return KeptWindows(span, keys, windows.take(order), table["position"].to_numpy()[order])


def _table(kept: KeptWindows) -> pa.Table:
    windows, sketches = kept.windows, kept.windows.sketches
    indices = pa.array(windows.series.astype(np.int32))
    names = {
        column: pa.DictionaryArray.from_arrays(indices, pa.array([getattr(key, column) for key in kept.keys], pa.string()))
        for column in ("device", "sensor", "metric")
    }
    offsets = pa.array(sketches.offsets.astype(np.int32))
    lists = {
        "buckets": pa.ListArray.from_arrays(offsets, pa.array(sketches.buckets)),
        "counts": pa.ListArray.from_arrays(offsets, pa.array(sketches.counts)),
    }
    figures = {name: pa.array(getattr(windows, name)) for name in _FIGURES}
    kept_by = {"revision": pa.array(windows.revision), "position": pa.array(kept.position)}
    return pa.table({**names, "start_us": pa.array(windows.start), **figures, **lists, **kept_by})


def _lists(buckets: pa.ChunkedArray, counts: pa.ChunkedArray) -> tuple[Any, Any, Any]:
    kept, number = buckets.combine_chunks(), counts.combine_chunks()
    offsets = kept.offsets.to_numpy().astype(np.int64)
    return offsets - offsets[:1], kept.flatten().to_numpy(), number.flatten().to_numpy()
