"""Indices as metrics that one asks for, beside what the climate computer of a real greenhouse calculated itself."""

from datetime import UTC, datetime, timedelta
from statistics import fmean, pstdev

import pytest

from tests.support.api import House

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(300)]

SERIES = """query ($selectors: [SeriesSelector!]!, $from: DateTime!, $to: DateTime!) {
  series(selectors: $selectors, from: $from, to: $to, window: "PT1M") {
    unit buckets { start count mean bad } } }"""
FROM, TO = datetime(2022, 1, 31, 22, tzinfo=UTC), datetime(2022, 3, 22, tzinfo=UTC)
ROUNDED = 0.01 / 12**0.5
"""The spread of what rounding to two decimals takes or adds."""


async def differences(house: House, device: str, metric: str, sensor: str) -> list[float]:
    """Ours less the computer's own, wherever both are there."""
    found: list[float] = []
    selectors = [{"deviceId": device, "sensorId": one, "metric": metric} for one in (sensor, "computer")]
    start = FROM
    while start < TO:
        end = start + timedelta(days=3)
        asked = {"selectors": selectors, "from": start.isoformat(), "to": end.isoformat()}
        ours, theirs = (await house.ask(SERIES, asked))["series"]
        assert (ours["unit"], theirs["unit"]) == ("g/m3", "g/m3")
        calculated = {one["start"]: one["mean"] for one in ours["buckets"] if one["count"] == 1 and not one["bad"]}
        said = {one["start"]: one["mean"] for one in theirs["buckets"] if one["count"] == 1}
        found += [calculated[start] - said[start] for start in calculated.keys() & said.keys()]
        start = end
    return found


async def test_the_humidity_deficit_that_is_asked_for_follows_the_climate_computers_own(lettuce: House) -> None:
    """Within 0.021 g/m3 of it: spread as rounding spreads, and 0.008 more on the mean: theirs seems cut, not rounded."""
    difference = await differences(lettuce, "reference-climate", "humidity_deficit", "air")
    assert len(difference) > 12_000
    assert max(map(abs, difference)) <= 0.021
    assert fmean(difference) == pytest.approx(0.008, abs=0.001)
    assert pstdev(difference) <= 1.2 * ROUNDED


async def test_the_outside_absolute_humidity_that_is_asked_for_follows_a_coarser_formula(lettuce: House) -> None:
    """Up to 0.073 g/m3 (0.9 %) below it, the more the warmer: the computer takes a saturation curve of two constants and air
    of a constant 1.2 kg/m3 (see tests/unit/domain/test_climate_lettuce.py, where that formula gives each of its values).
    """
    difference = await differences(lettuce, "bleiswijk-weather", "absolute_humidity", "outside")
    assert len(difference) > 13_000
    assert -0.073 <= min(difference) <= max(difference) <= 0.001
    assert fmean(difference) == pytest.approx(-0.019, abs=0.001)
