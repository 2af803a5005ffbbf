"""From the text of a cell to a value: numbers, maps, and what is plausible."""

from math import isfinite, isnan
from typing import Self

import msgspec

from glasshouse.importer.mapping import Otherwise, ValueMap
from schema.actuators import Scalar
from schema.metrics import METRICS, conversion


class NotUnderstoodError(ValueError):
    """The cell holds something that is no value; the message says what."""


def parse_number(text: str, decimal: str = ".") -> float | None:
    """The number that a cell writes; None for NaN, NotUnderstoodError for what is none or is not finite."""
    written = text if decimal == "." else text.replace(".", "_").replace(decimal, ".")
    try:
        value = float(written)
    except ValueError:
        raise NotUnderstoodError(f"{text[:64]!r} is not a number") from None
    if isfinite(value) and "_" not in written:
        return value
    if isnan(value):
        return None
    raise NotUnderstoodError(f"{text[:64]!r} is not a number that can be measured")


class Lookup:
    """A value map: numbers match within its tolerance, text as it stands."""

    def __init__(self, table: ValueMap, decimal: str) -> None:
        self._decimal = decimal
        self._texts = {text.strip(): value for text, value in table.values.items()}
        numbers = ((_number(text), value) for text, value in table.values.items())
        self._numbers = [(number, value) for number, value in numbers if number is not None]
        self._tolerance = table.tolerance
        self._otherwise = table.otherwise

    def find(self, text: str) -> Scalar | None:
        """What the cell means; None where it is missing. NotUnderstoodError where the map says that it is none."""
        if text in self._texts:
            return self._texts[text]
        number = _number(text, self._decimal)
        if number is not None:
            for key, value in self._numbers:
                if abs(number - key) <= self._tolerance:
                    return value
        if self._otherwise is Otherwise.DEAD_LETTER:
            raise NotUnderstoodError(f"{text[:64]!r} is not in the map of values")
        if self._otherwise is Otherwise.KEEP:
            return text if number is None else number
        return None


def _number(text: str, decimal: str = ".") -> float | None:
    try:
        return parse_number(text, decimal)
    except NotUnderstoodError:
        return None


class Range(msgspec.Struct, frozen=True):
    """What is plausible of a metric, in the unit that the file is in."""

    low: float
    high: float
    scale: float
    offset: float

    @classmethod
    def of(cls, metric: str, unit: str | None) -> Self:
        """Everything is plausible of a metric that is not known."""
        known = METRICS.get(metric)
        if known is None:
            return cls(float("-inf"), float("inf"), 1.0, 0.0)
        to = conversion(metric, unit or known.unit)
        return cls(known.low, known.high, to.scale, to.offset)

    def holds(self, value: float) -> bool:
        return self.low <= value * self.scale + self.offset <= self.high
