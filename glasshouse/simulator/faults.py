"""What goes wrong between a sensor and its broker: at known rates, decided by the seed, at most one fault a message."""

from collections.abc import Mapping
from enum import StrEnum
from itertools import accumulate
from random import Random
from typing import Any, Generic, Protocol, TypeVar

import msgspec

from schema.metrics import METRICS

F = TypeVar("F")


class Fault(StrEnum):
    """What happens to a message, or to a value in it."""

    DROPPED = "dropped"
    LATE = "late"
    DOUBLED = "doubled"
    OUT_OF_ORDER = "outOfOrder"
    MALFORMED = "malformed"
    NAN = "nan"
    OUT_OF_RANGE = "outOfRange"


class FaultRates(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The share of all messages that each fault hits."""

    dropped: float = 0.01
    late: float = 0.02
    doubled: float = 0.02
    out_of_order: float = 0.02
    malformed: float = 0.01
    nan: float = 0.01
    out_of_range: float = 0.005

    def by_fault(self) -> dict[Fault, float]:
        return {
            Fault.DROPPED: self.dropped,
            Fault.LATE: self.late,
            Fault.DOUBLED: self.doubled,
            Fault.OUT_OF_ORDER: self.out_of_order,
            Fault.MALFORMED: self.malformed,
            Fault.NAN: self.nan,
            Fault.OUT_OF_RANGE: self.out_of_range,
        }


class Rates(Protocol[F]):
    """How often each kind of fault occurs."""

    def by_fault(self) -> Mapping[F, float]: ...


class Dice(Generic[F]):
    """Decides in turn which fault occurs."""

    def __init__(self, rates: Rates[F], rng: Random) -> None:
        shares = rates.by_fault()
        if min(shares.values()) < 0 or sum(shares.values()) > 1:
            raise ValueError("fault rates are shares of the whole: none below 0, together at most 1")
        self._bounds = tuple(zip(shares, accumulate(shares.values()), strict=True))
        self._rng = rng

    def throw(self) -> F | None:
        """The next fault; None for most."""
        roll = self._rng.random()
        return next((fault for fault, bound in self._bounds if roll < bound), None)


def spoil(reading: dict[str, Any], fault: Fault, rng: Random) -> None:
    """Put NaN (Python's bare word, or null) or a value that cannot be in the place of one metric's value."""
    metric = rng.choice(sorted(reading))
    if fault is Fault.NAN:
        reading[metric] = rng.choice((None, msgspec.Raw(b"NaN")))
        return
    known = METRICS[metric]
    reading[metric] = round(rng.choice((known.low - known.high - 1, known.high * 2 + 1)), 2)
