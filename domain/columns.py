"""Columns of many series in one: the rows of all of them end to end, and offsets that say where each begins (CSR).

Part p of `starts` is rows starts[p]:starts[p + 1]. One numpy call then serves every series, however many there are.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Float64 = NDArray[np.float64]
Int64 = NDArray[np.int64]
Int32 = NDArray[np.int32]
Int8 = NDArray[np.int8]
Bools = NDArray[np.bool_]


def owners(starts: Int64) -> Int64:
    """For each row from starts[0] on, the part that it belongs to."""
    return np.repeat(np.arange(len(starts) - 1, dtype=np.int64), np.diff(starts))


def starts_of(owner: Int64, parts: int) -> Int64:
    """The offsets of `parts` parts, some perhaps empty, from the ascending part of each row."""
    return np.searchsorted(owner, np.arange(parts + 1, dtype=np.int64)).astype(np.int64)


def gather(starts: Int64, parts: Int64) -> tuple[Int64, Int64]:
    """The rows of those parts, in that order, and the offsets that they then have."""
    lengths = np.diff(starts)[parts]
    offsets = offsets_of(lengths)
    rows = np.arange(offsets[-1], dtype=np.int64) + np.repeat(starts[:-1][parts] - offsets[:-1], lengths)
    return rows, offsets


def offsets_of(lengths: NDArray[Any]) -> Int64:
    """The offsets of parts of those lengths."""
    offsets = np.zeros(len(lengths) + 1, dtype=np.int64)
    np.cumsum(lengths, out=offsets[1:])
    return offsets


def part_sums(values: Float64, starts: Int64) -> Float64:
    """The sum of each part's values, added in their order; 0 of nothing."""
    sums = np.bincount(owners(starts), weights=values[starts[0] : starts[-1]], minlength=len(starts) - 1)
    return sums.astype(np.float64)
