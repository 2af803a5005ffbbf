"""Which climate indices there are, and what each is computed from: metrics of one sensor, at one instant or over one day.

A new index is a formula in `climate`, a line here, and its metric in `schema.metrics`.
"""

from collections.abc import Callable, Mapping
from typing import Final

import msgspec

from domain import climate
from domain.columns import Float64


class Index(msgspec.Struct, frozen=True):
    """A metric that follows from others of the same sensor at the same instant; `formula` takes their columns in this order."""

    inputs: tuple[str, ...]
    formula: Callable[..., Float64]


class DailyIndex(msgspec.Struct, frozen=True):
    """A metric of a whole day, from windows of another: its hourly means (values, starts), or the day's own (min, max)."""

    metric: str
    formula: Callable[..., Float64]
    from_hours: bool


INDICES: Final[Mapping[str, Index]] = {
    "dew_point": Index(("temperature", "humidity"), climate.dew_point),
    "vapour_pressure_deficit": Index(("temperature", "humidity"), climate.vapour_pressure_deficit),
    "leaf_vapour_pressure_deficit": Index(
        ("temperature", "humidity", "leaf_temperature"), climate.leaf_vapour_pressure_deficit
    ),
    "heat_index": Index(("temperature", "humidity"), climate.heat_index),
    "absolute_humidity": Index(("temperature", "humidity"), climate.absolute_humidity),
    "humidity_deficit": Index(("temperature", "humidity"), climate.humidity_deficit),
}

DAILY_INDICES: Final[Mapping[str, DailyIndex]] = {
    "daily_light_integral": DailyIndex("par", climate.daily_light_integral, from_hours=True),
    "growing_degree_days": DailyIndex("temperature", climate.growing_degree_days, from_hours=False),
}


def inputs_of(metric: str) -> tuple[str, ...]:
    """The metrics that an index is computed from; none for what only sensors tell."""
    if metric in INDICES:
        return INDICES[metric].inputs
    return (DAILY_INDICES[metric].metric,) if metric in DAILY_INDICES else ()
