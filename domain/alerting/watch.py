"""One rule over one series: what it has come to, what was said of it, and what is to be said now."""

from collections.abc import Iterator, Sequence
from enum import Enum, auto

import msgspec
from msgspec.structs import replace

from domain.alerting.episodes import Episode, Found, Limits, Progress, at_time, step, steps
from domain.columns import Float64, Int64


class Word(Enum):
    """What there is to say of an alert."""

    RAISED = auto()
    AGAIN = auto()
    """Raised once more, so soon after its end that it is the same alert."""
    CLEARED = auto()
    REVISED = auto()
    """Since when it held, or until when, is known better now."""
    REFUTED = auto()
    """What came later shows that it was none."""
    WITHDRAWN = auto()
    """Its rule is another now, or about something else."""


class Alert(msgspec.Struct, frozen=True, gc=False):
    """An alert as it was told last. `first_us` is since when its first episode held, which names it."""

    first_us: int
    episode: Episode


class Said(msgspec.Struct, frozen=True, gc=False):
    """A word about an alert."""

    word: Word
    alert: Alert


class Watch(msgspec.Struct):
    """`base` is what all values up to `floor_us` came to; `told` are the alerts that later ones can still change."""

    limits: Limits
    again_us: int
    base: Progress = Progress()
    floor_us: int = -(2**63)
    progress: Progress = Progress()
    told: list[Alert] = []

    def value(self, time_us: int, value: float) -> Sequence[Said]:
        """The next value, in the order of time."""
        found = step(self.progress, self.limits, time_us, value)
        if found.progress is self.progress:
            return ()
        return self._went_on(found)

    def passed(self, now_us: int) -> Sequence[Said]:
        """Time passed."""
        found = at_time(self.progress, self.limits, now_us)
        return () if found.progress is self.progress else self._went_on(found)

    def due_us(self) -> int | None:
        """When time alone changes something; None where it does not."""
        progress = self.progress
        if progress.is_beyond:
            return None if progress.episode is not None else progress.run_us + self.limits.for_us
        return None if progress.episode is None else progress.run_us + self.limits.clear_us

    def keep_to(self, floor_us: int, times: Int64, values: Float64) -> None:
        """Let go of what lies up to there: these values, which nothing can come between any more."""
        self.base = steps(self.base, self.limits, times, values).progress
        self.floor_us = floor_us
        self.told = [alert for alert in self.told if alert.episode.cleared_us is None or alert.episode.cleared_us > floor_us]

    def review(self, times: Int64, values: Float64, now_us: int) -> Sequence[Said]:
        """Something came late or was corrected: these are all values after `floor_us` as they stand now."""
        found = steps(self.base, self.limits, times, values)
        last = at_time(found.progress, self.limits, now_us)
        self.progress = last.progress
        episodes = [*found.ended, *last.ended, *_open(last.progress)]
        return list(self._compared(episodes))

    def withdraw(self) -> Sequence[Said]:
        """The rule is about this no more."""
        return [Said(Word.WITHDRAWN, alert) for alert in self.told if alert.episode.cleared_us is None]

    def _went_on(self, found: Found) -> Sequence[Said]:
        before, self.progress = self.progress, found.progress
        said = [word for episode in found.ended for word in self._ended(episode)]
        began = found.progress.episode
        if began is not None and (before.episode is None or before.episode.since_us != began.since_us):
            said.append(self._began(began))
        return said

    def _began(self, episode: Episode) -> Said:
        last = self.told[-1] if self.told else None
        cleared = None if last is None else last.episode.cleared_us
        if last is not None and cleared is not None and episode.since_us - cleared <= self.again_us:
            self.told[-1] = Alert(last.first_us, episode)
            return Said(Word.AGAIN, self.told[-1])
        self.told.append(Alert(episode.since_us, episode))
        return Said(Word.RAISED, self.told[-1])

    def _ended(self, episode: Episode) -> Iterator[Said]:
        """An episode may begin and end in one breath."""
        place = next((place for place, one in enumerate(self.told) if one.episode.since_us == episode.since_us), None)
        if place is None:
            yield self._began(replace(episode, ended_us=None, cleared_us=None))
            place = -1
        self.told[place] = Alert(self.told[place].first_us, episode)
        yield Said(Word.CLEARED, self.told[place])

    def _compared(self, episodes: Sequence[Episode]) -> Iterator[Said]:
        """What was told, held against what is so."""
        told, self.told = self.told, []
        pairs = _paired(told, episodes)
        for alert in told:
            same = pairs.get(alert.first_us)
            if same is None:
                yield Said(Word.REFUTED, alert)
                continue
            now = Alert(alert.first_us, same)
            self.told.append(now)
            if (same.cleared_us is None) != (alert.episode.cleared_us is None):
                yield Said(Word.AGAIN if same.cleared_us is None else Word.CLEARED, now)
            elif same != alert.episode:
                yield Said(Word.REVISED, now)
        taken = {episode.since_us for episode in pairs.values()}
        for episode in episodes:
            if episode.since_us not in taken:
                now = Alert(episode.since_us, episode)
                self.told.append(now)
                yield Said(Word.RAISED, now)
                if episode.cleared_us is not None:
                    yield Said(Word.CLEARED, now)
        self.told.sort(key=lambda alert: alert.episode.since_us)


def _paired(told: Sequence[Alert], episodes: Sequence[Episode]) -> dict[int, Episode]:
    """Each alert, by its first moment, goes on as the episode that began then; else as one that it shares a moment with."""
    left = {episode.since_us: episode for episode in episodes}
    pairs = {alert.first_us: left.pop(alert.first_us) for alert in told if alert.first_us in left}
    for alert in told:
        if alert.first_us not in pairs:
            same = next((one for one in left.values() if _meet(one, alert.episode)), None)
            if same is not None:
                pairs[alert.first_us] = left.pop(same.since_us)
    return pairs


def _open(progress: Progress) -> Sequence[Episode]:
    return () if progress.episode is None else (progress.episode,)


def _meet(one: Episode, other: Episode) -> bool:
    """Whether they share a moment."""
    return (other.ended_us is None or one.since_us <= other.ended_us) and (
        one.ended_us is None or other.since_us <= one.ended_us
    )
