"""The evaluator: rules, and what the house says, to alerts. Pure: the same log comes to the same words, live or later.

Time passes by the log's own clock: before each event all is settled that was due when the log took it, so that ticks are needed
only where nothing is said. A device that is behind, because it hands in what it had stored, is judged by its own time until it
has been quiet for a minute: a value that was followed by another in the next message did not stand.
"""

from collections.abc import Iterable, Iterator, Sequence
from math import isnan, nan

from msgspec.structs import replace

from domain.alerting.alarms import Alarms
from domain.alerting.books import Books
from domain.alerting.computed import Sources, Taken, sent_to
from domain.alerting.naming import metric_in
from domain.alerting.places import NOWHERE, Place
from domain.alerting.quiet import Quiet
from domain.alerting.refitting import begin, moved, withdrawn
from domain.alerting.rulebook import SeriesOf
from domain.alerting.state import BACKFILL_US, BEHIND_US, About, Listener, Output, State, listening, outputs_of
from domain.corrections import Correction, of_series
from schema.events import Clock, Quality, SensorReading
from schema.rules import AlertRuleDefined
from schema.times import LATEST_US, to_micros


class Evaluator:
    """All rules over the whole house."""

    def __init__(self, state: State | None = None) -> None:
        self.state = state or State()
        self._alarms = Alarms()
        self._books = Books(self.state.rules, self.state.places)
        for device, key, one in self.state.listening():
            self._plan(device, key, one)
        for device, quiet in self.state.silences.items():
            self._plan_silence(device, quiet)

    def define(self, rule: AlertRuleDefined, recorded_us: int) -> list[Output]:
        """A rule is this from now on. What it said before is withdrawn, and it begins anew with what it hears next."""
        outputs = self.passed(recorded_us)
        if self.state.rules.pop(rule.rule_id, None) is not None:
            outputs += withdrawn(self.state, rule.rule_id)
        self.state.rules[rule.rule_id] = rule
        self._books = Books(self.state.rules, self.state.places)
        if rule.enabled:
            begin(self.state, rule)
        return outputs

    def place(self, device: str, place: Place, recorded_us: int) -> list[Output]:
        """The device is there from now on. What rules said that are not about it any more is withdrawn."""
        if self.state.places.get(device) == place:
            return []
        outputs = [*self.passed(recorded_us), *moved(self.state, self._books, device, place, recorded_us)]
        quiet = self.state.silences.get(device)
        if quiet is not None:
            self._plan_silence(device, quiet)
        return outputs

    def reading(self, event_id: bytes, event: SensorReading, recorded_us: int, received_us: int | None = None) -> list[Output]:
        """A device read its sensor. `received_us`: when we were told, where that is not when the log took it."""
        device, time_us = event.device_id, to_micros(event.timestamp)
        backfilled = (recorded_us if received_us is None else received_us) - time_us > BACKFILL_US
        outputs = self.passed(recorded_us) if backfilled else self.heard(device, recorded_us)
        if event.clock is not Clock.OK or (backfilled and not self._books.of_backfill):
            return outputs
        take = self._took_backfill if backfilled else self._took
        computed = self._books.computed
        event = _unknown(event) if event.quality is Quality.BAD else event
        for series, sent in sent_to(computed, event) if computed or event.verdicts else event.reading.items():
            about = self._about(device, (event.sensor_id, series))
            one = self._listener(about)
            if one is not None:
                outputs += take(about, one, (time_us, event_id, sent), recorded_us)
                self._plan(device, about.key, one)
        return outputs

    def corrected(self, device: str, corrections: Sequence[Correction], recorded_us: int) -> list[Output]:
        """These corrections stand of a device from now on."""
        outputs = self.passed(recorded_us)
        self.state.corrections[device] = tuple(corrections)
        for key, one in self.state.listeners.get(device, {}).items():
            if one is None:
                continue
            about = self._about(device, key)
            for lane, backfilled in one.lanes():
                if lane.computed is not None:
                    lane.computed.renew(lane.series.points, corrections)
                standing, now_us = self._standing(lane, about), lane.own_time(recorded_us)
                said = lane.series.corrected(standing, about.rules_for(backfilled=backfilled), now_us)
                outputs += about.outputs(said, lane.value, backfilled=backfilled)
            self._plan(device, key, one)
        return outputs

    def heard(self, device: str, recorded_us: int) -> list[Output]:
        """A device said something, whatever it was."""
        outputs = self.passed(recorded_us)
        if self._books.of_silence(device):
            quiet = self.state.silences.get(device)
            if quiet is None:
                quiet = self.state.silences[device] = Quiet(recorded_us)
            outputs += outputs_of(device, quiet.heard(recorded_us))
            self._plan_silence(device, quiet)
        return outputs

    def passed(self, now_us: int) -> list[Output]:
        """A tick: it is now, and nothing more will come that the log took before."""
        outputs: list[Output] = []
        due_us = self._alarms.next_us()
        if due_us is None or due_us > now_us:
            return outputs
        for device, *key in self._alarms.ring(now_us):
            outputs += self._settle(device, (key[0], key[1]), now_us) if key else self._settle_silence(device, now_us)
        return outputs

    def concerns(self, device: str) -> bool:
        """Whether a rule may be about something that the device says."""
        return self._books.concern(device)

    def due_us(self) -> int | None:
        """When there may be something to settle; None where only an event can bring it."""
        return self._alarms.next_us()

    def watching(self) -> int:
        """How many series, and devices that may fall silent, there are rules about."""
        series = sum(1 for _ in self.state.listening())
        return series + sum(len(self._books.of_silence(device)) for device in self.state.silences)

    def _about(self, device: str, key: SeriesOf) -> About:
        return About(device, key, self._books.of_series(device, key))

    def _listener(self, about: About) -> Listener | None:
        listeners = self.state.listeners.get(about.device)
        if listeners is None:
            listeners = self.state.listeners[about.device] = {}
        if about.key not in listeners:
            listeners[about.key] = listening(about.key) if about.rules.rules else None
        return listeners[about.key]

    def _took(self, about: About, one: Listener, taken: Taken, recorded_us: int) -> Iterable[Output]:
        one.go_live(about.rules)
        return self._heard_by(one, about, taken, recorded_us, backfilled=False)

    def _took_backfill(self, about: About, one: Listener, taken: Taken, recorded_us: int) -> Iterator[Output]:
        """Back-fill that goes back beyond what is at hand of it begins anew."""
        if one.past is not None and taken[0] <= one.past.series.points.floor_us:
            yield from self._past_over(about, one)
        if one.past is None and about.rules.of_backfill.rules:
            one.past = listening(about.key)
        if one.past is not None:
            yield from self._heard_by(one.past, about, taken, recorded_us, backfilled=True)

    def _heard_by(self, lane: Listener, about: About, taken: Taken, recorded_us: int, *, backfilled: bool) -> Iterable[Output]:
        time_us, event_id, sent = taken
        value = self._computed(lane, about, (time_us, event_id, sent)) if isinstance(sent, tuple) else sent
        if value is None:
            return ()
        lane.heard_us, lane.is_behind = recorded_us, recorded_us - time_us > BEHIND_US
        lane.value = lane.value if isnan(value) else value
        point, rules = (time_us, event_id, value), about.rules_for(backfilled=backfilled)
        said = lane.series.reading(point, self._standing(lane, about), rules, lane.own_time(recorded_us))
        return about.outputs(said, lane.value, backfilled=backfilled)

    def _past_over(self, about: About, one: Listener) -> Iterator[Output]:
        past, one.past = one.past, None
        if past is not None and past.series.points.kept:
            yield from about.outputs(past.series.ended(about.rules.of_backfill), past.value, backfilled=True)

    def _settle(self, device: str, key: SeriesOf, now_us: int) -> list[Output]:
        one = self.state.listeners.get(device, {}).get(key)
        if one is None:
            return []
        about, over = self._about(device, key), one.past_over_us()
        outputs = [*self._past_over(about, one)] if over is not None and over <= now_us else []
        for lane, backfilled in one.lanes():
            due = lane.series.due_us()
            if due is not None and lane.counts_from(due) <= now_us:
                said = lane.series.passed(due, about.rules_for(backfilled=backfilled))
                outputs += about.outputs(said, lane.value, backfilled=backfilled)
        self._plan(device, key, one)
        return outputs

    def _settle_silence(self, device: str, now_us: int) -> list[Output]:
        quiet = self.state.silences[device]
        outputs = outputs_of(device, quiet.passed(now_us, self._books.of_silence(device), self._in_service_until(device)))
        self._plan_silence(device, quiet)
        return outputs

    def _plan(self, device: str, key: SeriesOf, one: Listener) -> None:
        due = one.due_us()
        if due is not None:
            self._alarms.set((device, *key), due)

    def _plan_silence(self, device: str, quiet: Quiet) -> None:
        due = quiet.due_us(self._books.of_silence(device), self._in_service_until(device))
        if due is not None:
            self._alarms.set((device,), due)

    def _in_service_until(self, device: str) -> int:
        retired_us = self.state.places.get(device, NOWHERE).retired_us
        return LATEST_US if retired_us is None else retired_us

    def _computed(self, lane: Listener, about: About, taken: tuple[int, bytes, Sources]) -> float | None:
        """What follows now from what was sent; None where nothing does."""
        return None if lane.computed is None else lane.computed.add(*taken, self.state.corrections.get(about.device, ()))

    def _standing(self, lane: Listener, about: About) -> Sequence[Correction]:
        """The corrections of a series; what is computed is so of what was corrected."""
        standing, (sensor, series) = self.state.corrections.get(about.device), about.key
        return of_series(standing, sensor, metric_in(series)) if standing and lane.computed is None else ()


def _unknown(event: SensorReading) -> SensorReading:
    """What a device calls bad itself counts for nothing, until a correction says what the values were."""
    return replace(event, reading=dict.fromkeys(event.reading, nan))
