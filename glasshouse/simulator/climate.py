"""The climate of one zone: energy, vapour and CO2 balances of its air, and its soil, per square metre of floor.

The air is well mixed and everything else is a rate: simple enough to read, near enough to look like a greenhouse.
Figures are those of a Venlo house (van Henten 1994, FAO 56 for the crop's share), rounded.
"""

from math import exp
from typing import Final

from msgspec.structs import replace

from glasshouse.simulator.air import relative_humidity, saturation_vapour
from glasshouse.simulator.control import Controls, Setpoints, Surroundings, decide
from glasshouse.simulator.weather import Outside
from schema.actuators import Scalar

HEIGHT: Final = 4.0
HEAT_CAPACITY: Final = 32_000.0
AIR_HEAT: Final = 1_200.0
EVAPORATION: Final = 2_450.0
CONDENSATION: Final = 0.0025
LOSS: Final = 6.0
LOSS_SCREENED: Final = 3.5
TRANSMISSION: Final = 0.65
HEATER: Final = 160.0
LAMP_HEAT: Final = 55.0
LAMP_PAR: Final = 110.0
PAR_PER_WATT: Final = 2.05
LUX_PER_PAR: Final = 54.0
OUTSIDE_CO2: Final = 425.0
SOIL_HOURS: Final = 7.0
_HOUR: Final = 3600.0
HELD_SECONDS: Final = _HOUR
"""How long an actuator that was put into a state stays there before the zone's own controls have it again."""


class Zone:
    """One zone: what its air and soil are like now, and its controls. `step` moves it on."""

    def __init__(self, name: str, setpoints: Setpoints) -> None:
        self.name = name
        self.setpoints = setpoints
        self.controls = Controls()
        self._held: dict[str, float] = {}
        self.temperature = setpoints.heat_below + 2
        self.vapour = 0.75 * saturation_vapour(self.temperature)
        self.co2 = 480.0
        self.par = 0.0
        self.soil_temperature = self.temperature - 1
        self.soil_moisture = setpoints.dry_below + 8

    @property
    def humidity(self) -> float:
        return relative_humidity(self.vapour, self.temperature)

    @property
    def illuminance(self) -> float:
        return self.par * LUX_PER_PAR

    @property
    def ec(self) -> float:
        """Salts stay while water goes: conductivity of the soil water in mS/cm."""
        return 2.2 * 45 / max(self.soil_moisture, 15.0)

    def step(self, outside: Outside, hour: int, seconds: float) -> None:
        """Move on by `seconds` (at most a minute: the balances are stepped explicitly)."""
        self.controls = self._overruled(self.decide(outside, hour), seconds)
        light = outside.radiation * TRANSMISSION
        exchange = self._air_changes(outside) * HEIGHT / _HOUR
        transpired = self._transpiration(light)
        self.par = light * PAR_PER_WATT + (LAMP_PAR if self.controls.lamps else 0.0)
        self._heat(outside, light, exchange, transpired, seconds)
        self._moisten(outside, exchange, transpired, seconds)
        self._breathe(exchange, seconds)
        self._soil(transpired, seconds)

    def decide(self, outside: Outside, hour: int) -> Controls:
        """What the zone's own controls make of it."""
        seen = Surroundings(
            temperature=self.temperature,
            humidity=self.humidity,
            soil_moisture=self.soil_moisture,
            radiation=outside.radiation,
            outside_temperature=outside.temperature,
            wind_speed=outside.wind_speed,
            raining=outside.rain_rate > 0,
            hour=hour,
        )
        return decide(self.controls, self.setpoints, seen)

    def put(self, actuator: str, state: Scalar | None) -> None:
        """Somebody puts an actuator into a state, and it is held there; ValueError where it has no such state."""
        self.controls = self.controls.put(actuator, state)
        self._held[actuator] = HELD_SECONDS

    def let_go(self, actuator: str) -> None:
        """The zone's own controls have the actuator again."""
        self._held.pop(actuator, None)

    def _overruled(self, decided: Controls, seconds: float) -> Controls:
        """What is held stays as it is, whatever the controls decided."""
        if not self._held:
            return decided
        held = {actuator: getattr(self.controls, actuator) for actuator in self._held}
        self._held = {actuator: left - seconds for actuator, left in self._held.items() if left > seconds}
        return replace(decided, **held)

    def _air_changes(self, outside: Outside) -> float:
        """Air changes an hour: leaks, and vents that the wind helps."""
        return 0.5 + self.controls.vent / 100 * (10 + 3 * outside.wind_speed)

    def _transpiration(self, light: float) -> float:
        """Water vapour given off by the crop in g/m2/s: driven by light, and by how dry the air is."""
        deficit = max(0.0, saturation_vapour(self.temperature) - self.vapour)
        wilting = min(1.0, self.soil_moisture / 25)
        return wilting * (0.42 * light / EVAPORATION + 0.0012 * deficit)

    def _heat(self, outside: Outside, light: float, exchange: float, transpired: float, seconds: float) -> None:
        controls = self.controls
        gained = 0.9 * light + (HEATER if controls.heater else 0.0) + (LAMP_HEAT if controls.lamps else 0.0)
        loss = (LOSS_SCREENED if controls.screen else LOSS) + exchange * AIR_HEAT
        flux = gained - transpired * EVAPORATION - loss * (self.temperature - outside.temperature)
        flux += 4.0 * (self.soil_temperature - self.temperature)
        self.temperature += flux * seconds / HEAT_CAPACITY

    def _moisten(self, outside: Outside, exchange: float, transpired: float, seconds: float) -> None:
        """Water runs down the glass where that is colder than the dew point; what the air cannot hold is fog, and gone."""
        glass = outside.temperature + (self.temperature - outside.temperature) / 3
        condensed = CONDENSATION * max(0.0, self.vapour - saturation_vapour(glass))
        self.vapour += (transpired - condensed - exchange * (self.vapour - outside.vapour)) * seconds / HEIGHT
        self.vapour = min(self.vapour, saturation_vapour(self.temperature))

    def _breathe(self, exchange: float, seconds: float) -> None:
        """Plants take CO2 by light (a saturating response) and give it back at all hours; ppm."""
        taken = 900 * self.par / (self.par + 350) * min(1.0, self.co2 / 400) / _HOUR
        given = 160 / _HOUR
        self.co2 += (given - taken - exchange / HEIGHT * (self.co2 - OUTSIDE_CO2)) * seconds

    def _soil(self, transpired: float, seconds: float) -> None:
        self.soil_temperature += (self.temperature - self.soil_temperature) * (1 - exp(-seconds / (SOIL_HOURS * _HOUR)))
        watered = 24 / _HOUR if self.controls.pump else 0.0
        self.soil_moisture = min(95.0, self.soil_moisture + (watered - transpired * 0.02) * seconds)
