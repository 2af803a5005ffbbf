"""The rules by which readings are doubted, per metric: what a working sensor can show, and how it can change.

The figures are for air, soil and light in greenhouses, and wide: on two real houses, a bare tunnel and a heated glasshouse,
they leave honest readings alone. A metric without a figure is not judged by it: light jumps with every cloud, a vent stands
still for days, and soil stays as wet as it is.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Annotated, Final

import msgspec
import numpy as np
from msgspec import UNSET

from domain.columns import Float64, Int64
from schema.metrics import METRICS
from schema.times import MINUTE_US

_UNLIMITED: Final = {"low": -math.inf, "high": math.inf, "flat_above": -math.inf, "flat_below": math.inf}
_NEVER: Final = np.iinfo(np.int64).max


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """The rules for one metric, in its canonical unit. None: not judged by that.

    `spike`: how far a reading may stand out from the ones before and after it. `jump` and `rate`: how far it may be from the
    one before, `jump` at once and `rate` for every minute between them. `flat_minutes` and `flat_readings`: how long, and in
    how many readings, it may stay at one value, where that lies between `flat_above` and `flat_below`. Readings that are more
    than `gap_minutes` apart say nothing of each other: 70 leaves an hourly logger its neighbours.
    """

    low: float = -math.inf
    high: float = math.inf
    spike: float | None = None
    jump: float = 0.0
    rate: float | None = None
    flat_minutes: float | None = None
    flat_readings: int = 12
    flat_above: float = -math.inf
    flat_below: float = math.inf
    gap_minutes: float = 70.0


Limit = float | None | msgspec.UnsetType
Amount = Annotated[float, msgspec.Meta(gt=0)] | None | msgspec.UnsetType
Minutes = Annotated[float, msgspec.Meta(ge=1, le=527_040)] | msgspec.UnsetType
"""Up to 366 days."""


class RuleChange(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """What of a rule is to be other than it is by default. None, or an infinity: not judged by that."""

    low: Limit = UNSET
    high: Limit = UNSET
    spike: Amount = UNSET
    jump: Annotated[float, msgspec.Meta(ge=0)] | msgspec.UnsetType = UNSET
    rate: Amount = UNSET
    flat_minutes: Minutes | None = UNSET
    flat_readings: Annotated[int, msgspec.Meta(ge=2, le=10_000)] | msgspec.UnsetType = UNSET
    flat_above: Limit = UNSET
    flat_below: Limit = UNSET
    gap_minutes: Minutes = UNSET

    def on(self, rule: Rule) -> Rule:
        """The rule with these changes; ValueError where that is none."""
        given = {name: getattr(self, name) for name in self.__struct_fields__ if getattr(self, name) is not UNSET}
        if any(value is not None and math.isnan(value) for value in given.values()):
            raise ValueError("nan is no figure")
        none = {name for name, value in given.items() if value is None or (value == math.inf and name not in _UNLIMITED)}
        whole = {name: _UNLIMITED.get(name) if name in none else value for name, value in given.items()}
        changed = msgspec.structs.replace(rule, **whole)
        if not changed.low < changed.high:
            raise ValueError(f"low ({changed.low:g}) is not below high ({changed.high:g})")
        if not changed.flat_above < changed.flat_below:
            raise ValueError(f"flat_above ({changed.flat_above:g}) is not below flat_below ({changed.flat_below:g})")
        return changed


class Rules(msgspec.Struct, frozen=True, eq=False):
    """A rule for each series, as columns; times in microseconds, what is not judged at infinity."""

    low: Float64
    high: Float64
    spike: Float64
    jump: Float64
    rate: Float64
    flat_span: Int64
    flat_readings: Int64
    flat_above: Float64
    flat_below: Float64
    gap: Int64


_LIGHT: Final = {"flat_minutes": 36 * 60.0}
"""A night of the north is 19 hours long; 36 hours of one value are a sensor that died, or one in the dark by intent."""

_FIGURES: Final[Mapping[str, Mapping[str, float]]] = {
    # A tunnel that is opened cools by 15 degC in six minutes and is warm again eight later, 10.8 down and up in all probes
    # at once. No night was still for more than 2 hours; leaves and soil keep one value for 7 and 10.
    "temperature": {"spike": 11.0, "jump": 10.0, "rate": 1.0, "flat_minutes": 6 * 60.0},
    "leaf_temperature": {"spike": 11.0, "jump": 10.0, "rate": 1.0, "flat_minutes": 12 * 60.0},
    "soil_temperature": {"spike": 6.0, "jump": 8.0, "rate": 0.5, "flat_minutes": 24 * 60.0},
    # Vents take 34 % out of the air in four minutes, and 23 % for one reading. Saturated air shows 99 to 100 % all night.
    "humidity": {"spike": 25.0, "jump": 30.0, "rate": 5.0, "flat_minutes": 8 * 60.0, "flat_below": 99.0},
    # Dosing beside a sensor adds 100 ppm a minute.
    "co2": {"spike": 400.0, "jump": 600.0, "rate": 200.0, "flat_minutes": 6 * 60.0},
    "par": _LIGHT,
    "illuminance": _LIGHT,
    "radiation": _LIGHT,
    # Irrigation raises it at once, so only what comes back at once is doubted.
    "soil_moisture": {"spike": 15.0},
    "water_content": {"spike": 0.15},
    "ph": {"spike": 1.0},
    "ec": {"spike": 1.5},
    "pressure": {"spike": 5.0, "jump": 10.0, "rate": 1.0, "flat_minutes": 24 * 60.0},
    "water_level": {"spike": 20.0},
}

UNJUDGED: Final = Rule()
"""For a metric that is not known."""
DEFAULT_RULES: Final[Mapping[str, Rule]] = {
    name: msgspec.structs.replace(Rule(low=metric.low, high=metric.high), **_FIGURES.get(name, {}))
    for name, metric in METRICS.items()
}


class RuleBook(msgspec.Struct, frozen=True):
    """The rule of every metric: those that are given here, else the ones above."""

    given: Mapping[str, Rule] = {}

    @classmethod
    def changed(cls, changes: Mapping[str, RuleChange]) -> "RuleBook":
        """The rules above with these changes, by metric; ValueError where one comes to no rule."""
        return cls({metric: change.on(cls().of(metric)) for metric, change in changes.items()})

    def of(self, metric: str) -> Rule:
        return self.given.get(metric) or DEFAULT_RULES.get(metric, UNJUDGED)


def rules_of(rules: Sequence[Rule]) -> Rules:
    """One rule per series as columns."""
    return Rules(
        low=_floats([rule.low for rule in rules]),
        high=_floats([rule.high for rule in rules]),
        spike=_floats([rule.spike for rule in rules]),
        jump=_floats([rule.jump for rule in rules]),
        rate=_floats([rule.rate for rule in rules]),
        flat_span=_spans([rule.flat_minutes for rule in rules]),
        flat_readings=np.array([rule.flat_readings for rule in rules], dtype=np.int64),
        flat_above=_floats([rule.flat_above for rule in rules]),
        flat_below=_floats([rule.flat_below for rule in rules]),
        gap=_spans([rule.gap_minutes for rule in rules]),
    )


def _floats(figures: Sequence[float | None]) -> Float64:
    return np.array([math.inf if figure is None else figure for figure in figures], dtype=np.float64)


def _spans(minutes: Sequence[float | None]) -> Int64:
    return np.array([_NEVER if span is None else round(span * MINUTE_US) for span in minutes], dtype=np.int64)
