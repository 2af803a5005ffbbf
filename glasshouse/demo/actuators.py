"""What the demo declares of its boxes' actuators: the commands that each takes, and what must be so before it takes one."""

from collections.abc import Iterator, Sequence
from typing import Any, Final, TypeAlias

from glasshouse.simulator.climate import HELD_SECONDS
from glasshouse.simulator.control import STORM
from glasshouse.simulator.device import Device
from glasshouse.simulator.house import CROPS

Declaration: TypeAlias = dict[str, Any]

_ANSWER_WITHIN: Final = "PT10S"
_AUTO: Final[Declaration] = {"command": "auto"}
_AJAR: Final = 25.0
_SODDEN: Final = 75.0


def declared(box: Device, devices: Sequence[Device], time_factor: float) -> list[Declaration]:
    """The actuators of that box. Interlocks look at its own actuators, and at sensors of the house where there are some."""
    common = {"answerWithin": _ANSWER_WITHIN, "overrideFor": f"PT{HELD_SECONDS / max(time_factor, 1.0):.3f}S"}
    return [{**actuator, **common} for actuator in _actuators(box, devices)]


def _actuators(box: Device, devices: Sequence[Device]) -> Iterator[Declaration]:
    yield _switch(
        "heater", {"values": ["on"], "notWhile": {"actuatorId": "vent", "above": _AJAR}, "reason": "it heats the sky"}
    )
    yield {
        "actuatorId": "vent",
        "type": "LEVEL",
        "commands": [{"command": "set", "minimum": 0.0, "maximum": 100.0}, _AUTO],
        "interlocks": [
            {"above": _AJAR, "notWhile": {"actuatorId": "heater", "states": ["on"]}, "reason": "it heats the sky"},
            *({"above": 0.0, "onlyWith": calm, "reason": "a storm would take it"} for calm in _calm(devices)),
        ],
    }
    yield _switch(
        "pump", *({"values": ["on"], "onlyWith": thirst, "reason": "roots drown"} for thirst in _thirst(box, devices))
    )
    yield _switch("lamps")
    yield {"actuatorId": "screen", "type": "COVER", "commands": [{"command": "set", "choices": ["open", "closed"]}, _AUTO]}


def _switch(actuator: str, *interlocks: Declaration) -> Declaration:
    commands = [{"command": "set", "choices": ["on", "off"]}, _AUTO]
    return {"actuatorId": actuator, "type": "SWITCH", "commands": commands, "interlocks": list(interlocks)}


def _calm(devices: Sequence[Device]) -> list[Declaration]:
    stations = [device for device in devices if device.kind == "weather"][:1]
    return [{"deviceId": station.name, "metric": "wind_speed", "atMost": STORM} for station in stations]


def _thirst(box: Device, devices: Sequence[Device]) -> list[Declaration]:
    """The first soil probe of the box's zone, if there is one."""
    probes = [device for device in devices if device.kind == "soil" and device.zone % len(CROPS) == box.zone % len(CROPS)][:1]
    return [{"deviceId": probe.name, "metric": "soil_moisture", "atMost": _SODDEN} for probe in probes]
