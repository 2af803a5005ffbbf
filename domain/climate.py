"""Climate indices: what temperature, humidity and light together mean for a crop and for the people who work in it.

All take and give numpy columns (or single numbers) in canonical units, elementwise. Where an input is outside of the physics
(air above 100 % or not above 0 % humid) an answer is still a number or NaN, never an error; NaN in gives NaN out.
"""

from typing import Final

import numpy as np

from domain.columns import Float64, Int64, part_sums

_AT_ZERO: Final = 0.6108
_SLOPE: Final = 17.27
_PIVOT: Final = 237.3
_GAS_CONSTANT: Final = 461.5
"""Of water vapour, J/(kg K): 8.314462 / 0.018015."""
_KELVIN: Final = 273.15

_ROTHFUSZ: Final = (
    (-42.379, 10.14333127, -0.05481717),
    (2.04901523, -0.22475541, 0.00085282),
    (-0.00683783, 0.00122874, -0.00000199),
)
"""The coefficient of T^i RH^j, in degF and %."""
_FULL_FROM: Final = 80.0
"""The heat index, degF, from which on the regression holds."""
_SECONDS_PER_HOUR: Final = 3600


def saturation_vapour_pressure(temperature: Float64) -> Float64:
    """Of air over water, kPa, from degC: 0.6108 exp(17.27 T / (T + 237.3)).

    Tetens (1930) as in R. G. Allen et al., FAO Irrigation and Drainage Paper 56 (1998), equation 11. Against the Smithsonian
    Meteorological Tables (Goff and Gratch) within 0.1 % from 0 to 60 degC, where crops live, and 0.3 % up to 80; below zero
    it is 0.2 % low at -10, 0.6 % at -20, 2.6 % at -40. It is over supercooled water there, as humidity sensors are
    calibrated.
    """
    pressure: Float64 = _AT_ZERO * np.exp(_SLOPE * temperature / (temperature + _PIVOT))
    return pressure


def vapour_pressure(temperature: Float64, humidity: Float64) -> Float64:
    """Of the water in the air, kPa, from degC and % relative humidity (FAO 56, equation 54)."""
    return saturation_vapour_pressure(temperature) * humidity / 100.0


def dew_point(temperature: Float64, humidity: Float64) -> Float64:
    """The temperature, degC, at which that air begins to condense: FAO 56 equation 11 solved for T.

    From degC and %; within 0.1 degC of DIN 4108-3 for dew points above 0, and over water below. Dry air, 0 %, has none: NaN.
    """
    wet = np.where(humidity > 0.0, humidity, np.nan)
    exponent = np.log(vapour_pressure(temperature, wet) / _AT_ZERO)
    point: Float64 = _PIVOT * exponent / (_SLOPE - exponent)
    return point


def vapour_pressure_deficit(temperature: Float64, humidity: Float64) -> Float64:
    """How far air is from saturation, kPa, from degC and %: es(T) (1 - RH / 100). FAO 56, chapter 3."""
    return saturation_vapour_pressure(temperature) * (1.0 - humidity / 100.0)


def leaf_vapour_pressure_deficit(temperature: Float64, humidity: Float64, leaf_temperature: Float64) -> Float64:
    """From inside a leaf to the air, kPa: es(T leaf) - es(T air) RH / 100, as transpiration is driven by it.

    Air inside a leaf is taken as saturated at the leaf's temperature (H. G. Jones, Plants and Microclimate, 3rd ed. 2013,
    chapter 5). Below 0 where the leaf is colder than the dew point: then it gets wet.
    """
    return saturation_vapour_pressure(leaf_temperature) - vapour_pressure(temperature, humidity)


def absolute_humidity(temperature: Float64, humidity: Float64) -> Float64:
    """Water vapour by volume, g/m3, from degC and %: e / (Rv T), the ideal gas law with Rv = 461.5 J/(kg K).

    WMO-No. 8, Guide to Instruments and Methods of Observation, volume I, annex 4.A. The ideal gas is good to 0.2 % up to 40
    degC.
    """
    return 1e6 * vapour_pressure(temperature, humidity) / (_GAS_CONSTANT * (temperature + _KELVIN))


def humidity_deficit(temperature: Float64, humidity: Float64) -> Float64:
    """Water vapour that the air could still take up, g/m3, from degC and %: saturated less absolute humidity."""
    return absolute_humidity(temperature, 100.0 - humidity)


def heat_index(temperature: Float64, humidity: Float64) -> Float64:
    """What heat and humidity feel like to people in the shade, degC, from degC and %.

    L. P. Rothfusz, The Heat Index Equation, NWS Technical Attachment SR 90-23 (1990), with the adjustments and the simpler
    formula for milder air that the NWS uses (wpc.ncep.noaa.gov/html/heatindex_equation.shtml); degF inside, as published.
    Made for 27 to 50 degC: within 1.3 degF of Steadman's table there, and not valid for extremes beyond it. In milder air it
    is the mean of the temperature and Steadman's simple formula; it may jump by some tenths where one follows upon the other.
    """
    warm = temperature * 1.8 + 32.0
    simple = (warm + 0.5 * (warm + 61.0 + (warm - 68.0) * 1.2 + humidity * 0.094)) / 2.0
    felt: Float64 = (np.where(simple >= _FULL_FROM, _rothfusz(warm, humidity), simple) - 32.0) / 1.8
    return felt


def daily_light_integral(hourly_par: Float64, starts: Int64) -> Float64:
    """Photons that a square metre gets in a day, mol/m2/d, from hourly means in umol/m2/s.

    Day d is hours starts[d]:starts[d + 1]. A. P. Torres and R. G. Lopez, Measuring Daily Light Integral in a Greenhouse,
    Purdue Extension HO-238-W: the sum of hourly means times 3600 s. A day may have 23 or 25 hours. An hour without readings
    adds nothing, so whoever shows the integral also says of how many hours it is.
    """
    return part_sums(hourly_par, starts) * (_SECONDS_PER_HOUR / 1e6)


def growing_degree_days(low: Float64, high: Float64, base: float = 10.0) -> Float64:
    """Warmth of a day that a crop can use, degC.d, from the day's extremes: max((low + high) / 2 - base, 0).

    G. S. McMaster, W. W. Wilhelm: Growing degree-days: one equation, two interpretations. Agric. Forest Meteorol. 87 (1997),
    291-300: their method 1, which compares the mean with the base. 10 degC is the usual base of maize, tomato and cucumber;
    lettuce and wheat are nearer 4 and 0.
    """
    return np.maximum((low + high) / 2.0 - base, 0.0)


def _rothfusz(warm: Float64, humidity: Float64) -> Float64:
    rows = [c0 + humidity * (c1 + humidity * c2) for c0, c1, c2 in _ROTHFUSZ]
    index = rows[0] + warm * (rows[1] + warm * rows[2])
    less = np.maximum(13.0 - humidity, 0.0) / 4.0 * np.sqrt(np.maximum(17.0 - np.abs(warm - 95.0), 0.0) / 17.0)
    more = np.maximum(humidity - 85.0, 0.0) / 10.0 * np.maximum(87.0 - warm, 0.0) / 5.0
    return index - less + np.where(warm >= _FULL_FROM, more, 0.0)
