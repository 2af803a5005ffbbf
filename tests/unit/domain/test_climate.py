"""Climate indices against published figures, typed in from where they were published."""

from collections.abc import Callable

import numpy as np
import pytest

from domain import climate
from domain.columns import Float64
from domain.indices import DAILY_INDICES, INDICES
from schema.metrics import METRICS


def number(value: float) -> Float64:
    return np.array(value)


@pytest.mark.parametrize(
    ("temperature", "pressure", "within"),
    [
        # FAO Irrigation and Drainage Paper 56, examples 3 and 5, and annex 2, table 2.3
        (15.0, 1.705, 0.0006),
        (24.5, 3.075, 0.0006),
        (18.0, 2.064, 0.0006),
        (25.0, 3.168, 0.0006),
        # Smithsonian Meteorological Tables over water (Goff and Gratch), as JPL's Ho, Slobin and Gritton (2005) print them
        (0.0, 0.6108, 0.0001),
        (10.0, 1.227, 0.0013),
        (20.0, 2.337, 0.0015),
        (30.0, 4.243, 0.0005),
        (40.0, 7.378, 0.004),
        # IAPWS-IF97, table 35: 300 K
        (26.85, 3.53658941, 0.003),
    ],
)
def test_saturation_pressure_is_that_of_the_tables(temperature: float, pressure: float, within: float) -> None:
    assert climate.saturation_vapour_pressure(number(temperature)) == pytest.approx(pressure, abs=within)


DIN_4108_3 = {
    10: {50: 0.1, 60: 2.6, 70: 4.8, 80: 6.7, 90: 8.4},
    20: {30: 1.9, 40: 6.0, 50: 9.3, 60: 12.0, 70: 14.4, 80: 16.4, 90: 18.3},
    30: {30: 10.5, 40: 14.9, 50: 18.4, 60: 21.4, 70: 23.9, 80: 26.2, 90: 28.2},
}


@pytest.mark.parametrize(
    ("temperature", "humidity", "point"),
    [(temperature, humidity, point) for temperature, row in DIN_4108_3.items() for humidity, point in row.items()],
)
def test_the_dew_point_is_that_of_din_4108_3(temperature: float, humidity: float, point: float) -> None:
    assert climate.dew_point(number(temperature), number(humidity)) == pytest.approx(point, abs=0.1)


def test_saturated_air_is_at_its_dew_point_and_dry_air_has_none() -> None:
    assert climate.dew_point(np.array([-10.0, 0.0, 35.0]), number(100.0)) == pytest.approx([-10.0, 0.0, 35.0], abs=1e-9)
    assert np.isnan(climate.dew_point(number(20.0), number(0.0)))


SATURATED = {19: 16.3, 20: 17.3, 22: 19.4, 24: 21.8, 26: 24.4, 28: 27.2, 30: 30.4, 33: 35.6, 35: 39.6, 37: 43.9, 40: 51.1}
"""Water in saturated air, mg/L, as tables for respiratory care print it (medicalalgorithms.com)."""


@pytest.mark.parametrize(("temperature", "water"), SATURATED.items())
def test_saturated_air_holds_as_much_water_as_the_table_says(temperature: float, water: float) -> None:
    assert climate.absolute_humidity(number(temperature), number(100.0)) == pytest.approx(water, abs=0.1)


@pytest.mark.parametrize(
    ("temperature", "humidity", "water"),
    [(40, 30, 15.3), (25, 50, 11.5), (20, 80, 13.8), (10, 60, 5.6), (5, 20, 1.4)],
)
def test_damp_air_holds_as_much_water_as_the_climate_table_says(temperature: float, humidity: float, water: float) -> None:
    """A climate/humidity table of makers of humidity sensors, g/m3 by temperature and relative humidity."""
    assert climate.absolute_humidity(number(temperature), number(humidity)) == pytest.approx(water, abs=0.11)


def test_humidity_and_its_deficit_make_saturated_air() -> None:
    temperature, humidity = np.array([5.0, 20.0, 35.0]), np.array([95.0, 60.0, 10.0])
    both = climate.absolute_humidity(temperature, humidity) + climate.humidity_deficit(temperature, humidity)
    assert both == pytest.approx(climate.absolute_humidity(temperature, number(100.0)))


def test_the_pressure_deficit_of_a_day_is_that_of_the_fao_example() -> None:
    """FAO 56, example 5: 18 degC at 82 % and 25 degC at 54 % leave 0.91 kPa on the mean."""
    assert climate.vapour_pressure_deficit(np.array([18.0, 25.0]), np.array([82.0, 54.0])).mean() == pytest.approx(
        0.91, abs=0.006
    )


def test_a_leaf_as_warm_as_the_air_has_the_deficit_of_the_air_and_one_at_the_dew_point_none() -> None:
    air, humidity = number(22.0), number(65.0)
    assert climate.leaf_vapour_pressure_deficit(air, humidity, air) == pytest.approx(
        climate.vapour_pressure_deficit(air, humidity)
    )
    wet = climate.dew_point(air, humidity)
    assert climate.leaf_vapour_pressure_deficit(air, humidity, wet) == pytest.approx(0.0, abs=1e-12)
    assert climate.leaf_vapour_pressure_deficit(air, humidity, wet - 1.0) < 0.0


NWS_CHART = {
    80: (80, 80, 81, 81, 82, 82, 83, 84, 84, 85, 86, 86, 87),
    82: (81, 82, 83, 84, 84, 85, 86, 88, 89, 90, 91, 93, 95),
    84: (83, 84, 85, 86, 88, 89, 90, 92, 94, 96, 98, 100, 103),
    86: (85, 87, 88, 89, 91, 93, 95, 97, 100, 102, 105, 108, 112),
    88: (88, 89, 91, 93, 95, 98, 100, 103, 106, 110, 113, 117, 121),
    90: (91, 93, 95, 97, 100, 103, 106, 109, 113, 117, 122, 127, 132),
    94: (97, 100, 102, 106, 110, 114, 119, 124, 129, 136),
    100: (109, 114, 118, 124, 129, 136),
    110: (136,),
}
"""The heat index chart of the US National Weather Service, degF: by temperature, for 40, 45, 50 ... % relative humidity."""


@pytest.mark.parametrize("warm", NWS_CHART)
def test_the_heat_index_is_that_of_the_chart_of_the_weather_service(warm: int) -> None:
    chart = np.array(NWS_CHART[warm])
    humidity = np.arange(40.0, 40.0 + 5 * len(chart), 5.0)
    adjustment = np.maximum(humidity - 85, 0) / 10 * max(87 - warm, 0) / 5  # the chart is of the equation alone
    felt = climate.heat_index(number((warm - 32) / 1.8), humidity) * 1.8 + 32
    assert felt == pytest.approx(chart + adjustment, abs=1.01)  # whole degrees, and one off the equation at 90 and 94 degF


def test_the_heat_index_of_very_dry_heat_is_adjusted_as_the_weather_service_does() -> None:
    """(13 - RH) / 4 * sqrt((17 - |T - 95|) / 17): at 95 degF and 5 % exactly 2 degF less than the equation alone."""
    alone = -42.379 + 2.04901523 * 95 + 10.14333127 * 5 - 0.22475541 * 95 * 5 - 0.00683783 * 95**2 - 0.05481717 * 5**2
    alone += 0.00122874 * 95**2 * 5 + 0.00085282 * 95 * 5**2 - 0.00000199 * 95**2 * 5**2
    assert climate.heat_index(number(35.0), number(5.0)) * 1.8 + 32 == pytest.approx(alone - 2, abs=1e-9)


def test_mild_air_feels_nearly_as_it_is() -> None:
    felt = climate.heat_index(np.array([10.0, 18.0, 24.0]), number(50.0))
    assert felt == pytest.approx([10.0, 18.0, 24.0], abs=1.5)


def test_the_daily_light_integral_is_that_of_published_examples() -> None:
    faust = [38.1] * 12 + [0.0] * 12  # J. Faust, Light Management: 12 hours of 38.1 umol/m2/s are 1.6 mol
    constant = [1.0] * 24  # 1 umol/m2/s all day is 0.0864 mol
    autumn = [500.0] * 12 + [0.0] * 13  # a day of 25 hours; 12 of 500 umol/m2/s are 21.6 mol
    hours = np.array([*faust, *constant, *autumn])
    found = climate.daily_light_integral(hours, np.array([0, 24, 48, 73, 73]))
    assert found == pytest.approx([1.646, 0.0864, 21.6, 0.0], abs=1e-3)


@pytest.mark.parametrize(
    ("low", "high", "base", "days"),
    [
        (55.0, 80.0, 50.0, 17.5),  # degF here: the worked example of US extension services for maize
        (4.0, 20.0, 10.0, 2.0),  # McMaster and Wilhelm's method 1; their method 2 would say 5
        (2.0, 12.0, 10.0, 0.0),
        (2.0, 12.0, 0.0, 7.0),
    ],
)
def test_growing_degree_days_are_those_of_the_mean_over_the_base(low: float, high: float, base: float, days: float) -> None:
    assert climate.growing_degree_days(number(low), number(high), base) == pytest.approx(days)


@pytest.mark.parametrize("formula", [index.formula for index in INDICES.values()])
def test_a_missing_input_leaves_the_index_missing_and_extremes_raise_nothing(formula: Callable[..., Float64]) -> None:
    inputs = np.array([[np.nan, 20.0, -40.0, 80.0], [50.0, np.nan, 0.0, 130.0], [20.0, 20.0, -30.0, 70.0]])
    found = formula(*inputs[: formula.__code__.co_argcount])
    assert found.shape == (4,)
    assert np.isnan(found[:2]).all()


@pytest.mark.parametrize("formula", [index.formula for index in INDICES.values()])
def test_an_index_is_the_same_to_the_last_bit_in_whatever_company_it_is_computed(formula: Callable[..., Float64]) -> None:
    """Live, late and rebuilt batches differ in size and place: hashes must not."""
    grid = np.stack([np.linspace(-40, 80, 1001), np.linspace(0.1, 100, 1001), np.linspace(-30, 70, 1001)], axis=1)
    inputs = [np.ascontiguousarray(column) for column in grid.T][: formula.__code__.co_argcount]
    whole = formula(*inputs).tolist()
    assert [formula(*(column[row : row + 1] for column in inputs)).item() for row in range(1001)] == whole
    assert formula(*(grid[:, place] for place in range(len(inputs)))).tolist() == whole
    assert formula(*(column[::-1] for column in inputs))[::-1].tolist() == whole


def test_every_index_is_a_metric_made_of_metrics() -> None:
    for name, index in INDICES.items():
        assert {name, *index.inputs} <= METRICS.keys()
    for name, daily in DAILY_INDICES.items():
        assert {name, daily.metric} <= METRICS.keys()
