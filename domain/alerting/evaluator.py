"""The evaluator: rules, and what the house says, to alerts. Pure: the same log comes to the same words, live or later.

Time passes by the log's own clock: before each event all is settled that was due when the log took it, so that ticks are needed
only where nothing is said. A device that is behind, because it hands in what it had stored, is judged by its own time until it
has been quiet for a minute: a value that was followed by another in the next message did not stand.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final
from zoneinfo import ZoneInfo

from domain.alerting.alarms import Alarms
from domain.alerting.limiting import IS_SILENT, SPEAKS, again_us, limits_of
from domain.alerting.places import Place, fits
from domain.alerting.points import Point
from domain.alerting.series import Series, Watched
from domain.alerting.signals import metric_of
from domain.alerting.state import BACKFILL_US, BEHIND_US, Listener, Output, State, Subject
from domain.alerting.watch import Said, Watch
from domain.corrections import Correction, of_series
from schema.events import Clock, SensorReading
from schema.rules import AlertRuleDefined, Silence
from schema.times import to_micros

_NOWHERE: Final = Place()


class Evaluator:
    """All rules over the whole house."""

    def __init__(self, state: State | None = None) -> None:
        self.state = state or State()
        self._alarms = Alarms()
        self._about, self._of_backfill = _about(self.state.rules.values()), _of_backfill(self.state.rules.values())
        for device, listeners in self.state.listeners.items():
            for key, one in listeners.items():
                if one is not None:
                    self._plan(device, key, one)
        for device, watches in self.state.silences.items():
            for rule, watch in watches.items():
                self._plan_silence(device, rule, watch)

    def define(self, rule: AlertRuleDefined, recorded_us: int) -> list[Output]:
        """A rule is this from now on. What it said before is withdrawn, and it begins anew with what it hears next."""
        outputs = self.passed(recorded_us)
        self.state.rules.pop(rule.rule_id, None)
        outputs += self._fit_anew()
        self.state.rules[rule.rule_id] = rule
        return [*outputs, *self._fit_anew()]

    def place(self, device: str, place: Place, recorded_us: int) -> list[Output]:
        """The device is there from now on. What rules said that are not about it any more is withdrawn."""
        if self.state.places.get(device) == place:
            return []
        outputs = self.passed(recorded_us)
        self.state.places[device] = place
        return [*outputs, *self._fit([device])]

    def reading(self, event_id: bytes, event: SensorReading, recorded_us: int, received_us: int | None = None) -> list[Output]:
        """A device read its sensor. `received_us`: when we were told, where that is not when the log took it."""
        time_us = to_micros(event.timestamp)
        backfilled = (recorded_us if received_us is None else received_us) - time_us > BACKFILL_US
        outputs = self.passed(recorded_us) if backfilled else self.heard(event.device_id, recorded_us)
        if event.clock is not Clock.OK or (backfilled and not self._of_backfill):
            return outputs
        listeners = self.state.listeners.setdefault(event.device_id, {})
        for metric, value in event.reading.items():
            key = (event.sensor_id, metric)
            one = listeners[key] if key in listeners else listeners.setdefault(key, self._listener(event.device_id, key))
            if one is None or metric in event.verdicts:
                continue
            point = time_us, event_id, value
            take = self._took_backfill if backfilled else self._took
            outputs += take(event.device_id, key, one, point, recorded_us)
            self._plan(event.device_id, key, one)
        return outputs

    def _took(self, device: str, key: tuple[str, str], one: Listener, point: Point, recorded_us: int) -> Iterable[Output]:
        one.go_live()
        return self._heard_by(one, device, key, point, recorded_us)

    def _took_backfill(
        self, device: str, key: tuple[str, str], one: Listener, point: Point, recorded_us: int
    ) -> Iterator[Output]:
        """Back-fill that goes back beyond what is at hand of it begins anew."""
        if one.past is not None and point[0] <= one.past.series.points.floor_us:
            yield from self._past_over(device, key, one)
        if one.past is None:
            watched = {rule: _watched(self.state.rules[rule]) for rule in one.series.watched if rule in self._of_backfill}
            one.past = Listener(Series(watched)) if watched else None
        if one.past is not None:
            yield from self._heard_by(one.past, device, key, point, recorded_us, backfilled=True)

    def _heard_by(
        self, lane: Listener, device: str, key: tuple[str, str], point: Point, recorded_us: int, *, backfilled: bool = False
    ) -> Iterable[Output]:
        time_us, _, lane.value = point
        lane.heard_us, lane.is_behind = recorded_us, recorded_us - time_us > BEHIND_US
        corrections, zone = self._standing(device, key), self._zone(device)
        said = lane.series.reading(point, corrections, zone, lane.own_time(recorded_us))
        return self._outputs(device, key, said, lane.value, backfilled=backfilled)

    def _past_over(self, device: str, key: tuple[str, str], one: Listener) -> Iterator[Output]:
        past, one.past = one.past, None
        if past is not None:
            yield from self._outputs(device, key, past.series.ended(self._zone(device)), past.value, backfilled=True)

    def corrected(self, device: str, corrections: Sequence[Correction], recorded_us: int) -> list[Output]:
        """These corrections stand of a device from now on."""
        outputs = self.passed(recorded_us)
        self.state.corrections[device] = tuple(corrections)
        for key, one in self.state.listeners.get(device, {}).items():
            if one is None:
                continue
            for lane, backfilled in one.lanes():
                now_us = lane.own_time(recorded_us)
                said = lane.series.corrected(self._standing(device, key), self._zone(device), now_us)
                outputs += self._outputs(device, key, said, lane.value, backfilled=backfilled)
            self._plan(device, key, one)
        return outputs

    def heard(self, device: str, recorded_us: int) -> list[Output]:
        """A device said something, whatever it was."""
        outputs = self.passed(recorded_us)
        watches = self.state.silences.get(device)
        if watches is None:
            watches = self.state.silences[device] = self._fresh_silences(device)
        for rule, watch in watches.items():
            spoke = (*watch.value(recorded_us, SPEAKS), *watch.value(recorded_us, IS_SILENT))
            outputs += [Output(Subject(rule, device), said) for said in spoke]
            self._plan_silence(device, rule, watch)
        return outputs

    def passed(self, now_us: int) -> list[Output]:
        """A tick: it is now, and nothing more will come that the log took before."""
        outputs: list[Output] = []
        for device, sensor, name in self._alarms.ring(now_us):
            if sensor:
                outputs += self._settle(device, (sensor, name), now_us)
            else:
                outputs += self._settle_silence(device, name, now_us)
        return outputs

    def due_us(self) -> int | None:
        """When there may be something to settle; None where only an event can bring it."""
        return self._alarms.next_us()

    def watching(self) -> int:
        """How many series, and devices that may fall silent, there are rules about."""
        series = sum(one is not None for listeners in self.state.listeners.values() for one in listeners.values())
        return series + sum(len(watches) for watches in self.state.silences.values())

    def _settle(self, device: str, key: tuple[str, str], now_us: int) -> list[Output]:
        one = self.state.listeners.get(device, {}).get(key)
        if one is None:
            return []
        over = one.past_over_us()
        outputs = [*self._past_over(device, key, one)] if over is not None and over <= now_us else []
        for lane, backfilled in one.lanes():
            due = lane.series.due_us()
            if due is not None and lane.counts_from(due) <= now_us:
                said = lane.series.passed(due, self._zone(device))
                outputs += self._outputs(device, key, said, lane.value, backfilled=backfilled)
        self._plan(device, key, one)
        return outputs

    def _settle_silence(self, device: str, rule: str, now_us: int) -> list[Output]:
        watch = self.state.silences.get(device, {}).get(rule)
        due = None if watch is None else watch.due_us()
        if watch is None or due is None:
            return []
        outputs = [Output(Subject(rule, device), said) for said in watch.passed(due)] if due <= now_us else []
        self._plan_silence(device, rule, watch)
        return outputs

    def _plan(self, device: str, key: tuple[str, str], one: Listener) -> None:
        for lane, _ in one.lanes():
            due = lane.series.due_us()
            if due is not None:
                self._alarms.set((device, *key), lane.counts_from(due))
        over = one.past_over_us()
        if over is not None:
            self._alarms.set((device, *key), over)

    def _plan_silence(self, device: str, rule: str, watch: Watch) -> None:
        due = watch.due_us()
        if due is not None:
            self._alarms.set((device, "", rule), due)

    def _fit_anew(self) -> list[Output]:
        self._about, self._of_backfill = _about(self.state.rules.values()), _of_backfill(self.state.rules.values())
        return self._fit([*self.state.listeners.keys() | self.state.silences.keys()])

    def _fit(self, devices: Iterable[str]) -> list[Output]:
        """Each series of these devices under the rules that are about it, and no other."""
        return [output for device in devices for output in (*self._fit_series(device), *self._fit_silences(device))]

    def _fit_series(self, device: str) -> Iterator[Output]:
        listeners = self.state.listeners.get(device, {})
        for key, one in list(listeners.items()):
            wanted = self._rules_of(device, key)
            if one is None:
                listeners.pop(key)
                continue
            for lane, backfilled in one.lanes():
                for rule in [rule for rule in lane.series.watched if rule not in wanted]:
                    for said in lane.series.watched.pop(rule).watch.withdraw():
                        yield Output(Subject(rule, device, *key), said, lane.value, backfilled)
                for rule, defined in wanted.items():
                    if rule not in lane.series.watched and (defined.evaluate_backfill or not backfilled):
                        lane.series.watch(rule, _watched(defined))

    def _fit_silences(self, device: str) -> Iterator[Output]:
        before = self.state.silences.pop(device, None)
        if before is None:
            return
        fresh = self._fresh_silences(device)
        self.state.silences[device] = {rule: before.get(rule, watch) for rule, watch in fresh.items()}
        for rule in before.keys() - fresh.keys():
            for said in before[rule].withdraw():
                yield Output(Subject(rule, device), said)

    def _listener(self, device: str, key: tuple[str, str]) -> Listener | None:
        wanted = self._rules_of(device, key)
        return Listener(Series({rule: _watched(defined) for rule, defined in wanted.items()})) if wanted else None

    def _rules_of(self, device: str, key: tuple[str, str]) -> dict[str, AlertRuleDefined]:
        sensor, metric = key
        return {rule.rule_id: rule for rule in self._fitting(device, metric, sensor)}

    def _fresh_silences(self, device: str) -> dict[str, Watch]:
        return {rule.rule_id: Watch(limits_of(rule), again_us(rule)) for rule in self._fitting(device, None, None)}

    def _fitting(self, device: str, metric: str | None, sensor: str | None) -> Iterator[AlertRuleDefined]:
        place = self._place(device)
        candidates = (*self._about.get((metric, device), ()), *self._about.get((metric, None), ()))
        return (rule for rule in candidates if fits(rule.where, device, sensor, place))

    def _place(self, device: str) -> Place:
        return self.state.places.get(device, _NOWHERE)

    def _zone(self, device: str) -> ZoneInfo:
        return ZoneInfo(self._place(device).zone)

    def _standing(self, device: str, key: tuple[str, str]) -> Sequence[Correction]:
        standing = self.state.corrections.get(device)
        return of_series(standing, *key) if standing else ()

    def _outputs(
        self, device: str, key: tuple[str, str], said: Iterable[tuple[str, Said]], value: float, *, backfilled: bool = False
    ) -> list[Output]:
        return [Output(Subject(rule, device, *key), word, value, backfilled) for rule, word in said]


def _about(rules: Iterable[AlertRuleDefined]) -> dict[tuple[str | None, str | None], list[AlertRuleDefined]]:
    """Rules in force, by their metric (None: silence) and the device that they name."""
    about: dict[tuple[str | None, str | None], list[AlertRuleDefined]] = {}
    for rule in rules:
        if rule.enabled:
            about.setdefault((metric_of(rule.condition), rule.where.device_id), []).append(rule)
    return about


def _of_backfill(rules: Iterable[AlertRuleDefined]) -> frozenset[str]:
    """Those in force that judge back-fill, too."""
    return frozenset(rule.rule_id for rule in rules if rule.enabled and rule.evaluate_backfill)


def _watched(rule: AlertRuleDefined) -> Watched:
    assert not isinstance(rule.condition, Silence)  # noqa: S101  # for the type checker
    return Watched(rule.condition, rule.hours, Watch(limits_of(rule), again_us(rule)))
