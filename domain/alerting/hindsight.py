"""One rule over the whole history of one series: what it comes to in the order of time, chunk after chunk, as columns.

The steps and the signals are those of the evaluator that runs live, told all at once.
"""

from collections.abc import Iterable
from typing import Final
from zoneinfo import ZoneInfo

import msgspec
import numpy as np
from msgspec.structs import replace

from domain.alerting.episodes import Episode, Progress, at_time, steps
from domain.alerting.hours import masked
from domain.alerting.limiting import IS_SILENT, SPEAKS, again_us, limits_of
from domain.alerting.signals import by_means, grain_means, grain_us, reach_us, signal
from domain.columns import Float64, Int64
from schema.rules import AlertRuleDefined, Silence

_NOTHING: Final[tuple[Int64, Float64]] = (np.empty(0, np.int64), np.empty(0))


class PastAlert(msgspec.Struct, frozen=True, gc=False):
    """An alert as it would have been. `value` is what stood when it was raised; None of silence."""

    since_us: int
    raised_us: int
    ended_us: int | None
    cleared_us: int | None
    value: float | None
    refuted: bool = False


class Hindsight:
    """Told of values, of which those up to `until_us` count.

    Each chunk but the last ends with a minute, with an hour where it is about hours.
    """

    def __init__(self, rule: AlertRuleDefined, zone: ZoneInfo, until_us: int) -> None:
        self._rule = rule
        self._zone = zone
        self._until_us = until_us
        self._limits = limits_of(rule)
        self._again_us = again_us(rule)
        self._progress = Progress()
        self._standing = _NOTHING
        self._looked_back_on = _NOTHING
        self._raised: tuple[int, float | None] | None = None
        self._last: PastAlert | None = None

    def more(self, times: Int64, values: Float64) -> list[PastAlert]:
        """The next values, at least one; the alerts that are over for good."""
        count = int(np.searchsorted(times, self._until_us, side="right"))
        at, judged = self._judged(times[:count], values[:count]) if count else _NOTHING
        if not len(at):
            return []
        found = steps(self._progress, self._limits, at, judged)
        self._progress = found.progress
        times, values = np.concatenate([self._standing[0], at]), np.concatenate([self._standing[1], judged])
        self._standing = times, values
        ended = [alert for episode in found.ended for alert in self._took(episode)]
        open_one = found.progress.episode
        self._raised = None if open_one is None else (open_one.raised_us, self._value_at(open_one.raised_us))
        self._standing = times[-1:], values[-1:]
        return ended

    def done(self) -> list[PastAlert]:
        """No more comes; the alerts that are left, those that are not over among them."""
        found = at_time(self._progress, self._limits, self._until_us)
        open_one = () if found.progress.episode is None else (found.progress.episode,)
        ended = [alert for episode in (*found.ended, *open_one) for alert in self._took(episode)]
        return ended if self._last is None else [*ended, self._last]

    def _took(self, episode: Episode) -> Iterable[PastAlert]:
        """The alert before, where this is another one."""
        last = self._last
        if last is not None and last.cleared_us is not None and episode.since_us - last.cleared_us <= self._again_us:
            self._last = replace(last, ended_us=episode.ended_us, cleared_us=episode.cleared_us)
            return ()
        value = self._value_at(episode.raised_us)
        self._last = PastAlert(episode.since_us, episode.raised_us, episode.ended_us, episode.cleared_us, value)
        return () if last is None else (last,)

    def _value_at(self, time_us: int) -> float | None:
        if isinstance(self._rule.condition, Silence):
            return None
        if self._raised is not None and self._raised[0] == time_us:
            return self._raised[1]
        times, values = self._standing
        return float(values[np.searchsorted(times, time_us, side="right") - 1])

    def _judged(self, times: Int64, values: Float64) -> tuple[Int64, Float64]:
        """What the rule's limits are held against."""
        condition = self._rule.condition
        if isinstance(condition, Silence):
            return self._silences(times)
        if by_means(condition):
            times, values = self._means(times, values)
        return times, masked(self._rule.hours, self._zone, times, values)

    def _means(self, times: Int64, values: Float64) -> tuple[Int64, Float64]:
        condition = self._rule.condition
        assert not isinstance(condition, Silence)  # noqa: S101  # for the type checker
        ends, means = grain_means(times, values, grain_us(condition))
        over = ends <= self._until_us
        before = self._looked_back_on
        ends, means = np.concatenate([before[0], ends[over]]), np.concatenate([before[1], means[over]])
        fresh = len(before[0])
        judged = signal(condition, ends, means, fresh)
        kept = int(np.searchsorted(ends, ends[-1] - reach_us(condition))) if len(ends) else 0
        self._looked_back_on = ends[kept:], means[kept:]
        return ends[fresh:], judged

    def _silences(self, times: Int64) -> tuple[Int64, Float64]:
        """Only pauses long enough to be told of: a device that speaks again sooner was never silent."""
        long = np.flatnonzero(np.diff(times) >= self._limits.for_us)
        at = np.concatenate([times[:1], np.stack([times[long], times[long + 1]], axis=1).ravel(), times[-1:]])
        says = np.full(len(at), SPEAKS)
        says[1::2] = IS_SILENT
        return at, says
