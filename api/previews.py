"""What a correction would change among rows of the history, made ready to be shown."""

import asyncio
from collections.abc import Sequence
from typing import Final

import numpy as np
import strawberry

from adapters.history.port import HistoryRow
from api.types.correction import CorrectedReading, CorrectionFigures, CorrectionPreview
from api.types.enums import Quality
from api.types.reading import finite
from domain.columns import Bools, Int64
from domain.corrections import Correction, of_series
from domain.preview import Figures, Preview, Worth, preview
from domain.rows import QUALITIES, join_ids
from projections.gathering import Gathered, RawSource, fetch
from projections.judged import Judged
from projections.judging import Judge
from projections.stretches import Catalog, Stretch
from schema.events import Quality as Word
from schema.ids import EventId, format_event_id
from schema.metrics import METRICS
from schema.times import from_micros

_BAD: Final = QUALITIES.index(Word.BAD)


async def preview_of(
    history: RawSource, judge: Judge, rows: Sequence[HistoryRow], now: Sequence[Correction], then: Sequence[Correction]
) -> CorrectionPreview:
    """Rows of one metric of one device, in order of time, under two sets of corrections: as they count among neighbours."""
    gathered = await fetch(history, _stretches(judge, rows))
    return await asyncio.to_thread(_preview, judge, gathered, rows, now, then)


def _stretches(judge: Judge, rows: Sequence[HistoryRow]) -> list[Stretch]:
    catalog, bounds = Catalog(judge.book), dict[tuple[str, str, str], tuple[int, int]]()
    for row in rows:
        key = row.device, row.sensor, row.metric
        bounds[key] = bounds.get(key, (row.timestamp_us, 0))[0], row.timestamp_us
    return [catalog.stretch(key[:2], {key[2]}, *bounds[key]) for key in sorted(bounds)]


def _preview(
    judge: Judge, gathered: Gathered, rows: Sequence[HistoryRow], now: Sequence[Correction], then: Sequence[Correction]
) -> CorrectionPreview:
    before, after = (judge.judge(gathered, _by_series(gathered, corrections)) for corrections in (now, then))
    asked = _asked(gathered, rows)
    found = preview(gathered.columns.times[asked], _worth(before, asked), _worth(after, asked))
    sample = sorted(asked[found.sample].tolist(), key=gathered.columns.times.__getitem__)
    return _answer(found, rows, [_changed(before, after, row) for row in sample])


def _by_series(gathered: Gathered, corrections: Sequence[Correction]) -> dict[int, Sequence[Correction]]:
    return {number: of_series(corrections, key.sensor, key.metric) for number, key in enumerate(gathered.keys)}


def _asked(gathered: Gathered, rows: Sequence[HistoryRow]) -> Int64:
    """Where the rows are among those that were read for their neighbours' sake."""
    if not rows:
        return np.zeros(0, np.int64)
    times = gathered.columns.times
    within: Bools = (times >= rows[0].timestamp_us) & (times <= rows[-1].timestamp_us)
    return np.flatnonzero(within)


def _worth(judged: Judged, rows: Int64) -> Worth:
    return Worth(judged.values[rows], judged.quality[rows] == _BAD)


def _changed(before: Judged, after: Judged, row: int) -> CorrectedReading:
    raw = before.raw
    qualities = (Quality(QUALITIES[judged.quality[row]]) for judged in (before, after))
    return CorrectedReading(
        event_id=strawberry.ID(format_event_id(EventId(join_ids(raw.ids[row])))),
        sensor_id=strawberry.ID(before.keys[int(raw.series[row])].sensor),
        timestamp=from_micros(int(raw.times[row])),
        original=finite(float(raw.values[row])),
        before=finite(float(before.values[row])),
        quality_before=next(qualities),
        after=finite(float(after.values[row])),
        quality_after=next(qualities),
    )


def _answer(found: Preview, rows: Sequence[HistoryRow], sample: list[CorrectedReading]) -> CorrectionPreview:
    known = METRICS.get(rows[0].metric) if rows else None
    return CorrectionPreview(
        readings=found.readings,
        changed=found.changed,
        healed=found.healed,
        spoiled=found.spoiled,
        first=None if found.first_us is None else from_micros(found.first_us),
        last=None if found.last_us is None else from_micros(found.last_us),
        unit=known.unit if known else next((row.unit for row in reversed(rows) if row.unit), None),
        before=_figures(found.before),
        after=_figures(found.after),
        sample=sample,
    )


def _figures(figures: Figures) -> CorrectionFigures:
    low, mean, high = (None if figure is None else finite(figure) for figure in (figures.min, figures.mean, figures.max))
    return CorrectionFigures(count=figures.count, min=low, mean=mean, max=high)
