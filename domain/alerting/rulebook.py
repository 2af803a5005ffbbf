"""The rules about a series: one book for all series that the same rules are about.

A rule that no value at hand breaks has nothing to remember. So it sleeps until one does. Which rules a value breaks is found by
their limits, in order: what a reading costs depends on the rules that it breaks, and not on how many there are.
"""

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from math import inf
from typing import TypeAlias
from zoneinfo import ZoneInfo

import msgspec
import numpy as np
from msgspec.structs import replace

from domain.alerting.episodes import Limits
from domain.alerting.limiting import again_us, limits_of
from domain.alerting.signals import MEASURED, by_means, reach_us
from domain.alerting.watch import Watch
from domain.columns import Float64
from schema.rules import ActiveHours, AlertRuleDefined, Anomaly, AnomalySeverity, Silence

SeriesOf: TypeAlias = tuple[str, str]
"""A series of a device: sensor and metric."""


class Watched(msgspec.Struct, frozen=True):
    """A rule that is awake over a series, and what it has come to."""

    hours: ActiveHours | None
    watch: Watch


class Bounds:
    """The limits of rules that look at the same values."""

    def __init__(self, limits: Iterable[tuple[str, Limits]]) -> None:
        pairs = list(limits)
        self.names = frozenset(rule for rule, _ in pairs)
        self._above = sorted((each.above, rule) for rule, each in pairs)
        self._below = sorted((-each.below, rule) for rule, each in pairs)
        self._calm_to = self._above[0][0] if pairs else inf
        self._calm_from = -self._below[0][0] if pairs else -inf

    def are_calm_at(self, value: float) -> bool:
        """Whether the value breaks none."""
        return self._calm_from <= value <= self._calm_to

    def broken(self, values: Float64) -> Iterator[str]:
        """The rules that one of the values breaks. NaN breaks none."""
        if len(values):
            yield from self.broken_within(float(np.fmin.reduce(values)), float(np.fmax.reduce(values)))

    def broken_within(self, low: float, high: float) -> Iterator[str]:
        """The rules that `low` or `high` breaks."""
        for limits, value in ((self._above, high), (self._below, -low)):
            for limit, rule in limits:
                if not limit < value:
                    break
                yield rule


class Rulebook:
    """Rules by their ids. `readings` are the bounds of those about readings, `means` by what minutes or hours are asked for."""

    def __init__(self, rules: Mapping[str, AlertRuleDefined], zone: ZoneInfo) -> None:
        self.zone = zone
        self.rules = rules
        self._limits = {name: limits_of(rule) for name, rule in rules.items()}
        looking: dict[MEASURED, list[str]] = {}
        at_readings = []
        for name, rule in rules.items():
            condition = _measured(rule)
            if by_means(condition):
                looking.setdefault(_without_limits(condition), []).append(name)
            else:
                at_readings.append(name)
        self.readings = self._bounds(at_readings)
        self.means = {condition: self._bounds(names) for condition, names in looking.items()}
        self.reach_us = max(map(reach_us, self.means), default=0)

    @cached_property
    def of_backfill(self) -> "Rulebook":
        """Those that judge back-fill, too."""
        return Rulebook({name: rule for name, rule in self.rules.items() if rule.evaluate_backfill}, self.zone)

    def awake(self, name: str, floor_us: int) -> Watched:
        """The rule, for what comes after that."""
        rule = self.rules[name]
        return Watched(rule.hours, Watch(self._limits[name], again_us(rule), floor_us=floor_us))

    def _bounds(self, names: Iterable[str]) -> Bounds:
        return Bounds((name, self._limits[name]) for name in names)


def _measured(rule: AlertRuleDefined) -> MEASURED:
    assert not isinstance(rule.condition, Silence)  # noqa: S101  # for the type checker
    return rule.condition


def _without_limits(condition: MEASURED) -> MEASURED:
    """What it looks at, which is the same for all that differ in their limits alone."""
    if isinstance(condition, Anomaly):
        return replace(condition, severity=AnomalySeverity.MINOR)
    return replace(condition, above=None, below=None, hysteresis=0.0)
