"""What may be asked of rebuilds: how one gets on, and what came of the last."""

from collections.abc import Sequence
from datetime import date
from enum import StrEnum
from typing import Protocol

import msgspec

from domain.versions import Outcome, Versions


class Action(StrEnum):
    """What is done with a version of a read model."""

    REBUILD = "rebuild"
    VERIFY = "verify"
    ROLLBACK = "rollback"


class Phase(StrEnum):
    """Where it is."""

    FILLING = "filling"
    COMPARING = "comparing"
    SWITCHING = "switching"
    DONE = "done"
    FAILED = "failed"


class PartReport(msgspec.Struct, frozen=True, rename="camel"):
    """A part of a read model in both versions: digests, and on how many days of devices they differ (1: it has no days)."""

    name: str
    serving: str
    candidate: str
    differing: int


class DifferingDay(msgspec.Struct, frozen=True, rename="camel"):
    """A day of a device in UTC, and the parts that differ on it. A site's day is named by the date on which it begins."""

    device_id: str
    day: date
    parts: Sequence[str]


class RebuildReport(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """What came of it. `serving` is the version that served before, `candidate` the one that it was compared with.

    Both stood at `cursor`; `events` were read to fill the candidate, this time. `days` names some of those that differ.
    """

    projection: str
    action: Action
    outcome: Outcome
    switched: bool
    serving: int
    candidate: int
    resumed: bool
    new_rules: bool
    cursor: str
    events: int
    seconds: float
    parts: Sequence[PartReport]
    differing_days: int
    days: Sequence[DifferingDay]


class RebuildStatus(msgspec.Struct, frozen=True, kw_only=True):
    """How one gets on. `progress` is 0 to 1, and `eta_seconds` how long it will take by how it went so far."""

    projection: str
    action: Action
    phase: Phase
    version: int | None = None
    progress: float = 0.0
    eta_seconds: float | None = None
    events: int = 0
    error: str | None = None
    report: RebuildReport | None = None


class RebuildRefusedError(Exception):
    """It cannot be done; the message says why, and what to do."""


class RebuildQueries(Protocol):
    """The rebuilds of one process."""

    def versions(self, name: str) -> Versions | None:
        """The versions of that read model; None where it has none of its own."""
        ...

    def status(self, name: str) -> RebuildStatus | None:
        """The one that runs, or the last that ran since the process started."""
        ...

    def begin(self, name: str, action: Action, *, accept: bool, anew: bool, actor: str) -> None:
        """Let it run. RebuildRefusedError where nothing of that name can be rebuilt, or another one runs."""
        ...
