"""The columns of exports."""

from binascii import hexlify
from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np
import pyarrow as pa

from adapters.history.port import SeriesKey
from domain.columns import Int64
from domain.rows import QUALITIES, Ids, join_ids
from projections.judged import Judged
from projections.series import Chart
from projections.shown import VERDICTS

Table = pa.RecordBatch
Unit = Callable[[SeriesKey], str | None]
"""The unit of a series' values; None where none is known."""

_TIME: Final = pa.timestamp("us", tz="UTC")
_KEY: Final = [(name, pa.string()) for name in ("device", "sensor", "metric")]
_READINGS: Final = [
    *_KEY,
    ("timestamp", _TIME),
    ("value", pa.float64()),
    ("unit", pa.string()),
    ("quality", pa.string()),
    ("verdict", pa.string()),
    ("event_id", pa.string()),
]
_ORIGINAL: Final = [("original_value", pa.float64()), ("original_quality", pa.string())]
_COUNTS: Final = ("count", "suspected", "bad")
_FIGURES: Final = ("sum", "mean", "min", "max", "p50", "p95", "first", "last")
_WINDOWS: Final = [
    *_KEY,
    ("start", _TIME),
    ("end", _TIME),
    *((name, pa.int64()) for name in _COUNTS),
    *((name, pa.float64()) for name in _FIGURES),
    ("unit", pa.string()),
    ("final", pa.bool_()),
    ("revision", pa.int64()),
]
_WORDS: Final = pa.array([quality.value for quality in QUALITIES])
_VERDICTS: Final = pa.array(VERDICTS)
_DASHES: Final = (8, 13, 18, 23)


def readings_table(parts: Sequence[tuple[SeriesKey, str | None, Judged, Int64]], *, original: bool) -> pa.RecordBatch:
    """Some rows of series as they count, and with `original` what the device sent."""
    schema = pa.schema([*_READINGS, *(_ORIGINAL if original else ())])
    if not parts:
        return _empty(schema)
    [(key, unit, judged, rows)] = parts
    raw = judged.raw
    columns = _key(key, len(rows)) | {
        "timestamp": pa.array(raw.times[rows], _TIME),
        "value": _figures(judged.values[rows]),
        "unit": pa.array([unit] * len(rows), pa.string()),
        "quality": _WORDS.take(pa.array(judged.quality[rows])),
        "verdict": _VERDICTS.take(pa.array(judged.verdicts(rows))),
        "event_id": event_ids(raw.ids[rows]),
        "original_value": _figures(raw.values[rows]),
        "original_quality": _WORDS.take(pa.array(raw.quality[rows])),
    }
    return pa.RecordBatch.from_arrays([columns[name] for name in schema.names], schema=schema)


def windows_table(parts: Sequence[tuple[SeriesKey, str | None, Chart, Int64]]) -> pa.RecordBatch:
    """Some windows of a chart."""
    schema = pa.schema(_WINDOWS)
    if not parts:
        return _empty(schema)
    [(key, unit, chart, places)] = parts
    windows = chart.windows.take(places)
    figures = (windows.total, windows.mean, windows.low, windows.high, *chart.quantiles[places].T, windows.first, windows.last)
    columns = _key(key, len(windows)) | {
        "start": pa.array(windows.start, _TIME),
        "end": pa.array(chart.end[places], _TIME),
        **{name: pa.array(getattr(windows, name), pa.int64()) for name in _COUNTS},
        **{name: _figures(column) for name, column in zip(_FIGURES, figures, strict=True)},
        "unit": pa.array([unit] * len(windows), pa.string()),
        "final": pa.array(chart.final[places]),
        "revision": pa.array(windows.revision, pa.int64()),
    }
    return pa.RecordBatch.from_arrays([columns[name] for name in schema.names], schema=schema)


def _empty(schema: pa.Schema) -> pa.RecordBatch:
    return pa.RecordBatch.from_arrays([pa.array([], field.type) for field in schema], schema=schema)


def _key(key: SeriesKey, count: int) -> dict[str, pa.Array]:
    return {name: pa.array([getattr(key, name)] * count, pa.string()) for name, _ in _KEY}


def _figures(values: "np.ndarray[Any, np.dtype[np.float64]]") -> pa.Array:
    """A figure that is not there is null."""
    return pa.array(values, pa.float64(), from_pandas=True)


def event_ids(ids: Ids) -> pa.Array:
    """Event ids as the API writes them."""
    digits = np.frombuffer(hexlify(join_ids(ids)), dtype="S1").reshape(-1, 32)
    text = np.full((len(ids), 36), b"-", dtype="S1")
    text[:, [place for place in range(36) if place not in _DASHES]] = digits
    return pa.array(text.view("S36").ravel()).cast(pa.string())
