"""Metrics and units: what can be measured, its one canonical unit, and what is physically plausible in a greenhouse.

A range says "a working sensor can show this", not "a plant likes this". What lies outside is stored and marked bad.
"""

from collections.abc import Mapping
from typing import Final

import msgspec


class Metric(msgspec.Struct, frozen=True):
    """A metric's name, canonical unit, plausible range in that unit (inclusive), and what it is."""

    name: str
    unit: str
    low: float
    high: float
    description: str


class Unit(msgspec.Struct, frozen=True):
    """A unit that devices use: value in the canonical unit = value * scale + offset."""

    canonical: str
    scale: float = 1.0
    offset: float = 0.0


class UnknownUnitError(ValueError):
    """The unit is not known, or does not measure this metric."""


METRICS: Final[Mapping[str, Metric]] = {
    metric.name: metric
    for metric in (
        Metric("temperature", "degC", -40.0, 80.0, "Air temperature."),
        Metric("soil_temperature", "degC", -30.0, 70.0, "Temperature of soil or substrate."),
        Metric("leaf_temperature", "degC", -30.0, 70.0, "Temperature of a leaf or plant."),
        Metric("pipe_temperature", "degC", -30.0, 120.0, "Temperature of a heating pipe; 0 where it is off."),
        Metric("humidity", "%", 0.0, 100.0, "Relative humidity of the air."),
        Metric("absolute_humidity", "g/m3", 0.0, 300.0, "Water vapour in the air, by volume."),
        Metric("humidity_deficit", "g/m3", 0.0, 300.0, "Water vapour that the air could still take up, by volume."),
        Metric("dew_point", "degC", -100.0, 80.0, "Temperature at which the air begins to condense."),
        Metric("vapour_pressure_deficit", "kPa", -1.0, 50.0, "How far the air is from saturation."),
        Metric(
            "leaf_vapour_pressure_deficit", "kPa", -50.0, 50.0, "From inside a leaf to the air; below zero the leaf gets wet."
        ),
        Metric("heat_index", "degC", -50.0, 200.0, "What heat and humidity feel like to people in the shade."),
        Metric("daily_light_integral", "mol/m2/d", -1.0, 300.0, "Photosynthetically active photons of a whole day."),
        Metric("growing_degree_days", "degC.d", 0.0, 100.0, "Warmth of a day above the crop's base temperature."),
        Metric("co2", "ppm", 0.0, 10_000.0, "Carbon dioxide in the air."),
        Metric("par", "umol/m2/s", -5.0, 3_000.0, "Photosynthetically active photon flux density, 400 to 700 nm."),
        Metric("illuminance", "lx", 0.0, 200_000.0, "Light as the eye sees it."),
        Metric("radiation", "W/m2", -20.0, 1_600.0, "Global (short-wave) solar radiation."),
        Metric("net_radiation", "W/m2", -500.0, 1_600.0, "Radiation balance; below zero where heat is radiated away."),
        Metric("radiation_sum", "J/cm2", 0.0, 5_000.0, "Global radiation summed since the start of the day."),
        Metric("soil_moisture", "%", 0.0, 100.0, "Soil moisture as a share of saturation or volume, as the probe states it."),
        Metric("water_content", "m3/m3", 0.0, 1.0, "Volumetric water content of soil or substrate."),
        Metric("transpiration", "g/m2", -1_000.0, 5_000.0, "Water given off by the crop, by ground area."),
        Metric("ph", "pH", 0.0, 14.0, "Acidity of the solution."),
        Metric("ec", "mS/cm", 0.0, 20.0, "Electrical conductivity of the solution."),
        Metric("wind_speed", "m/s", 0.0, 75.0, "Wind speed."),
        Metric("wind_direction", "deg", 0.0, 360.0, "Where the wind comes from, clockwise from north."),
        Metric("rain", "mm", 0.0, 500.0, "Rain that fell since the reading before."),
        Metric("rain_detected", "1", 0.0, 1.0, "1 while it rains, else 0."),
        Metric("pressure", "hPa", 500.0, 1_100.0, "Air pressure at the sensor."),
        Metric("battery", "%", 0.0, 100.0, "Charge of the device's battery."),
        Metric("battery_voltage", "V", 0.0, 60.0, "Voltage of the device's battery."),
        Metric("signal", "dBm", -150.0, 20.0, "Received radio signal strength."),
        Metric("water_level", "%", 0.0, 100.0, "Filling of a tank."),
        Metric("opening", "%", 0.0, 100.0, "How far a vent, valve or screen is open."),
    )
}

UNITS: Final[Mapping[str, tuple[Unit, ...]]] = {
    "degC": (Unit("degC"),),
    "C": (Unit("degC"),),
    "°C": (Unit("degC"),),
    "degF": (Unit("degC", 5 / 9, -160 / 9),),
    "F": (Unit("degC", 5 / 9, -160 / 9),),
    "°F": (Unit("degC", 5 / 9, -160 / 9),),
    "K": (Unit("degC", 1.0, -273.15),),
    "%": (Unit("%"), Unit("m3/m3", 0.01)),
    "%RH": (Unit("%"),),
    "m3/m3": (Unit("m3/m3"), Unit("%", 100.0)),
    "m³/m³": (Unit("m3/m3"), Unit("%", 100.0)),
    "1": (Unit("1"), Unit("%", 100.0), Unit("m3/m3")),
    "g/m3": (Unit("g/m3"),),
    "g/m³": (Unit("g/m3"),),
    "ppm": (Unit("ppm"),),
    "umol/m2/s": (Unit("umol/m2/s"),),
    "µmol/m²/s": (Unit("umol/m2/s"),),
    "lx": (Unit("lx"),),
    "lux": (Unit("lx"),),
    "klx": (Unit("lx", 1000.0),),
    "klux": (Unit("lx", 1000.0),),
    "mol/m2/d": (Unit("mol/m2/d"),),
    "degC.d": (Unit("degC.d"),),
    "W/m2": (Unit("W/m2"),),
    "W/m²": (Unit("W/m2"),),
    "J/cm2": (Unit("J/cm2"),),
    "MJ/m2": (Unit("J/cm2", 100.0),),
    "g/m2": (Unit("g/m2"),),
    "pH": (Unit("pH"),),
    "mS/cm": (Unit("mS/cm"),),
    "dS/m": (Unit("mS/cm"),),
    "uS/cm": (Unit("mS/cm", 0.001),),
    "µS/cm": (Unit("mS/cm", 0.001),),
    "m/s": (Unit("m/s"),),
    "km/h": (Unit("m/s", 1 / 3.6),),
    "mph": (Unit("m/s", 0.44704),),
    "kn": (Unit("m/s", 1852 / 3600),),
    "deg": (Unit("deg"),),
    "°": (Unit("deg"),),
    "mm": (Unit("mm"),),
    "in": (Unit("mm", 25.4),),
    "hPa": (Unit("hPa"), Unit("kPa", 0.1)),
    "mbar": (Unit("hPa"), Unit("kPa", 0.1)),
    "kPa": (Unit("hPa", 10.0), Unit("kPa")),
    "Pa": (Unit("hPa", 0.01), Unit("kPa", 0.001)),
    "V": (Unit("V"),),
    "mV": (Unit("V", 0.001),),
    "dBm": (Unit("dBm"),),
}
"""Units as devices write them -> what they mean for each canonical unit that they can express."""


def conversion(metric: str, unit: str) -> Unit:
    """How a value of `metric` in `unit` becomes canonical.

    A metric that is not known has no canonical unit: the value stays as it is, in the unit given.
    UnknownUnitError where the unit is unknown or does not fit the metric.
    """
    known = METRICS.get(metric)
    if known is None:
        return Unit(unit)
    for candidate in UNITS.get(unit, ()):
        if candidate.canonical == known.unit:
            return candidate
    raise UnknownUnitError(f"{unit!r} is not a unit of {metric}; its own unit is {known.unit}")
