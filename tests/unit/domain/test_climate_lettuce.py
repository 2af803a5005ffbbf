"""Our absolute humidity and humidity deficit beside those of the climate computer of a real greenhouse."""

import csv

import numpy as np
import pytest

from domain.climate import absolute_humidity, humidity_deficit
from domain.columns import Float64
from tests.support.real_data import real_data

ROUNDED = 0.01 / 12**0.5
"""The spread of what rounding to two decimals takes or adds."""


def columns(file: str, *names: str) -> list[Float64]:
    """Those columns of a file, where all have a value."""
    with (real_data("lettuce-2022") / file).open(encoding="utf-8-sig") as text:
        rows = csv.reader(text)
        header = [name.strip() for name in next(rows)]
        places = [header.index(name) for name in names]
        cells = [[row[place].strip() for place in places] for row in rows]
    return list(np.array([[float(cell) for cell in row] for row in cells if all(row)]).T)


def test_the_humidity_deficit_follows_the_climate_computers_own() -> None:
    """Ours is within 0.02 g/m3 of it: spread as rounding spreads, and 0.008 more on the mean: theirs seems cut."""
    temperature, humidity, theirs = columns("GreenhouseClimate.csv", "Tair", "Rhair", "HumDef")
    difference = humidity_deficit(temperature, humidity) - theirs
    assert len(difference) > 12_000
    assert np.abs(difference).max() <= 0.021
    assert difference.mean() == pytest.approx(0.008, abs=0.001)
    assert difference.std() <= 1.2 * ROUNDED


def test_the_outside_absolute_humidity_follows_the_climate_computers_own_which_is_a_coarser_formula() -> None:
    """Ours is up to 0.072 g/m3 (0.9 %) lower, the more the warmer. It is their formula: a saturation curve of two constants
    (exp(20.386 - 5132 / T) mmHg) and air of a constant 1.2 kg/m3 come within 0.02 of every value they give.
    """
    temperature, humidity, theirs = columns("weather.csv", "Tout", "Rhout", "AbsHumOut")
    difference = absolute_humidity(temperature, humidity) - theirs
    assert len(difference) > 13_000
    assert -0.073 <= difference.min() <= difference.max() <= 0.001
    assert difference.mean() == pytest.approx(-0.019, abs=0.001)
    millimetres = np.exp(20.386 - 5132.0 / (temperature + 273.15)) * humidity / 100.0
    coarse = 1200.0 * 0.622 * millimetres * 0.133322 / 101.3
    assert np.abs(coarse - theirs).max() <= 0.02
