"""The readings that show an alert: the first and the last of the stretch that raised it, by their event ids."""

from bisect import bisect_left
from collections.abc import Iterator

from domain.alerting.naming import series_of
from domain.alerting.signals import MEASURED, by_means, grain_us
from domain.alerting.state import Output, State
from schema.ids import EventId
from schema.rules import Silence


def evidence_of(state: State, output: Output) -> tuple[EventId, ...]:
    """One where they are the same; the last alone where the first is not at hand any more; none where it is about silence."""
    return tuple(dict.fromkeys(_stretch(state, output)))


def portion_us(condition: MEASURED) -> int:
    """How long is what a condition judges at once, at its end; 0: it judges each reading."""
    return grain_us(condition) if by_means(condition) else 0


def _stretch(state: State, output: Output) -> Iterator[EventId]:
    subject, episode = output.subject, output.said.alert.episode
    condition = state.rules[subject.rule].condition
    one = state.listeners.get(subject.device, {}).get((subject.sensor or "", series_of(condition) or ""))
    if one is None or isinstance(condition, Silence):
        return
    series = one.past.series if output.backfilled and one.past is not None else one.series
    portion, kept, watched = portion_us(condition), series.points.kept, series.watched.get(subject.rule)
    begin, end = episode.since_us - portion, episode.raised_us + (0 if portion else 1)
    low, high = (bisect_left(kept, (at,), key=lambda point: point[:1]) for at in (begin, end))
    if watched is not None and watched.watch.begun is not None and watched.watch.begun[0] == episode.since_us:
        yield watched.watch.begun[1]
    elif low < high and series.points.floor_us < begin:
        yield kept[low][1]
    if low < high:
        yield kept[high - 1][1]
