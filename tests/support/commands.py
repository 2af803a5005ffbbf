"""A device with actuators, what is wanted of it, and a latest state that knows what a test says."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

from msgspec.structs import replace

from domain.advice import KnownState
from domain.command_decider import Wanted
from domain.control import Control, fold
from schema.actuators import ActuatorSpec, ActuatorType, Dialect
from schema.events import DeviceMetadata, Event

NOW: Final = datetime(2026, 11, 24, 12, tzinfo=UTC)
HEATER: Final = ActuatorSpec(actuator_id="heater")
VENT: Final = ActuatorSpec(actuator_id="vent", type=ActuatorType.COVER)
LAMP: Final = ActuatorSpec(actuator_id="lamp", type=ActuatorType.LEVEL)
WANTED: Final = Wanted(
    command_id="c1",
    device_id="box",
    actuator_id="heater",
    command="set",
    value="on",
    correlation_id="loop-1",
    deadline=NOW + timedelta(seconds=30),
)


class Known:
    """Implements `Advice`."""

    def __init__(self, *, online: bool | None = True, site: str | None = "farm") -> None:
        self.actuators: dict[tuple[str, str], KnownState] = {}
        self.metrics: dict[tuple[str, str | None, str], KnownState] = {}
        self._online, self._site = online, site

    def actuator(self, device_id: str, actuator_id: str) -> KnownState | None:
        return self.actuators.get((device_id, actuator_id))

    def metric(self, device_id: str, sensor_id: str | None, metric: str) -> KnownState | None:
        return self.metrics.get((device_id, sensor_id, metric))

    def online(self, _device_id: str) -> bool | None:
        return self._online

    def site(self, _device_id: str) -> str | None:
        return self._site


def box(*actuators: ActuatorSpec, dialect: Dialect = Dialect.NATIVE) -> Control:
    """A device that was registered with these; with a heater, a vent and a lamp where none is named."""
    specs = actuators or (HEATER, VENT, LAMP)
    return after(Control(device_id="box"), DeviceMetadata(device_id="box", dialect=dialect, actuators=specs))


def after(control: Control, *events: Event) -> Control:
    for event in events:
        control = fold(control, event)
    return control


def wanted(**fields: Any) -> Wanted:
    return replace(WANTED, **fields)


def later(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)
