"""What a correction would change among rows of the history, made ready to be shown."""

from collections.abc import Callable, Sequence

import numpy as np
import strawberry

from adapters.history.port import HistoryRow
from api.types.correction import CorrectedReading, CorrectionFigures, CorrectionPreview
from api.types.enums import Quality
from api.types.reading import finite
from domain.corrections import Correction, of_series
from domain.preview import Figures, Preview, Stretch, preview
from projections.shown import Shown, shown
from schema.events import Quality as Word
from schema.ids import format_event_id
from schema.metrics import METRICS
from schema.times import from_micros

_View = Callable[[HistoryRow], Shown]


def preview_of(
    rows: Sequence[HistoryRow], metric: str, now: Sequence[Correction], then: Sequence[Correction]
) -> CorrectionPreview:
    """Rows of one metric of one device, in order of time, under two sets of corrections. Takes its time: use a thread."""
    sensors = sorted({row.sensor for row in rows})
    arranged = sorted(rows, key=lambda row: row.sensor)
    found = preview(_stretch(arranged, metric, sensors), _by_series(now, sensors, metric), _by_series(then, sensors, metric))
    sample = sorted((arranged[row] for row in found.sample), key=lambda row: row.timestamp_us)
    return _answer(found, rows, metric, [_changed(row, _view(now), _view(then)) for row in sample])


def _stretch(rows: Sequence[HistoryRow], metric: str, sensors: Sequence[str]) -> Stretch:
    ends = np.searchsorted(np.array([row.sensor for row in rows], dtype=np.str_), sensors, side="right")
    return Stretch(
        metric,
        np.concatenate(([0], ends)).astype(np.int64),
        np.array([row.timestamp_us for row in rows], np.int64),
        np.array([row.value for row in rows], np.float64),
        np.array([row.quality == Word.BAD for row in rows], np.bool_),
    )


def _by_series(corrections: Sequence[Correction], sensors: Sequence[str], metric: str) -> dict[int, Sequence[Correction]]:
    return {number: of_series(corrections, sensor, metric) for number, sensor in enumerate(sensors)}


def _view(corrections: Sequence[Correction]) -> _View:
    def view(row: HistoryRow) -> Shown:
        concerned = of_series(corrections, row.sensor, row.metric)
        return shown(row.metric, row.value, row.quality, row.timestamp_us, concerned)

    return view


def _changed(row: HistoryRow, now: _View, then: _View) -> CorrectedReading:
    before, after = now(row), then(row)
    return CorrectedReading(
        event_id=strawberry.ID(format_event_id(row.event_id)),
        sensor_id=strawberry.ID(row.sensor),
        timestamp=from_micros(row.timestamp_us),
        original=finite(row.value),
        before=finite(before.value),
        quality_before=Quality(before.quality),
        after=finite(after.value),
        quality_after=Quality(after.quality),
    )


def _answer(found: Preview, rows: Sequence[HistoryRow], metric: str, sample: list[CorrectedReading]) -> CorrectionPreview:
    known = METRICS.get(metric)
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
