"""What a simulation is told, and what it reports."""

import re
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Final

import msgspec

from glasshouse.simulator.faults import Fault, FaultRates
from glasshouse.simulator.mishaps import Mishap, MishapRates
from schema.ids import ID_PATTERN

MAX_DEVICES: Final = 10_000
_NAME = re.compile(ID_PATTERN)


class SimulationOptionsError(ValueError):
    """An option makes no sense; the message says which, and what would."""


class SimulationOptions(msgspec.Struct, frozen=True, kw_only=True):
    """`rate` is messages a second of all devices together; `seconds` None: until cancelled.

    `time_factor` is how much faster than ours the house's own time passes; timestamps are real. `run` goes into event ids;
    None draws one. `start` is the house's own time at the beginning; None is today at ten, when something is going on.
    """

    mqtt: str
    ledger: Path
    devices: int = 20
    rate: float = 50.0
    seconds: float | None = None
    seed: int = 1
    site: str = "demo"
    prefix: str = ""
    time_factor: float = 300.0
    latitude: float = 52.0
    start: datetime | None = None
    faults: FaultRates = FaultRates()
    mishaps: MishapRates = MishapRates()
    run: str | None = None

    def __post_init__(self) -> None:
        if not 1 <= self.devices <= MAX_DEVICES:
            raise SimulationOptionsError(f"the number of devices lies between 1 and {MAX_DEVICES}, not {self.devices}")
        if not self.rate > 0 or (self.seconds is not None and not self.seconds > 0):
            raise SimulationOptionsError("the rate and the seconds must be above 0")
        if not self.time_factor >= 0:
            raise SimulationOptionsError("the time factor must not be below 0")
        for what, name in (("site", self.site), ("prefix", f"{self.prefix}climate-1")):
            if _NAME.fullmatch(name) is None:
                raise SimulationOptionsError(f"the {what} must be letters, digits, '_', '.' and '-', as {ID_PATTERN} says")


class SimulationReport(msgspec.Struct, kw_only=True):
    """The figures of one run, so far or at its end. Messages count once, however often they were sent.

    `faults` is how many messages each fault hit; of those, the dropped ones are not among `sent`. `refused`: the broker
    answered that it will not take them. `commands` is how many were taken, `mishaps` how many of them each mishap hit.
    """

    sent: int = 0
    pubacked: int = 0
    receipted: int = 0
    duplicates: int = 0
    dead_letters: int = 0
    resent: int = 0
    refused: int = 0
    faults: dict[str, int] = {}
    commands: int = 0
    mishaps: dict[str, int] = {}

    def count(self, fault: Fault) -> None:
        self.faults[fault.value] = self.faults.get(fault.value, 0) + 1

    def befell(self, mishap: Mishap) -> None:
        self.mishaps[mishap.value] = self.mishaps.get(mishap.value, 0) + 1


Progress = Callable[[SimulationReport], None]
"""Called about once a second with the figures so far; must not block."""
