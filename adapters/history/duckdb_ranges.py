"""Ranges of series as a table that DuckDB joins with: only near ones at a time, so that it need not read what lies between."""

from collections.abc import Iterator, Sequence
from typing import Final, TypeVar

import numpy as np
import pyarrow as pa

from adapters.history.port import SeriesRange

Numbered = tuple[int, SeriesRange]
APART_US: Final = 6 * 3600 * 1_000_000
"""Ranges that lie further from one another are asked for apart: a question reads all row groups from its first to its last."""
JOIN: Final = """
JOIN wanted w ON r.device = w.device AND r.sensor = w.sensor AND r.metric = w.metric
    AND r.{time} >= w.start_us AND r.{time} < w.end_us
WHERE r.{time} >= $first AND r.{time} < $last
"""
T = TypeVar("T")


def clusters(ranges: Sequence[SeriesRange], apart_us: int = APART_US) -> Iterator[list[Numbered]]:
    """The ranges with their places, in groups that lie near one another in time."""
    group: list[Numbered] = []
    end = 0
    for number in np.argsort(np.array([each.start_us for each in ranges]), kind="stable").tolist():
        wanted = ranges[number]
        if group and wanted.start_us - end > apart_us:
            yield group
            group = []
        end = max(end, wanted.end_us) if group else wanted.end_us
        group.append((number, wanted))
    if group:
        yield group


def table(group: Sequence[Numbered]) -> pa.Table:
    """The group as the table `wanted`."""
    ranges = [wanted for _, wanted in group]
    return pa.table(
        {
            "number": pa.array([number for number, _ in group], pa.int64()),
            "device": pa.array([wanted.series.device for wanted in ranges], pa.string()),
            "sensor": pa.array([wanted.series.sensor for wanted in ranges], pa.string()),
            "metric": pa.array([wanted.series.metric for wanted in ranges], pa.string()),
            "start_us": pa.array([wanted.start_us for wanted in ranges], pa.int64()),
            "end_us": pa.array([wanted.end_us for wanted in ranges], pa.int64()),
        }
    )


def limits(group: Sequence[Numbered]) -> dict[str, int]:
    """The first and the last moment of the group, by which DuckDB passes over what lies elsewhere."""
    return {
        "first": min(wanted.start_us for _, wanted in group),
        "last": max(wanted.end_us for _, wanted in group),
    }
