"""The house's own controls: thermostats with hysteresis for heater, vents, pump, lamps and screen, and what overrules them."""

from collections.abc import Mapping
from typing import Final

import msgspec
from msgspec.structs import replace

from schema.actuators import Scalar

STORM: Final = 14.0
"""Wind in m/s at which vents close, whatever the heat."""
_DAY_HOURS: Final = range(5, 21)
_SWITCH: Final[Mapping[str, bool]] = {"on": True, "off": False}
_SCREEN: Final[Mapping[str, bool]] = {"closed": True, "open": False}
_POSITIONS: Final = {"heater": _SWITCH, "pump": _SWITCH, "lamps": _SWITCH, "screen": _SCREEN}
_FULLY_OPEN: Final = 100.0


class Setpoints(msgspec.Struct, frozen=True):
    """What a zone's crop wants: degC, %, W/m2."""

    heat_below: float = 18.0
    vent_above: float = 25.0
    dry_below: float = 38.0
    humid_above: float = 90.0
    lamps_below: float = 90.0


class Surroundings(msgspec.Struct, frozen=True):
    """What the controls look at: inside, outside, and the hour of the day."""

    temperature: float
    humidity: float
    soil_moisture: float
    radiation: float
    outside_temperature: float
    wind_speed: float
    raining: bool
    hour: int


class Controls(msgspec.Struct, frozen=True):
    """The state of a zone's actuators; `vent` is its opening in %."""

    heater: bool = False
    vent: float = 0.0
    pump: bool = False
    lamps: bool = False
    screen: bool = False

    def states(self) -> dict[str, str | float]:
        """Actuator -> the state that its box reports."""
        return {
            "heater": _on(self.heater),
            "vent": self.vent,
            "pump": _on(self.pump),
            "lamps": _on(self.lamps),
            "screen": "closed" if self.screen else "open",
        }

    def put(self, actuator: str, state: Scalar | None) -> "Controls":
        """The same with one actuator in a state as its box reports it. ValueError: it has no such state, or there is none."""
        if actuator == "vent":
            return replace(self, vent=_opened(state))
        if actuator not in _POSITIONS:
            raise ValueError(f"there is no actuator {actuator} in this box")
        positions = _POSITIONS[actuator]
        if not isinstance(state, str) or state not in positions:
            raise ValueError(f"{actuator} is {' or '.join(positions)}, not {state}")
        return replace(self, **{actuator: positions[state]})


def _opened(state: Scalar | None) -> float:
    if isinstance(state, bool) or not isinstance(state, int | float) or not 0 <= state <= _FULLY_OPEN:
        raise ValueError(f"vent is open to 0 to 100 %, not {state}")
    return float(state)


def _on(flag: bool) -> str:
    return "on" if flag else "off"


def on_below(is_on: bool, value: float, low: float, high: float) -> bool:
    """A thermostat: on below `low`, off above `high`, in between as it was."""
    return value < low or (is_on and value <= high)


def decide(now: Controls, want: Setpoints, seen: Surroundings) -> Controls:
    """The controls' next state."""
    day = seen.hour in _DAY_HOURS
    return Controls(
        heater=on_below(now.heater, seen.temperature, want.heat_below, want.heat_below + 1.5),
        vent=_opening(now, want, seen),
        pump=on_below(now.pump, seen.soil_moisture, want.dry_below, want.dry_below + 12),
        lamps=day and on_below(now.lamps, seen.radiation, want.lamps_below, want.lamps_below + 80),
        screen=not day and on_below(now.screen, seen.outside_temperature, 10, 12),
    )


def _opening(now: Controls, want: Setpoints, seen: Surroundings) -> float:
    """Vents open in quarters, the hotter the wider, a little when it is humid, and not in a storm or rain that would enter."""
    if seen.wind_speed > STORM:
        return 0.0
    wanted = min(1.0, max(0.0, (seen.temperature - want.vent_above) / 4)) * 100
    if seen.humidity > want.humid_above and seen.temperature > want.heat_below + 1:
        wanted = max(wanted, 25.0)
    if seen.raining:
        wanted = min(wanted, 25.0)
    return now.vent if abs(wanted - now.vent) < 20 else round(wanted / 25) * 25.0  # noqa: PLR2004 (a play of a quarter)
