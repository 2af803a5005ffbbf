"""The world outside the glass: sun, clouds, temperature, wind and rain, by day of the year, latitude and seed."""

from datetime import datetime
from math import asin, cos, degrees, exp, pi, radians, sin, sqrt
from random import Random
from typing import Final

import msgspec

from glasshouse.simulator.air import relative_humidity, saturation_vapour

_RAIN_CLOUD: Final = 0.85


class Outside(msgspec.Struct, frozen=True):
    """The weather at a moment. Degrees, W/m2, degC, g/m3, %, m/s, mm/h, hPa; `cloud` is the covered share of the sky."""

    elevation: float
    cloud: float
    radiation: float
    temperature: float
    vapour: float
    humidity: float
    wind_speed: float
    wind_direction: float
    rain_rate: float
    pressure: float


def solar_elevation(moment: datetime, latitude: float) -> float:
    """Height of the sun over the horizon in degrees, where UTC is solar time (Cooper's declination)."""
    day = moment.timetuple().tm_yday
    declination = radians(23.44) * sin(2 * pi * (284 + day) / 365)
    hour_angle = radians(15 * (_hour(moment) - 12))
    phi = radians(latitude)
    return degrees(asin(sin(phi) * sin(declination) + cos(phi) * cos(declination) * cos(hour_angle)))


def global_radiation(elevation: float, cloud: float) -> float:
    """Sunlight on the ground in W/m2: Haurwitz for a clear sky, Kasten and Czeplak for what the clouds leave of it."""
    if elevation <= 0:
        return 0.0
    height = sin(radians(elevation))
    shade: float = 0.75 * cloud**3.4
    return 1098 * height * exp(-0.057 / height) * (1 - shade)


class Wander:
    """A value that strays from zero and comes back: an Ornstein-Uhlenbeck process, exact for any step."""

    def __init__(self, rng: Random, spread: float, hours: float) -> None:
        self._rng, self._spread, self._seconds = rng, spread, hours * 3600
        self.value = rng.gauss(0, spread)

    def step(self, seconds: float) -> float:
        keep = exp(-seconds / self._seconds)
        self.value = self.value * keep + self._rng.gauss(0, self._spread * sqrt(1 - keep * keep))
        return self.value


class Weather:
    """Weather that goes on: the same seed and the same steps give the same weather."""

    def __init__(self, seed: int, latitude: float) -> None:
        rng = Random(f"{seed}/weather")  # noqa: S311 (weather, not secrets)
        self._latitude = latitude
        self._cloud = Wander(rng, 0.35, 5)
        self._warmth = Wander(rng, 2.5, 40)
        self._wind = Wander(rng, 1.6, 3)
        self._gust = Wander(rng, 0.6, 0.05)
        self._direction = Wander(rng, 60, 8)
        self._pressure = Wander(rng, 8, 50)

    def step(self, moment: datetime, seconds: float) -> Outside:
        """The weather at `moment`, `seconds` after the step before."""
        cloud = min(1.0, max(0.0, 0.5 + self._cloud.step(seconds)))
        elevation = solar_elevation(moment, self._latitude)
        mean = self._season(moment) + self._warmth.step(seconds)
        temperature = mean + 6 * (1 - 0.6 * cloud) * cos(2 * pi * (_hour(moment) - 15) / 24)
        vapour = min(saturation_vapour(mean - 3 + 2 * cloud), 0.98 * saturation_vapour(temperature))
        return Outside(
            elevation=elevation,
            cloud=cloud,
            radiation=global_radiation(elevation, cloud),
            temperature=temperature,
            vapour=vapour,
            humidity=relative_humidity(vapour, temperature),
            wind_speed=max(0.0, 3.5 + self._wind.step(seconds) + self._gust.step(seconds)),
            wind_direction=(240 + self._direction.step(seconds)) % 360,
            rain_rate=max(0.0, cloud - _RAIN_CLOUD) * 20,
            pressure=1013 + self._pressure.step(seconds),
        )

    def _season(self, moment: datetime) -> float:
        """The mean temperature of that day of the year; the seasons swing wider the further from the equator."""
        swing = abs(self._latitude) / 6.5
        phase = 2 * pi * (moment.timetuple().tm_yday - 200) / 365
        return 27 - abs(self._latitude) / 3 + swing * cos(phase) * (1 if self._latitude >= 0 else -1)


def _hour(moment: datetime) -> float:
    return moment.hour + moment.minute / 60 + moment.second / 3600
