"""Sketches as bytes, for stores that keep one as a field and for hashes: the same sketch is always the same bytes.

A window is its (bucket, count) pairs one after the other, as LEB128 varints: the first bucket zigzag, each later one as its
distance from the one before. All windows at once are one run of bytes with offsets, which is how Arrow holds a binary
column.
"""

from collections.abc import Sequence
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from domain.columns import Int64, offsets_of, owners
from domain.sketch import Sketches

_BITS: Final = 7
_MORE: Final = 0x80
_LONGEST: Final = 9
_LIMITS: Final = np.array([1 << (_BITS * length) for length in range(1, _LONGEST)], dtype=np.int64)
"""From which number on one more byte is needed."""

Bytes = NDArray[np.uint8]


class EncodedSketches(msgspec.Struct, frozen=True, eq=False):
    """Window w is data[offsets[w]:offsets[w + 1]]."""

    offsets: Int64
    data: Bytes

    def row(self, window: int) -> bytes:
        return self.data[self.offsets[window] : self.offsets[window + 1]].tobytes()


class DamagedSketchError(ValueError):
    """Bytes that are no sketch."""


def from_rows(rows: Sequence[bytes]) -> EncodedSketches:
    """Windows that were kept each by itself."""
    lengths = np.fromiter(map(len, rows), dtype=np.int64, count=len(rows))
    return EncodedSketches(offsets_of(lengths), np.frombuffer(b"".join(rows), dtype=np.uint8))


def encode(sketches: Sketches) -> EncodedSketches:
    """The bytes of each window; none where it is empty."""
    numbers = np.empty(2 * len(sketches.buckets), dtype=np.int64)
    numbers[0::2] = _steps(sketches)
    numbers[1::2] = sketches.counts
    lengths = np.searchsorted(_LIMITS, numbers, side="right") + 1
    offsets = offsets_of(lengths)
    data = np.empty(offsets[-1], dtype=np.uint8)
    for place in range(int(lengths.max(initial=0))):
        here = np.flatnonzero(lengths > place)
        more = np.where(lengths[here] > place + 1, _MORE, 0)
        data[offsets[here] + place] = (numbers[here] >> (_BITS * place)) & (_MORE - 1) | more
    return EncodedSketches(offsets[2 * sketches.offsets], data)


def decode(encoded: EncodedSketches) -> Sketches:
    """The sketches again. DamagedSketchError where the bytes are not what `encode` writes."""
    ends = np.flatnonzero(encoded.data < _MORE) + 1
    pairs = np.searchsorted(ends, encoded.offsets, side="right")
    if np.any(np.concatenate([[0], ends])[pairs] != encoded.offsets) or np.any(pairs % 2):
        raise DamagedSketchError("a sketch ends inside a number or lacks a count: these bytes were cut or changed")
    numbers = _numbers(encoded.data, ends)
    offsets = pairs // 2
    sketches = Sketches(offsets, _buckets(numbers[0::2], offsets), numbers[1::2])
    _check(sketches)
    return sketches


def _numbers(data: Bytes, ends: Int64) -> Int64:
    starts = np.concatenate([[0], ends[:-1]]) if len(ends) else ends
    lengths = ends - starts
    longest = int(lengths.max(initial=0))
    if longest > _LONGEST:
        raise DamagedSketchError(f"a number of {longest} bytes in a sketch: none has more than {_LONGEST}")
    numbers = np.zeros(len(ends), dtype=np.int64)
    for place in range(longest):
        here = np.flatnonzero(lengths > place)
        numbers[here] |= (data[starts[here] + place] & np.int64(_MORE - 1)) << (_BITS * place)
    return numbers


def _steps(sketches: Sketches) -> Int64:
    buckets = sketches.buckets.astype(np.int64)
    steps = np.diff(buckets, prepend=0)
    firsts = _first_pairs(sketches.offsets)
    steps[firsts] = (buckets[firsts] << 1) ^ (buckets[firsts] >> 63)
    return steps


def _buckets(steps: Int64, offsets: Int64) -> NDArray[np.int32]:
    steps = steps.copy()
    firsts = _first_pairs(offsets)
    steps[firsts] = (steps[firsts] >> 1) ^ -(steps[firsts] & 1)
    reached = np.cumsum(steps)
    before = np.zeros(len(offsets) - 1, dtype=np.int64)
    full = np.flatnonzero(np.diff(offsets))
    before[full] = reached[firsts] - steps[firsts]
    return (reached - before[owners(offsets)]).astype(np.int32)


def _first_pairs(offsets: Int64) -> Int64:
    return offsets[:-1][np.diff(offsets) > 0]


def _check(sketches: Sketches) -> None:
    rising = np.diff(sketches.buckets) > 0
    rising[_first_pairs(sketches.offsets)[1:] - 1] = True
    if not np.all(rising) or np.any(sketches.counts <= 0):
        raise DamagedSketchError("a sketch whose buckets do not rise, or that counts nothing in one: these bytes were changed")
