"""Revisions: how many events touched a window after it was final. Process history: a function of the log."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, Protocol

import msgspec
import numpy as np
from msgspec.structs import replace

from adapters.history.port import KeptWindows, SeriesKey
from domain.columns import Bools, Int64, starts_of
from domain.indices import INDICES, inputs_of
from domain.windows import Span, Windows
from projections.frontier import Frontier
from projections.incoming import Corrected
from projections.spans import WindowSource, ZoneOf, longer_of, ranges_of, renumbered
from projections.watermarks import Late
from schema.envelope import Position

_NOT_KEPT: Final = -1


class Extent(msgspec.Struct, frozen=True):
    """Windows of one span: whose they are, where they end, and up to which position they held before (-1: there were none)."""

    span: Span
    keys: Sequence[SeriesKey]
    windows: Windows
    ends: Int64
    held: Int64


class Touches(Protocol):
    """Events that touch windows."""

    def count(self, extent: Extent) -> Int64:
        """How many touched each of these windows after it was final, and are not counted yet."""
        ...


class LateRows:
    """Rows that came late."""

    def __init__(self, late: Iterable[Late], allowed_us: int, zone_of: ZoneOf) -> None:
        self._by_span: Mapping[Span, dict[tuple[SeriesKey, int], list[Position]]] = {span: defaultdict(list) for span in Span}
        for one in _with_indices(late):
            moment = np.array([one.time_us])
            for span in Span:
                longer = longer_of(span, zone_of(one.series.device))
                start = longer.start(moment)
                if int(longer.end(start)[0]) + allowed_us <= one.watermark_us:
                    self._by_span[span][one.series, int(start[0])].append(one.position)

    def count(self, extent: Extent) -> Int64:
        windows = extent.windows
        counts = np.zeros(len(windows), np.int64)
        numbers = {key: number for number, key in enumerate(extent.keys)}
        bounds = starts_of(windows.series, len(extent.keys)).tolist()
        for (key, start), positions in self._by_span[extent.span].items():
            begin, end = bounds[numbers[key] : numbers[key] + 2] if key in numbers else (0, 0)
            place = begin + int(np.searchsorted(windows.start[begin:end], start))
            if place < end and windows.start[place] == start:
                counts[place] = sum(position > extent.held[place] for position in positions)
        return counts


class Correcting:
    """A correction, decided when the watermark of its device stood at `watermark_us`."""

    def __init__(self, correction: Corrected, watermark_us: int, allowed_us: int) -> None:
        self._correction = correction
        self._final_to = watermark_us - allowed_us

    def count(self, extent: Extent) -> Int64:
        one = self._correction
        about = np.array([key.metric == one.metric or one.metric in inputs_of(key.metric) for key in extent.keys], np.bool_)
        met = (extent.windows.start < one.end_us) & (extent.ends > one.start_us) & (extent.ends <= self._final_to)
        return (about[extent.windows.series] & met & (extent.held < one.position)).astype(np.int64)


def _with_indices(late: Iterable[Late]) -> Iterator[Late]:
    """The rows, and those of the indices that follow from what came in one event with them."""
    events: dict[tuple[str, str, Position], dict[str, Late]] = defaultdict(dict)
    for one in late:
        events[one.series.device, one.series.sensor, one.position][one.series.metric] = one
    for came in events.values():
        yield from came.values()
        some = next(iter(came.values()))
        for name, index in INDICES.items():
            if name not in came and came.keys() >= set(index.inputs):
                yield replace(some, series=replace(some.series, metric=name))


class Made(msgspec.Struct, frozen=True):
    """Windows of a span as they were made; `final` says which are final by now: only these may have been revised before."""

    span: Span
    keys: Sequence[SeriesKey]
    windows: Windows
    ends: Int64
    final: Bools


async def revised(frontier: Frontier, made: Made, touched: Touches, position: Position) -> KeptWindows:
    """The windows, with the revisions that they had, and one more for each event that touched them since."""
    windows = made.windows
    revision, held = np.zeros(len(windows), np.int64), np.full(len(windows), _NOT_KEPT, np.int64)
    again = np.flatnonzero(made.final & frontier.within(made.keys, windows))
    if len(again):
        known = await _known(frontier, made, again)
        places, found = _matched(windows, again, known.windows)
        revision[places], held[places] = known.windows.revision[found], known.position[found]
    if made.final.any():
        revision += touched.count(Extent(made.span, made.keys, windows, made.ends, held))
    kept = replace(windows, revision=revision)
    return KeptWindows(made.span, made.keys, kept, np.full(len(kept), position, np.int64))


async def _known(source: WindowSource, made: Made, again: Int64) -> KeptWindows:
    """Those of these windows that are kept already."""
    series, start = made.windows.series[again], made.windows.start[again]
    wanted = ranges_of(made.keys, series, start, start + 1)
    kept = await source.windows(made.span, [each for _, each in wanted])
    return replace(kept, windows=renumbered(kept, [number for number, _ in wanted]))


def _matched(windows: Windows, again: Int64, kept: Windows) -> tuple[Int64, Int64]:
    """The places, in both, of those windows that are in both."""
    pairs = zip(windows.series[again].tolist(), windows.start[again].tolist(), strict=True)
    place = dict(zip(pairs, again.tolist(), strict=True))
    known = zip(kept.series.tolist(), kept.start.tolist(), strict=True)
    both = [(place[pair], number) for number, pair in enumerate(known) if pair in place]
    places, found = np.array(both, np.int64).reshape(-1, 2).T
    return places, found
