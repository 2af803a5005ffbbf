"""Minute windows made anew from raw rows: corrected, judged by the rules, with the indices that follow from them."""

from typing import Final

import msgspec
import numpy as np

from adapters.history.port import SeriesKey
from domain.columns import Bools, Int64
from domain.windows import Windows, joined, windows_of
from projections.judged import Judged
from projections.judging import Judge, with_indices
from schema.times import MINUTE_US

_ALL_MINUTES: Final = 2**34
"""More minutes than the years 1 to 9999 have."""


def minutes_of(judge: Judge, rows: Judged, changed: Bools) -> tuple[list[SeriesKey], Windows]:
    """The minutes whose figures may differ since these rows changed; `series` of the windows are places among the keys.

    Only minutes are made of which all rows are at hand. May take its time: use a thread.
    """
    groups = rows.groups[rows.raw.series]
    starts = np.array([stretch.start_us for stretch in rows.stretches], np.int64)[groups]
    ends = np.array([stretch.end_us for stretch in rows.stretches], np.int64)[groups]
    doubtful = judge.affected(rows, changed) & (rows.raw.times >= starts) & (rows.raw.times < ends)
    touched = np.unique(_minutes(groups, rows.raw.times)[doubtful])
    shown = with_indices(rows)
    within = np.isin(_minutes(shown.groups[shown.series], shown.times), touched)
    minutes = shown.times[within] // MINUTE_US * MINUTE_US
    windows = windows_of(shown.series[within], minutes, shown.values[within], shown.quality[within])
    numbers: dict[SeriesKey, int] = {}
    places = np.array([numbers.setdefault(key, len(numbers)) for key in shown.keys], np.int64)
    return list(numbers), joined([msgspec.structs.replace(windows, series=places[windows.series])])


def _minutes(sensors: Int64, times: Int64) -> Int64:
    """Sensor and minute as one number."""
    return sensors * _ALL_MINUTES + times // MINUTE_US
