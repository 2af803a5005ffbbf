"""What an evaluator remembers of the house, and what it answers with."""

from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple, Optional, TypeAlias

import msgspec

from domain.alerting.computed import Computed
from domain.alerting.minutes import Minutes
from domain.alerting.naming import is_hourly, metric_in
from domain.alerting.places import Place
from domain.alerting.quiet import Quiet
from domain.alerting.rulebook import Rulebook, SeriesOf
from domain.alerting.series import Series
from domain.alerting.watch import Said
from domain.corrections import Correction
from domain.indices import INDICES
from schema.rules import AlertRuleDefined
from schema.times import DAY_US, HOUR_US, MINUTE_US

BEHIND_US: Final = MINUTE_US
"""A device whose newest reading is older than that when it comes is behind."""
BACKFILL_US: Final = 7 * DAY_US
"""A reading older than that when it was received is back-fill: history that is handed in."""


class Subject(msgspec.Struct, frozen=True):
    """What an alert is about. Of a device that is silent: the device alone."""

    rule: str
    device: str
    sensor: str | None = None
    metric: str | None = None


class Output(msgspec.Struct, frozen=True):
    """A word about an alert, and the value that was heard last. `backfilled`: it follows from history that was handed in."""

    subject: Subject
    said: Said
    value: float | None = None
    backfilled: bool = False


class Listener(msgspec.Struct):
    """A series, with what was heard of it last and when. `is_behind` says that its device is.

    `computed` is what the values follow from where no reading holds them. `past` is what came of it as back-fill, under the
    rules that judge that: one in itself, until what is live goes on from it.
    """

    series: Series
    computed: Computed | None = None
    value: float | None = None
    heard_us: int = 0
    is_behind: bool = False
    past: Optional["Listener"] = None

    def lanes(self) -> Iterator[tuple["Listener", bool]]:
        """What is live, and what is not."""
        yield self, False
        if self.past is not None:
            yield self.past, True

    def past_over_us(self) -> int | None:
        """When its past is over, by the log's clock, if no more of it comes: up to what is live nothing is known."""
        return self.past.heard_us + BEHIND_US if self.past is not None and self.series.points.kept else None

    def due_us(self) -> int | None:
        """When, by the log's clock, it is to be looked at; None where time alone changes nothing."""
        due = self.series.due_us()
        if self.past is None:
            return None if due is None else self.counts_from(due)
        dues = [lane.counts_from(due) for lane, _ in self.lanes() if (due := lane.series.due_us()) is not None]
        over = self.past_over_us()
        return min(dues if over is None else [*dues, over], default=None)

    def go_live(self, rules: Rulebook) -> None:
        """What is live begins now: back-fill up to it is its beginning."""
        if self.past is not None and not self.series.points.kept:
            for rule in rules.rules:
                if rule not in rules.of_backfill.rules:
                    self.past.series.watch(rule)
            self.series, self.computed, self.past = self.past.series, self.past.computed, None

    def counts_from(self, due_us: int) -> int:
        """When, by the log's clock, what is due by the series' own time may be settled."""
        return max(due_us, self.heard_us + BEHIND_US) if self.is_behind else due_us

    def own_time(self, recorded_us: int) -> int:
        """How far the series has come when the log's clock says that."""
        kept = self.series.points.kept
        return kept[-1][0] if self.is_behind and kept else recorded_us


def listening(key: SeriesOf) -> Listener:
    """To a series of which nothing was heard yet."""
    sensor, name = key
    metric, grains = metric_in(name), Minutes(grain_us=HOUR_US if is_hourly(name) else MINUTE_US)
    return Listener(Series(minutes=grains), Computed(sensor, metric) if metric in INDICES else None)


class About(NamedTuple):
    """A series, and the rules about it."""

    device: str
    key: SeriesOf
    rules: Rulebook

    def rules_for(self, *, backfilled: bool) -> Rulebook:
        return self.rules.of_backfill if backfilled else self.rules

    def outputs(self, said: Iterable[tuple[str, Said]], value: float | None, *, backfilled: bool) -> list[Output]:
        return outputs_of(self.device, said, self.key, value, backfilled=backfilled)


def outputs_of(
    device: str,
    said: Iterable[tuple[str, Said]],
    key: SeriesOf | None = None,
    value: float | None = None,
    *,
    backfilled: bool = False,
) -> list[Output]:
    """What was said, and of what: without a series, of the device itself."""
    sensor, metric = (None, None) if key is None else (key[0], metric_in(key[1]))
    return [Output(Subject(rule, device, sensor, metric), word, value, backfilled) for rule, word in said]


Listeners: TypeAlias = dict[SeriesOf, Listener | None]
"""Those of a device, by sensor and metric; None where no rule listens."""


class State(msgspec.Struct):
    """All that an evaluator remembers, by rule and by device."""

    rules: dict[str, AlertRuleDefined] = {}
    places: dict[str, Place] = {}
    corrections: dict[str, tuple[Correction, ...]] = {}
    listeners: dict[str, Listeners] = {}
    silences: dict[str, Quiet] = {}

    def listening(self) -> Iterator[tuple[str, SeriesOf, Listener]]:
        """All series that rules are about."""
        for device, listeners in self.listeners.items():
            for key, one in listeners.items():
                if one is not None:
                    yield device, key, one
