"""One series under all rules that are about it: each reading and each correction, to what there is to say."""

from collections.abc import Iterable, Iterator, Sequence

import msgspec
import numpy as np

from domain.alerting.hours import is_in_force, masked
from domain.alerting.minutes import REVIEWED_HOURS_US, REVIEWED_US, Minutes
from domain.alerting.points import Arrival, Point, Points, standing_value
from domain.alerting.rulebook import Bounds, Rulebook, Watched
from domain.alerting.signals import reach_us, signal
from domain.alerting.watch import Said
from domain.columns import Float64, Int64
from domain.corrections import Correction
from schema.times import EARLIEST_US, MINUTE_US, NEVER_US


class Series(msgspec.Struct):
    """The readings of one series that are at hand, and the rules over it that are awake, by their ids.

    `minute_us` is the end of the last minute that was judged, `settled_us` up to where time alone has settled anything; minutes
    that end by `floor_us` change nothing any more. `since` is from when on rules count that came after readings at hand.
    """

    watched: dict[str, Watched] = {}
    since: dict[str, int] = {}
    points: Points = msgspec.field(default_factory=Points)
    minutes: Minutes = msgspec.field(default_factory=Minutes)
    minute_us: int = NEVER_US
    settled_us: int = NEVER_US
    floor_us: int = NEVER_US

    def reading(
        self, point: Point, corrections: Sequence[Correction], rules: Rulebook, now_us: int
    ) -> Iterable[tuple[str, Said]]:
        """A reading, as the device sent it. `now_us` is how far the series' own time has come."""
        time_us, _, value = point
        arrival = self.points.add(point)
        standing = standing_value(value, time_us, corrections)
        if arrival is Arrival.AGAIN or arrival is Arrival.TOO_LATE:
            return ()
        if standing is None:
            self._let_go(corrections, rules)
            return ()
        if arrival is Arrival.LATE or time_us < self.settled_us:
            return self._late(time_us, standing, corrections, rules, now_us)
        if self.watched or rules.means or not rules.readings.are_calm_at(standing):
            return self._in_order(time_us, standing, corrections, rules)
        self._let_go(corrections, rules)
        return ()

    def watch(self, rule: str) -> None:
        """One rule more, for what comes after the readings that are at hand."""
        if self.points.kept:
            self.since[rule] = max(self.points.kept[-1][0], self.minute_us)

    def withdraw(self, rule: str) -> Iterator[tuple[str, Said]]:
        """The rule is about this no more."""
        self.since.pop(rule, None)
        one = self.watched.pop(rule, None)
        if one is not None:
            for said in one.watch.withdraw():
                yield rule, said

    def passed(self, now_us: int, rules: Rulebook) -> Iterator[tuple[str, Said]]:
        """Time passed, as far as this series goes by our clock."""
        self.settled_us = max(self.settled_us, now_us)
        yield from self._judge_minutes(now_us, rules)
        for rule, one in self.watched.items():
            for said in one.watch.passed(now_us):
                yield rule, said
        self._fall_asleep()

    def corrected(self, corrections: Sequence[Correction], rules: Rulebook, now_us: int) -> Iterator[tuple[str, Said]]:
        """What stands of it is another from now on."""
        times, values = self.points.columns(corrections)
        yield from self._review(times, values, rules, now_us)
        self._fall_asleep()

    def ended(self, rules: Rulebook) -> Iterator[tuple[str, Said]]:
        """Nothing is known of what came after the last reading."""
        newest = self.points.kept[-1][0]
        grain = self.minutes.grain_us
        yield from self._judge_minutes(newest - newest % grain + grain, rules)
        for rule, one in self.watched.items():
            for said in one.watch.ended(newest if rule in rules.readings.names else max(newest, self.minute_us)):
                yield rule, said

    def due_us(self) -> int | None:
        """When time alone changes something."""
        if not self.watched and not self.minutes.sums:
            return None
        dues = [due for one in self.watched.values() if (due := one.watch.due_us()) is not None]
        if self.minutes.sums:
            open_minute = next(reversed(self.minutes.sums)) + self.minutes.grain_us
            dues += [open_minute] if open_minute > self.minute_us else []
        return min(dues, default=None)

    def _late(
        self, time_us: int, value: float, corrections: Sequence[Correction], rules: Rulebook, now_us: int
    ) -> Iterator[tuple[str, Said]]:
        if time_us < self._whole_since():
            self.minutes.add(time_us, value)
        yield from self.corrected(corrections, rules, now_us)
        self._let_go(corrections, rules)
        self._fall_asleep()

    def _in_order(
        self, time_us: int, value: float, corrections: Sequence[Correction], rules: Rulebook
    ) -> Iterator[tuple[str, Said]]:
        if not rules.readings.are_calm_at(value):
            self._wake(rules.readings.broken_within(value, value), rules)
        if self.watched:
            for rule, one in self._awake(rules.readings):
                heard = value if is_in_force(one.hours, rules.zone, time_us) else float("nan")
                for said in one.watch.value(time_us, heard):
                    yield rule, said
        if rules.means:
            yield from self._judge_minutes(time_us, rules)
            self.minutes.add(time_us, value)
        self._let_go(corrections, rules)
        self._fall_asleep()

    def _judge_minutes(self, now_us: int, rules: Rulebook) -> Iterator[tuple[str, Said]]:
        """Those that are over by now and were not judged yet."""
        if self.minutes.last_over(now_us) <= self.minute_us:
            return
        ends, means = self.minutes.over(now_us, since_us=self.minute_us - rules.reach_us)
        fresh = int(np.searchsorted(ends, self.minute_us, side="right"))
        self.minute_us = int(ends[-1])
        for condition, bounds in rules.means.items():
            begin = int(np.searchsorted(ends, int(ends[fresh]) - reach_us(condition)))
            judged = signal(condition, ends[begin:], means[begin:], fresh - begin)
            self._wake(bounds.broken(judged), rules)
            for rule, one in self._awake(bounds):
                values = masked(one.hours, rules.zone, ends[fresh:], judged)
                for end, value in zip(ends[fresh:].tolist(), values.tolist(), strict=True):
                    for said in one.watch.value(end, value):
                        yield rule, said

    def _review(self, times: Int64, values: Float64, rules: Rulebook, now_us: int) -> Iterator[tuple[str, Said]]:
        """The readings at hand are these now."""
        yield from self._reviewed(rules.readings, times, values, rules, now_us)
        if rules.means:
            self._recount(times, values)
            newest = self.points.kept[-1][0] if self.points.kept else self.settled_us
            ends, means = self.minutes.over(max(self.settled_us, newest))
            self.minute_us = int(ends[-1]) if len(ends) else self.minute_us
            for condition, bounds in rules.means.items():
                yield from self._reviewed(bounds, ends, signal(condition, ends, means), rules, now_us)

    def _reviewed(
        self, bounds: Bounds, times: Int64, values: Float64, rules: Rulebook, now_us: int
    ) -> Iterator[tuple[str, Said]]:
        self._wake(bounds.broken(values), rules)
        for rule, one in self._awake(bounds):
            judged = masked(one.hours, rules.zone, times, values)
            after = times > one.watch.floor_us
            for said in one.watch.review(times[after], judged[after], now_us):
                yield rule, said

    def _recount(self, times: Int64, values: Float64) -> None:
        """The minutes that the readings at hand are all there is of."""
        since, anew = self._whole_since(), Minutes(grain_us=self.minutes.grain_us)
        for time_us, value in zip(times.tolist(), values.tolist(), strict=True):
            if time_us >= since:
                anew.add(time_us, value)
        self.minutes.replace(anew, since)

    def _whole_since(self) -> int:
        """From this minute on all readings that there are, are at hand."""
        floor, grain = self.points.floor_us, self.minutes.grain_us
        return floor if floor < EARLIEST_US else floor - floor % grain + grain

    def _let_go(self, corrections: Sequence[Correction], rules: Rulebook) -> None:
        before_us, oldest = self.points.floor_us, self.points.let_go()
        if oldest is not None:
            time_us, event_id, sent = oldest
            self._remember(before_us, time_us, event_id, rules)
            value = standing_value(sent, time_us, corrections)
            if value is not None:
                self._wake(rules.readings.broken_within(value, value), rules)
            if self.watched:
                times = np.array([] if value is None else [time_us], np.int64)
                values = np.array([] if value is None else [value], np.float64)
                self._keep_to(rules.readings, time_us, times, values, rules)
        self._forget_minutes(rules)
        if self.since and oldest is not None:
            self.since = {rule: since for rule, since in self.since.items() if since > self._floor(rule, rules)}

    def _forget_minutes(self, rules: Rulebook) -> None:
        """In portions: what is judged anew goes over all that is at hand. Of hours the means stay."""
        if not rules.means or not self.minutes.sums:
            return
        is_hourly = self.minutes.grain_us != MINUTE_US
        reviewed = REVIEWED_HOURS_US if is_hourly else REVIEWED_US
        oldest = next(iter(self.minutes.sums))
        if self.minute_us - oldest < 2 * (reviewed if is_hourly else rules.reach_us + reviewed):
            return
        floor = max(self.floor_us, self.minute_us - reviewed)
        ends, means = self.minutes.over(floor)
        for condition, bounds in rules.means.items():
            judged = signal(condition, ends, means)
            after = ends > self.floor_us
            self._wake(bounds.broken(judged[after]), rules)
            self._keep_to(bounds, floor, ends[after], judged[after], rules)
        self.floor_us = floor
        if is_hourly:
            self.minutes.settle(floor, floor - rules.reach_us)
        else:
            self.minutes.forget(floor - rules.reach_us)

    def _keep_to(self, bounds: Bounds, floor_us: int, times: Int64, values: Float64, rules: Rulebook) -> None:
        """Nothing up to there changes any more: these values."""
        for rule, one in self._awake(bounds):
            since = self.since.get(rule, NEVER_US)
            if since < floor_us:
                after = times > since
                one.watch.keep_to(floor_us, times[after], masked(one.hours, rules.zone, times, values)[after])

    def _remember(self, before_us: int, time_us: int, event_id: bytes, rules: Rulebook) -> None:
        """With what runs began that go on, and may become alerts, where what was let go before it was no part of them."""
        for rule, one in self.watched.items():
            since = one.watch.progress.since_us
            begin = since if rule in rules.readings.names else since - self.minutes.grain_us
            if before_us < begin <= time_us <= since and not one.watch.progress.is_at_rest:
                one.watch.begun = (since, event_id)

    def _wake(self, broken: Iterable[str], rules: Rulebook) -> None:
        for rule in broken:
            if rule not in self.watched:
                self.watched[rule] = rules.awake(rule, max(self._floor(rule, rules), self.since.get(rule, NEVER_US)))

    def _fall_asleep(self) -> None:
        """Those of which there is nothing to remember."""
        if self.watched:
            for rule in [rule for rule, one in self.watched.items() if one.watch.is_at_rest]:
                del self.watched[rule]

    def _awake(self, bounds: Bounds) -> list[tuple[str, Watched]]:
        return [(rule, one) for rule, one in self.watched.items() if rule in bounds.names]

    def _floor(self, rule: str, rules: Rulebook) -> int:
        return self.points.floor_us if rule in rules.readings.names else self.floor_us
