"""A digest of rows that does not look at their order: the same for the same set, whichever store they lie in.

Each row is mixed to 64 bits twice over (the finaliser of SplitMix64, Steele, Lea and Flood 2014), and the results are added
up. It finds what differs by accident; it is no protection against somebody who wants to deceive.
"""

from collections.abc import Sequence
from hashlib import blake2b
from typing import Any, Final

import msgspec
import numpy as np
from numpy.typing import NDArray

_SEEDS: Final = (0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F)
_FIRST, _SECOND = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)


class Digest(msgspec.Struct, frozen=True):
    """How many rows there are, and what they come to. Digests of separate rows add up to that of all."""

    rows: int = 0
    low: int = 0
    high: int = 0

    def __add__(self, other: "Digest") -> "Digest":
        return Digest(self.rows + other.rows, (self.low + other.low) % 2**64, (self.high + other.high) % 2**64)

    def __str__(self) -> str:
        return f"{self.rows}:{self.high:016x}{self.low:016x}"


def digest(columns: Sequence[NDArray[Any]]) -> Digest:
    """The digest of rows, given as columns of 64 bits each (or less)."""
    low, high = (int(words.sum(dtype=np.uint64)) for words in mixed(columns))
    return Digest(len(columns[0]), low, high)


def mixed(columns: Sequence[NDArray[Any]]) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    """What each row adds to a digest's `low` and `high`."""
    low, high = (_mixed(columns, seed) for seed in _SEEDS)
    return low, high


def word(*texts: str) -> int:
    """A name as 64 bits, to stand in a column."""
    return int.from_bytes(blake2b("\0".join(texts).encode(), digest_size=8).digest(), "big")


def _mixed(columns: Sequence[NDArray[Any]], seed: int) -> NDArray[np.uint64]:
    mixed = np.full(len(columns[0]), seed, np.uint64)
    for column in columns:
        mixed = _mix(mixed ^ _bits(column))
    return mixed


def _bits(column: NDArray[Any]) -> NDArray[np.uint64]:
    if column.dtype == np.float64:
        return (column + 0.0).view(np.uint64)  # so that 0.0 and -0.0 are one
    return column.astype(np.int64, copy=False).view(np.uint64) if column.dtype != np.uint64 else column


def _mix(words: NDArray[np.uint64]) -> NDArray[np.uint64]:
    words = (words ^ (words >> np.uint64(30))) * _FIRST
    words = (words ^ (words >> np.uint64(27))) * _SECOND
    return words ^ (words >> np.uint64(31))
