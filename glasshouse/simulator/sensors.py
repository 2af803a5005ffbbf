"""What each kind of device measures, with the noise of a cheap sensor, and which kinds a house of N devices has."""

from collections.abc import Callable, Mapping, Sequence
from random import Random
from typing import Final

from glasshouse.simulator.climate import Zone
from glasshouse.simulator.house import House

Values = dict[str, float]
Measure = Callable[[House, Zone, Random], Values]


def _about(rng: Random, value: float, spread: float, digits: int = 2) -> float:
    return round(value + rng.gauss(0, spread), digits)


def _share(rng: Random, value: float, spread: float) -> float:
    return min(100.0, max(0.0, _about(rng, value, spread, 1)))


def climate(_: House, zone: Zone, rng: Random) -> Values:
    return {
        "temperature": _about(rng, zone.temperature, 0.05),
        "humidity": _share(rng, zone.humidity, 0.3),
        "co2": _about(rng, zone.co2, 4, 0),
    }


def light(_: House, zone: Zone, rng: Random) -> Values:
    shade = 1 + rng.gauss(0, 0.01)
    return {"par": round(zone.par * shade, 1), "illuminance": round(zone.illuminance * shade, 0)}


def soil(_: House, zone: Zone, rng: Random) -> Values:
    return {
        "soil_moisture": _share(rng, zone.soil_moisture, 0.2),
        "soil_temperature": _about(rng, zone.soil_temperature, 0.03),
        "ec": _about(rng, zone.ec, 0.01),
    }


def weather(house: House, _: Zone, rng: Random) -> Values:
    outside = house.outside
    return {
        "temperature": _about(rng, outside.temperature, 0.05),
        "humidity": _share(rng, outside.humidity, 0.3),
        "wind_speed": max(0.0, _about(rng, outside.wind_speed, 0.2)),
        "wind_direction": round(outside.wind_direction, 0) % 360,
        "radiation": max(0.0, _about(rng, outside.radiation, 1, 1)),
        "rain_detected": float(outside.rain_rate > 0),
        "pressure": _about(rng, outside.pressure, 0.1, 1),
    }


def opening(_: House, zone: Zone, __: Random) -> Values:
    return {"opening": zone.controls.vent}


MEASURES: Final[Mapping[str, Measure]] = {
    "climate": climate,
    "soil": soil,
    "light": light,
    "actuators": opening,
    "weather": weather,
}
MIX: Final[Sequence[str]] = (
    "climate",
    "actuators",
    "soil",
    "light",
    "climate",
    "soil",
    "climate",
    "weather",
    "climate",
    "light",
)
"""The kinds that devices have, in turn."""
