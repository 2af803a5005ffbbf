"""What may be asked about the running read models, and the shapes of the answers."""

from enum import StrEnum
from typing import Protocol

import msgspec

from schema.envelope import Position


class ProjectionState(StrEnum):
    """A halted read model says why; its answers stand still at its position, and the others go on."""

    STARTING = "starting"
    CATCHING_UP = "catching_up"
    LIVE = "live"
    HALTED = "halted"


class ProjectionStatus(msgspec.Struct, frozen=True):
    """How a read model stands. `lag_seconds` is now minus the recorded time of what it waits for; 0 when caught up.

    `state` is a `ProjectionState`; `events` were read since the process started, `events_per_second` lately.
    """

    name: str
    state: str
    position: Position | None
    events: int
    lag_seconds: float
    error: str | None
    events_per_second: float = 0.0


class ProjectionHaltedError(Exception):
    """What was waited for does not come: the read model has halted, and the message says why."""


class UnknownProjectionError(LookupError):
    """No read model of that name runs here."""


class ProjectionQueries(Protocol):
    """The running read models."""

    def status(self) -> list[ProjectionStatus]: ...

    def position(self, name: str) -> Position | None:
        """Up to where the read model of that name answers now; None where that is nowhere yet, or none has that name."""
        ...

    async def reached(self, name: str, position: Position) -> None:
        """Return once the read model has read up to `position`; how long to wait is for the caller to say.

        ProjectionHaltedError where it has halted before, UnknownProjectionError where none has that name.
        """
        ...
