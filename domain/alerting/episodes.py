"""From values in the order of time to episodes: stretches over which a rule's condition held long enough to be an alert.

The condition has a memory of one bit (hysteresis), and both its beginning and its end have to last. A value stands until the
next one, so that time alone can raise or end an episode. A run is a stretch over which the bit is the same.
"""

from collections.abc import Iterable, Sequence

import msgspec
import numpy as np

from domain.columns import Bools, Float64, Int64
from schema.times import NEVER_US


class Limits(msgspec.Struct, frozen=True, gc=False):
    """A value is beyond `above` or below `below`, and stays so until it is back by `hysteresis`. Durations are microseconds."""

    above: float = float("inf")
    below: float = float("-inf")
    hysteresis: float = 0.0
    for_us: int = 0
    clear_us: int = 0

    def trips(self, value: float) -> bool:
        return value > self.above or value < self.below

    def stays(self, value: float) -> bool:
        return value > self.above - self.hysteresis or value < self.below + self.hysteresis


class Episode(msgspec.Struct, frozen=True, gc=False):
    """The condition held from `since_us` to `ended_us`, which was an alert from `raised_us` to `cleared_us`. None: not yet."""

    since_us: int
    raised_us: int
    ended_us: int | None = None
    cleared_us: int | None = None


class Progress(msgspec.Struct, frozen=True, gc=False):
    """How far a series has come: the bit, since when it is as it is, and the episode that is not over."""

    is_beyond: bool = False
    run_us: int = NEVER_US
    episode: Episode | None = None

    @property
    def since_us(self) -> int:
        """Since when the episode holds that is not over; else since when it is as it is."""
        return self.run_us if self.episode is None else self.episode.since_us

    @property
    def is_at_rest(self) -> bool:
        """Nothing is beyond, and nothing is to end."""
        return not self.is_beyond and self.episode is None


class Found(msgspec.Struct, frozen=True, gc=False):
    """Where a series stands after some values, and the episodes that ended on the way, oldest first."""

    progress: Progress
    ended: Sequence[Episode] = ()


def at_time(progress: Progress, limits: Limits, now_us: int) -> Found:
    """What time alone makes of it: the last value stands until now."""
    return _lasted(progress, limits, now_us)


def step(progress: Progress, limits: Limits, time_us: int, value: float) -> Found:
    """The next value, no earlier than those before it."""
    found = _lasted(progress, limits, time_us)
    before = found.progress
    is_beyond = limits.trips(value) or (before.is_beyond and limits.stays(value))
    if is_beyond is before.is_beyond:
        return found
    turned = _lasted(Progress(is_beyond, time_us, before.episode), limits, time_us)
    return Found(turned.progress, (*found.ended, *turned.ended))


def steps(progress: Progress, limits: Limits, times: Int64, values: Float64) -> Found:
    """What `step` comes to over all of these, in the order of time, at the cost of a glance at most of them."""
    if not len(times):
        return Found(progress)
    ended: list[Episode] = []
    beyond = _beyond(progress.is_beyond, limits, values)
    for place in _turns(progress.is_beyond, beyond):
        time_us = int(times[place])
        before = _lasted(progress, limits, time_us)
        turned = _lasted(Progress(not progress.is_beyond, time_us, before.progress.episode), limits, time_us)
        progress = turned.progress
        ended += (*before.ended, *turned.ended)
    last = _lasted(progress, limits, int(times[-1]))
    return Found(last.progress, (*ended, *last.ended))


def _beyond(begins: bool, limits: Limits, values: Float64) -> Bools:
    """The bit after each value: it changes where a value trips it or is back inside, and else stays."""
    trips: Bools = (values > limits.above) | (values < limits.below)
    if not limits.hysteresis or not (begins or trips.any()):
        return trips
    stays = (values > limits.above - limits.hysteresis) | (values < limits.below + limits.hysteresis)
    which = np.maximum.accumulate(np.where(trips | ~stays, np.arange(len(values)), -1))
    return np.where(which >= 0, trips[which], begins)


def _turns(begins: bool, beyond: Bools) -> Iterable[int]:
    before = np.concatenate([[begins], beyond[:-1]])
    places: list[int] = np.flatnonzero(before != beyond).tolist()
    return places


def _lasted(progress: Progress, limits: Limits, until_us: int) -> Found:
    """The run goes on until then: does it last long enough to begin an episode, or to end one?"""
    episode, run_us = progress.episode, progress.run_us
    if progress.is_beyond:
        if episode is None and until_us - run_us >= limits.for_us:
            return Found(Progress(True, run_us, Episode(run_us, run_us + limits.for_us)))
    elif episode is not None and until_us - run_us >= limits.clear_us:
        over = Episode(episode.since_us, episode.raised_us, run_us, run_us + limits.clear_us)
        return Found(Progress(False, run_us), (over,))
    return Found(progress)
