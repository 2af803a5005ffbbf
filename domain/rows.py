"""Rows of many series as columns, so that rules and figures are worked out for all of them at once."""

from typing import Final, TypeAlias

import msgspec
import numpy as np
from numpy.typing import NDArray

from domain.columns import Bools, Float64, Int8, Int64, owners
from schema.events import Quality

Ids: TypeAlias = NDArray[np.uint64]

QUALITIES: Final = (Quality.GOOD, Quality.SUSPECTED, Quality.BAD)
"""A quality's code is its place here: the greater, the worse."""


class Columns(msgspec.Struct, frozen=True):
    """Rows of series after series, each by (time, event id) and each event once: series `s` is `starts[s]:starts[s + 1]`.

    `times` are microseconds since the epoch, `values` in the metric's canonical unit, `quality` the device's own word as
    a code, `ids` [N, 2] the two halves of the event id, as numbers that are ordered as its bytes are.
    """

    starts: Int64
    times: Int64
    values: Float64
    quality: Int8
    ids: Ids

    @property
    def series(self) -> Int64:
        """Of each row the series."""
        return owners(self.starts)


def arranged(count: int, series: Int64, *, times: Int64, values: Float64, quality: Int8, ids: Ids) -> Columns:
    """Rows in any order and however often each, as columns of `count` series; `series` says where each row belongs."""
    if _is_arranged(series, times):
        return Columns(np.searchsorted(series, np.arange(count + 1)), times, values, quality, ids)
    order = np.lexsort((ids[:, 1], ids[:, 0], times, series))
    again = _same(series[order], times[order]) & (ids[order][1:] == ids[order][:-1]).all(axis=1)
    kept = order[np.concatenate(([True], ~again))]
    return Columns(np.searchsorted(series[kept], np.arange(count + 1)), times[kept], values[kept], quality[kept], ids[kept])


def _same(series: Int64, times: Int64) -> Bools:
    same: Bools = (series[1:] == series[:-1]) & (times[1:] == times[:-1])
    return same


def _is_arranged(series: Int64, times: Int64) -> bool:
    """Whether the rows lie in order already, without two of one time: what comes as it happened needs no sorting."""
    later = (series[1:] > series[:-1]) | ((series[1:] == series[:-1]) & (times[1:] > times[:-1]))
    return bool(later.all())


def split_ids(ids: bytes) -> Ids:
    """Event ids, one after the other, as the two numbers each that columns hold."""
    return np.frombuffer(ids, dtype=">u8").astype(np.uint64).reshape(-1, 2)


def join_ids(ids: Ids) -> bytes:
    """What `split_ids` was given."""
    return ids.astype(">u8").tobytes()
