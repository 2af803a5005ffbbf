"""One series under all rules that are about it: each reading and each correction, to what there is to say."""

from collections.abc import Iterator, Sequence
from zoneinfo import ZoneInfo

import msgspec
import numpy as np

from domain.alerting.hours import is_in_force, masked
from domain.alerting.minutes import REVIEWED_US, Minutes
from domain.alerting.points import Arrival, Point, Points, standing_value
from domain.alerting.signals import MEASURED, by_minute, reach_us, signal
from domain.alerting.watch import Said, Watch
from domain.columns import Float64, Int64
from domain.corrections import Correction
from schema.rules import ActiveHours
from schema.times import EARLIEST_US, MINUTE_US


class Watched(msgspec.Struct, frozen=True):
    """A rule as a series needs it, and its watch."""

    condition: MEASURED
    hours: ActiveHours | None
    watch: Watch


class Series(msgspec.Struct):
    """The readings of one series that are at hand, and the rules over it, by their ids.

    `minute_us` is the end of the last minute that was judged, `settled_us` up to where time alone has settled anything.
    """

    watched: dict[str, Watched] = {}
    points: Points = msgspec.field(default_factory=Points)
    minutes: Minutes = msgspec.field(default_factory=Minutes)
    minute_us: int = -(2**63)
    settled_us: int = -(2**63)

    def reading(
        self, point: Point, corrections: Sequence[Correction], zone: ZoneInfo, now_us: int
    ) -> Iterator[tuple[str, Said]]:
        """A reading, as the device sent it. `now_us` is how far the series' own time has come."""
        time_us, _, value = point
        arrival = self.points.add(point)
        standing = standing_value(value, time_us, corrections)
        if standing is None or arrival in {Arrival.AGAIN, Arrival.TOO_LATE}:
            return
        if arrival is Arrival.LATE or time_us < self.settled_us:
            if time_us < self._whole_since():
                self.minutes.add(time_us, standing)
            yield from self.corrected(corrections, zone, now_us)
        else:
            yield from self._in_order(time_us, standing, zone)
        self._let_go(corrections, zone)

    def watch(self, rule: str, watched: Watched) -> None:
        """One rule more, for what comes after the readings that are at hand."""
        if self.points.kept:
            watched.watch.floor_us = max(self.points.kept[-1][0], self.minute_us)
        self.watched[rule] = watched

    def passed(self, now_us: int, zone: ZoneInfo) -> Iterator[tuple[str, Said]]:
        """Time passed, as far as this series goes by our clock."""
        self.settled_us = max(self.settled_us, now_us)
        yield from self._judge_minutes(now_us, zone)
        for rule, one in self.watched.items():
            for said in one.watch.passed(now_us):
                yield rule, said

    def corrected(self, corrections: Sequence[Correction], zone: ZoneInfo, now_us: int) -> Iterator[tuple[str, Said]]:
        """What stands of it is another from now on."""
        times, values = self.points.columns(corrections)
        yield from self._review(times, values, zone, now_us)

    def ended(self, zone: ZoneInfo) -> Iterator[tuple[str, Said]]:
        """Nothing is known of what came after the last reading."""
        newest = self.points.kept[-1][0]
        yield from self._judge_minutes(newest - newest % MINUTE_US + MINUTE_US, zone)
        for rule, one in self.watched.items():
            for said in one.watch.ended(max(newest, self.minute_us if by_minute(one.condition) else newest)):
                yield rule, said

    def due_us(self) -> int | None:
        """When time alone changes something."""
        dues = [due for one in self.watched.values() if (due := one.watch.due_us()) is not None]
        if self.minutes.sums:
            open_minute = next(reversed(self.minutes.sums)) + MINUTE_US
            dues += [open_minute] if open_minute > self.minute_us else []
        return min(dues, default=None)

    def _in_order(self, time_us: int, value: float, zone: ZoneInfo) -> Iterator[tuple[str, Said]]:
        looks_at_minutes = False
        for rule, one in self.watched.items():
            if by_minute(one.condition):
                looks_at_minutes = True
                continue
            heard = value if is_in_force(one.hours, zone, time_us) else float("nan")
            for said in one.watch.value(time_us, heard):
                yield rule, said
        if looks_at_minutes:
            yield from self._judge_minutes(time_us, zone)
            self.minutes.add(time_us, value)

    def _judge_minutes(self, now_us: int, zone: ZoneInfo) -> Iterator[tuple[str, Said]]:
        """Those that are over by now and were not judged yet."""
        if not self.minutes.sums or next(reversed(self.minutes.sums)) + MINUTE_US <= self.minute_us:
            return
        ends, means = self.minutes.over(now_us)
        fresh = int(np.searchsorted(ends, self.minute_us, side="right"))
        if fresh == len(ends):
            return
        self.minute_us = int(ends[-1])
        for rule, one in self.watched.items():
            if not by_minute(one.condition):
                continue
            begin = int(np.searchsorted(ends, int(ends[fresh]) - reach_us(one.condition)))
            values = masked(one.hours, zone, ends[begin:], signal(one.condition, ends[begin:], means[begin:]))
            for place in range(fresh - begin, len(values)):
                for said in one.watch.value(int(ends[begin + place]), float(values[place])):
                    yield rule, said

    def _review(self, times: Int64, values: Float64, zone: ZoneInfo, now_us: int) -> Iterator[tuple[str, Said]]:
        """The readings at hand are these now."""
        self._recount(times, values)
        newest = self.points.kept[-1][0] if self.points.kept else self.settled_us
        ends, means = self.minutes.over(max(self.settled_us, newest))
        self.minute_us = int(ends[-1]) if len(ends) else self.minute_us
        for rule, one in self.watched.items():
            if by_minute(one.condition):
                at, judged = ends, signal(one.condition, ends, means)
            else:
                at, judged = times, values
            judged = masked(one.hours, zone, at, judged)
            after = at > one.watch.floor_us
            for said in one.watch.review(at[after], judged[after], now_us):
                yield rule, said

    def _recount(self, times: Int64, values: Float64) -> None:
        """The minutes that the readings at hand are all there is of."""
        if not any(by_minute(one.condition) for one in self.watched.values()):
            return
        since, anew = self._whole_since(), Minutes()
        for time_us, value in zip(times.tolist(), values.tolist(), strict=True):
            if time_us >= since:
                anew.add(time_us, value)
        self.minutes.replace(anew, since)

    def _whole_since(self) -> int:
        """From this minute on all readings that there are, are at hand."""
        floor = self.points.floor_us
        return floor if floor < EARLIEST_US else floor - floor % MINUTE_US + MINUTE_US

    def _let_go(self, corrections: Sequence[Correction], zone: ZoneInfo) -> None:
        oldest = self.points.let_go()
        if oldest is not None:
            time_us, _, sent = oldest
            value = standing_value(sent, time_us, corrections)
            times = np.array([] if value is None else [time_us], np.int64)
            values = np.array([] if value is None else [value], np.float64)
            for one in self.watched.values():
                if not by_minute(one.condition):
                    one.watch.keep_to(time_us, times, masked(one.hours, zone, times, values))
        self._forget_minutes(zone)

    def _forget_minutes(self, zone: ZoneInfo) -> None:
        """In portions: what is judged anew goes over all that is at hand."""
        looking = {rule: one for rule, one in self.watched.items() if by_minute(one.condition)}
        if not looking or not self.minutes.sums:
            return
        reach = max(reach_us(one.condition) for one in looking.values())
        oldest = next(iter(self.minutes.sums))
        if self.minute_us - oldest < 2 * (reach + REVIEWED_US):
            return
        floor = self.minute_us - REVIEWED_US
        ends, means = self.minutes.over(floor)
        for one in looking.values():
            judged = masked(one.hours, zone, ends, signal(one.condition, ends, means))
            after = ends > one.watch.floor_us
            one.watch.keep_to(floor, ends[after], judged[after])
        self.minutes.forget(floor - reach)
