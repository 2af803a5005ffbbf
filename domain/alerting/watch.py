"""One rule over one series: what it has come to, what was said of it, and what is to be said now."""

from collections.abc import Iterator, Sequence
from enum import Enum, auto

import msgspec
from msgspec.structs import replace

from domain.alerting.episodes import Episode, Found, Limits, Progress, at_time, step, steps
from domain.columns import Float64, Int64
from schema.times import NEVER_US


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


class Stretch(msgspec.Struct, frozen=True, gc=False):
    """What makes one alert: its first episode and its last, each of which began soon after the end of the one before."""

    first: Episode
    last: Episode

    @property
    def alert(self) -> Alert:
        return Alert(self.first.since_us, self.last)


class Watch(msgspec.Struct):
    """`base` is what all values up to `floor_us` came to; `told` are the alerts that later ones can still change."""

    limits: Limits
    again_us: int
    base: Progress = Progress()
    floor_us: int = NEVER_US
    progress: Progress = Progress()
    told: list[Alert] = []
    begun: tuple[int, bytes] | None = None
    """Since when the run is beyond that is under way, and its first event, where that is not at hand any more."""

    @property
    def is_at_rest(self) -> bool:
        """Whether it is as if it had never heard of anything."""
        return not self.told and self.progress.is_at_rest and self.base.is_at_rest

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
        self.base = at_time(steps(self.base, self.limits, times, values).progress, self.limits, floor_us).progress
        self.floor_us = floor_us
        self.told = [alert for alert in self.told if alert.episode.cleared_us is None or alert.episode.cleared_us > floor_us]

    def review(self, times: Int64, values: Float64, now_us: int) -> Sequence[Said]:
        """Something came late or was corrected: these are all values after `floor_us` as they stand now."""
        found = steps(self.base, self.limits, times, values)
        last = at_time(found.progress, self.limits, now_us)
        self.progress = last.progress
        episodes = [*found.ended, *last.ended, *_open(last.progress)]
        return list(self._compared(episodes))

    def ended(self, time_us: int) -> Sequence[Said]:
        """Nothing is known of what came then: what still stood is over."""
        episode, self.progress = self.progress.episode, Progress(run_us=time_us)
        return () if episode is None else list(self._ended(replace(episode, ended_us=time_us, cleared_us=time_us)))

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
            yield self._began(_open_again(episode))
            place = -1
        self.told[place] = Alert(self.told[place].first_us, episode)
        yield Said(Word.CLEARED, self.told[place])

    def _joined(self, episodes: Sequence[Episode]) -> list[Stretch]:
        found: list[Stretch] = []
        for episode in episodes:
            cleared = found[-1].last.cleared_us if found else None
            if cleared is not None and episode.since_us - cleared <= self.again_us:
                found[-1] = Stretch(found[-1].first, episode)
            else:
                found.append(Stretch(episode, episode))
        return found

    def _compared(self, episodes: Sequence[Episode]) -> Iterator[Said]:
        """What was told, held against what is so."""
        told, self.told = self.told, []
        found = self._joined(episodes)
        pairs = _paired(told, [stretch.alert for stretch in found])
        for alert in told:
            same = pairs.get(alert.first_us)
            if same is None:
                yield Said(Word.REFUTED, alert)
                continue
            now = Alert(alert.first_us, same.episode)
            self.told.append(now)
            yield from _difference(alert.episode, now)
        taken = {same.first_us for same in pairs.values()}
        for stretch in found:
            if stretch.first.since_us not in taken:
                self.told.append(stretch.alert)
                yield Said(Word.RAISED, Alert(stretch.first.since_us, _open_again(stretch.first)))
                if stretch.last.cleared_us is not None:
                    yield Said(Word.CLEARED, stretch.alert)
        self.told.sort(key=lambda alert: alert.episode.since_us)


def _difference(before: Episode, now: Alert) -> Iterator[Said]:
    """What there is to say of an alert that was told by that episode last. One after it is the alert once more."""
    same = now.episode
    is_anew = before.cleared_us is not None and before.cleared_us < same.since_us
    if is_anew or (same.cleared_us is None and before.cleared_us is not None):
        yield Said(Word.AGAIN, Alert(now.first_us, _open_again(same)))
    if same.cleared_us is not None and (is_anew or before.cleared_us is None):
        yield Said(Word.CLEARED, now)
    elif same != before and (same.cleared_us is None) == (before.cleared_us is None) and not is_anew:
        yield Said(Word.REVISED, now)


def _paired(told: Sequence[Alert], found: Sequence[Alert]) -> dict[int, Alert]:
    """Each alert, by its first moment, goes on as what began then; else as what it shares a moment with."""
    left = {alert.first_us: alert for alert in found}
    pairs = {alert.first_us: left.pop(alert.first_us) for alert in told if alert.first_us in left}
    for alert in told:
        if alert.first_us not in pairs:
            same = next((one for one in left.values() if _meet(one, alert)), None)
            if same is not None:
                pairs[alert.first_us] = left.pop(same.first_us)
    return pairs


def _open_again(episode: Episode) -> Episode:
    """As it was before it ended."""
    return replace(episode, ended_us=None, cleared_us=None)


def _open(progress: Progress) -> Sequence[Episode]:
    return () if progress.episode is None else (progress.episode,)


def _meet(one: Alert, other: Alert) -> bool:
    """Whether they share a moment."""
    return (other.episode.ended_us is None or one.first_us <= other.episode.ended_us) and (
        one.episode.ended_us is None or other.first_us <= one.episode.ended_us
    )
