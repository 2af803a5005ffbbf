"""The greenhouse as a whole: weather outside, zones inside, and a clock of its own that may run faster than ours."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from glasshouse.simulator.climate import Zone
from glasshouse.simulator.control import Setpoints
from glasshouse.simulator.weather import Weather

STEP: Final = 20.0
"""Seconds that one step of the physics takes at most."""
_WARM_UP: Final = 2 * 3600.0

CROPS: Final[Sequence[tuple[str, Setpoints]]] = (
    ("tomatoes", Setpoints(heat_below=18, vent_above=24)),
    ("lettuce", Setpoints(heat_below=12, vent_above=20, dry_below=44, lamps_below=60)),
    ("seedlings", Setpoints(heat_below=21, vent_above=27, dry_below=50, humid_above=94)),
    ("orchids", Setpoints(heat_below=19, vent_above=26, dry_below=34, lamps_below=40)),
)


class House:
    """Pure and deterministic: the same seed, start and advances give the same house."""

    def __init__(self, *, seed: int, start: datetime, latitude: float = 52.0) -> None:
        self._weather = Weather(seed, latitude)
        self.moment = start - timedelta(seconds=_WARM_UP)
        self.zones = [Zone(name, setpoints) for name, setpoints in CROPS]
        self.rain_total = 0.0
        self.outside = self._weather.step(self.moment, STEP)
        self.advance(_WARM_UP)

    def advance(self, seconds: float) -> None:
        """Let that much of the house's own time pass."""
        while seconds > 0:
            step = min(seconds, STEP)
            self._step(step)
            seconds -= step

    def zone(self, number: int) -> Zone:
        """The zone that a device of that number stands in: devices are spread over all zones in turn."""
        return self.zones[number % len(self.zones)]

    def _step(self, seconds: float) -> None:
        self.moment += timedelta(seconds=seconds)
        self.outside = self._weather.step(self.moment, seconds)
        self.rain_total += self.outside.rain_rate * seconds / 3600
        for zone in self.zones:
            zone.step(self.outside, self.moment.hour, seconds)
