"""What the latest state has to say to whoever decides about commands. It may be behind, so it says how old it is."""

from datetime import datetime
from typing import Protocol

import msgspec

from schema.actuators import Scalar


class KnownState(msgspec.Struct, frozen=True):
    """A state or a value, and the latest moment at which it is known to have been so."""

    value: Scalar
    at: datetime


class Advice(Protocol):
    """The latest state. None: it knows nothing of it that could be believed."""

    def actuator(self, device_id: str, actuator_id: str) -> KnownState | None:
        """The state of an actuator. A device that goes on to speak tells of each change, so it was so when last heard of."""
        ...

    def metric(self, device_id: str, sensor_id: str | None, metric: str) -> KnownState | None:
        """What a sensor, or of all on the device the last one, measured: in its canonical unit, as corrected and not bad."""
        ...

    def online(self, device_id: str) -> bool | None:
        """As the device says of itself."""
        ...

    def site(self, device_id: str) -> str | None:
        """From where the device speaks."""
        ...
