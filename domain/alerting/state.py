"""What an evaluator remembers of the house, and what it answers with."""

from typing import Final, TypeAlias

import msgspec

from domain.alerting.places import Place
from domain.alerting.series import Series
from domain.alerting.watch import Said, Watch
from domain.corrections import Correction
from schema.rules import AlertRuleDefined
from schema.times import MINUTE_US

BEHIND_US: Final = MINUTE_US
"""A device whose newest reading is older than that when it comes is behind."""


class Subject(msgspec.Struct, frozen=True):
    """What an alert is about. Of a device that is silent: the device alone."""

    rule: str
    device: str
    sensor: str | None = None
    metric: str | None = None


class Output(msgspec.Struct, frozen=True):
    """A word about an alert, and the value that was heard last."""

    subject: Subject
    said: Said
    value: float | None = None


class Listener(msgspec.Struct):
    """A series, with what was heard of it last and when. `is_behind` says that its device is."""

    series: Series
    value: float = 0.0
    heard_us: int = 0
    is_behind: bool = False

    def counts_from(self, due_us: int) -> int:
        """When, by the log's clock, what is due by the series' own time may be settled."""
        return max(due_us, self.heard_us + BEHIND_US) if self.is_behind else due_us

    def own_time(self, recorded_us: int) -> int:
        """How far the series has come when the log's clock says that."""
        kept = self.series.points.kept
        return kept[-1][0] if self.is_behind and kept else recorded_us


Listeners: TypeAlias = dict[tuple[str, str], Listener | None]
"""Those of a device, by sensor and metric; None where no rule listens."""


class State(msgspec.Struct):
    """All that an evaluator remembers, by rule and by device."""

    rules: dict[str, AlertRuleDefined] = {}
    places: dict[str, Place] = {}
    corrections: dict[str, tuple[Correction, ...]] = {}
    listeners: dict[str, Listeners] = {}
    silences: dict[str, dict[str, Watch]] = {}
