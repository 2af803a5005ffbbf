"""Revisions: how many events touched a window after it was final. Process history: a function of the log."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, Protocol

import msgspec
import numpy as np

from adapters.history.port import History, KeptWindows, SeriesKey
from domain.columns import Bools, Int64
from domain.windows import Span, Windows
from projections.incoming import Corrected
from projections.spans import ZoneOf, longer_of, ranges_of, renumbered
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
        for one in late:
            moment = np.array([one.time_us])
            for span in Span:
                longer = longer_of(span, zone_of(one.series.device))
                start = longer.start(moment)
                if int(longer.end(start)[0]) + allowed_us <= one.watermark_us:
                    self._by_span[span][one.series, int(start[0])].append(one.position)

    def count(self, extent: Extent) -> Int64:
        counts = np.zeros(len(extent.windows), np.int64)
        touched = self._by_span[extent.span]
        if touched:
            numbers = {key: number for number, key in enumerate(extent.keys)}
            wanted = {(numbers[key], start): positions for (key, start), positions in touched.items()}
            pairs = zip(extent.windows.series.tolist(), extent.windows.start.tolist(), strict=True)
            for place, pair in enumerate(pairs):
                counts[place] = sum(position > extent.held[place] for position in wanted.get(pair, ()))
        return counts


class Correcting:
    """A correction, decided when the watermark of its device stood at `watermark_us`."""

    def __init__(self, correction: Corrected, watermark_us: int, allowed_us: int) -> None:
        self._correction = correction
        self._final_to = watermark_us - allowed_us

    def count(self, extent: Extent) -> Int64:
        one = self._correction
        met = (extent.windows.start < one.end_us) & (extent.ends > one.start_us) & (extent.ends <= self._final_to)
        return (met & (extent.held < one.position)).astype(np.int64)


class Made(msgspec.Struct, frozen=True):
    """Windows of a span as they were made; `final` says which are final by now: only these may have been revised before."""

    span: Span
    keys: Sequence[SeriesKey]
    windows: Windows
    ends: Int64
    final: Bools


async def revised(history: History, made: Made, touched: Touches, position: Position) -> KeptWindows:
    """The windows, with the revisions that they had, and one more for each event that touched them since."""
    windows = made.windows
    revision, held = np.zeros(len(windows), np.int64), np.full(len(windows), _NOT_KEPT, np.int64)
    if made.final.any():
        known = await _known(history, made)
        places, found = _matched(windows, known.windows)
        revision[places], held[places] = known.windows.revision[found], known.position[found]
        revision += touched.count(Extent(made.span, made.keys, windows, made.ends, held))
    kept = msgspec.structs.replace(windows, revision=revision)
    return KeptWindows(made.span, made.keys, kept, np.full(len(kept), position, np.int64))


async def _known(history: History, made: Made) -> KeptWindows:
    """Those of the final windows that are kept already."""
    final = made.windows.take(made.final)
    wanted = ranges_of(made.keys, final.series, final.start, final.start + 1)
    kept = await history.windows(made.span, [each for _, each in wanted])
    return msgspec.structs.replace(kept, windows=renumbered(kept, [number for number, _ in wanted]))


def _matched(windows: Windows, kept: Windows) -> tuple[Int64, Int64]:
    """The places, in both, of the windows that are in both."""
    place = {pair: number for number, pair in enumerate(zip(windows.series.tolist(), windows.start.tolist(), strict=True))}
    pairs = zip(kept.series.tolist(), kept.start.tolist(), strict=True)
    both = [(place[pair], number) for number, pair in enumerate(pairs) if pair in place]
    places, found = np.array(both, np.int64).reshape(-1, 2).T
    return places, found
