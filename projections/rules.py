"""The rules that windows are made by. Other rules make other figures: that is what a rebuild is for."""

import math
from typing import Any, Final

import msgspec
from msgspec.structs import replace

from domain.quality_rules import DEFAULT_RULES, RuleBook
from projections.watermarks import Lateness

_MAKING: Final = "making"
_MAKING_NOW: Final = 1
"""To be raised whenever the same rows and rules come to other figures."""


class WindowRules(msgspec.Struct, frozen=True):
    """How long a window waits for what is late, and what makes a reading doubtful or bad."""

    lateness: Lateness = Lateness()
    quality: RuleBook = RuleBook()

    def record(self) -> dict[str, Any]:
        """As JSON values, to be compared and kept: with every rule that counts, given or not."""
        whole = replace(self, quality=RuleBook({**DEFAULT_RULES, **self.quality.given}))
        return {_MAKING: _MAKING_NOW, **_as_json(msgspec.to_builtins(whole))}

    @classmethod
    def recorded(cls, record: dict[str, Any]) -> "WindowRules":
        """The rules of such a record; msgspec.ValidationError where this version of the code does not know them."""
        return msgspec.convert({name: value for name, value in record.items() if name != _MAKING}, cls, strict=False)


def _as_json(value: Any) -> Any:
    """JSON has no infinity: as text it can still be told from what is not said."""
    if isinstance(value, dict):
        return {name: _as_json(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_as_json(inner) for inner in value]
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value
