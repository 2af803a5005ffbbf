"""What moist air is made of: the few formulas that the weather and the house share."""

from math import exp


def saturation_vapour(temperature: float) -> float:
    """Water vapour that air of that temperature (degC) holds at most, in g/m3: Magnus formula (WMO) and the gas law."""
    return 216.7 * 6.112 * exp(17.62 * temperature / (243.12 + temperature)) / (273.15 + temperature)


def relative_humidity(vapour: float, temperature: float) -> float:
    """Relative humidity in % of air that holds `vapour` g/m3 at `temperature` degC, at most 100."""
    return min(100.0, 100.0 * vapour / saturation_vapour(temperature))
