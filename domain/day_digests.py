"""Digests by device and day: what two stores hold can be compared piece by piece, and where they differ be named.

Days are of UTC. Rows may be given in parts and in any order, as with `domain.digest`.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from functools import reduce
from typing import Any, Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from domain.columns import Bools, Int64
from domain.digest import Digest, mixed, word
from schema.times import DAY_US

Words = NDArray[np.uint64]
_SECONDS: Final = 86_400


class DayDigests(msgspec.Struct, frozen=True):
    """A digest of each device's each day, by (device, day). A device is its name's `word`, a day a number since 1970."""

    names: Mapping[int, str]
    device: Words
    day: Int64
    rows: Int64
    low: Words
    high: Words

    def less(self, other: "DayDigests") -> "DayDigests":
        """The digests of the rest, where the other ones are those of some of these rows."""
        negative = [np.zeros(1, np.uint64) - getattr(other, name) for name in ("low", "high")]
        return summed([self, DayDigests(other.names, other.device, other.day, -other.rows, *negative)])

    def from_day(self, first: int) -> "DayDigests":
        """Those of that day, a number since 1970, and later."""
        return self._where(self.day >= first)

    def without(self, days: Mapping[str, Collection[int]]) -> "DayDigests":
        """Those of other days than these, numbers since 1970, of devices by their names."""
        kept = np.ones(len(self.day), np.bool_)
        for name, numbers in days.items():
            rows = np.flatnonzero(self.device == np.uint64(word(name)))
            kept[rows] = ~np.isin(self.day[rows], list(numbers))
        return self._where(kept)

    def _where(self, kept: Bools) -> "DayDigests":
        columns = (getattr(self, name)[kept] for name in ("device", "day", "rows", "low", "high"))
        return DayDigests(self.names, *columns)

    def total(self) -> Digest:
        """That of all rows."""
        return Digest(int(self.rows.sum()), int(self.low.sum(dtype=np.uint64)), int(self.high.sum(dtype=np.uint64)))


class DeviceDay(msgspec.Struct, frozen=True, order=True):
    """A day of a device, as people name it."""

    device: str
    day: date


def day_digests(devices: Sequence[str], device: Int64, times: Int64, columns: Sequence[NDArray[Any]]) -> DayDigests:
    """Of rows given as columns (see `digest`); `device` are places in `devices`, `times` microseconds since the epoch."""
    words = np.array([word(name) for name in devices], np.uint64)
    names = dict(zip(words.tolist(), devices, strict=True))
    return _grouped(names, words[device], times // DAY_US, (np.ones(len(times), np.int64), *mixed(columns)))


def summed(parts: Sequence[DayDigests]) -> DayDigests:
    """Digests of separate rows as one."""
    names = {name: text for part in parts for name, text in part.names.items()}
    device, day, *sums = (
        np.concatenate([getattr(part, name) for part in parts]) for name in ("device", "day", "rows", "low", "high")
    )
    return _grouped(names, device, day, (sums[0], sums[1], sums[2]))


def total(parts: Iterable[DayDigests]) -> DayDigests:
    """Digests of any number of separate parts as one; only a few are held at a time."""
    return reduce(lambda one, other: summed([one, other]), parts, NO_DIGESTS)


def differing(left: DayDigests, right: DayDigests) -> Iterator[DeviceDay]:
    """The days on which they differ, in order of device words and days."""
    rest = left.less(right)
    for place in np.flatnonzero((rest.rows != 0) | (rest.low != 0) | (rest.high != 0)).tolist():
        day = datetime.fromtimestamp(int(rest.day[place]) * _SECONDS, UTC).date()
        yield DeviceDay(rest.names[int(rest.device[place])], day)


def _grouped(names: Mapping[int, str], device: Words, day: Int64, sums: tuple[Int64, Words, Words]) -> DayDigests:
    """Rows of one device and day added up; `sums` are rows, low and high."""
    order = np.lexsort((day, device))
    device, day = device[order], day[order]
    places = np.flatnonzero(_begins(device, day))
    rows, low, high = (np.add.reduceat(one[order], places) if len(places) else one for one in sums)
    return DayDigests(names, device[places], day[places], rows.astype(np.int64), low.astype(np.uint64), high.astype(np.uint64))


def _begins(device: Words, day: Int64) -> Bools:
    begins = np.ones(len(device), np.bool_)
    begins[1:] = (device[1:] != device[:-1]) | (day[1:] != day[:-1])
    return begins


_NO_WORDS: Final[Words] = np.zeros(0, np.uint64)
_NO_COUNTS: Final[Int64] = np.zeros(0, np.int64)
NO_DIGESTS: Final = DayDigests({}, _NO_WORDS, _NO_COUNTS, _NO_COUNTS, _NO_WORDS, _NO_WORDS)
