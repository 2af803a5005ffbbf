"""Windows in InfluxDB: a measurement for each span, a point for each window, which the next version of it replaces.

InfluxDB 2.7 stores a series in blocks of up to 1,000 points, and where blocks of several files overlap it may read an older
one over a newer (influxdata/influxdb issues 23415 and 24388): a point that was written again then has its old value back.
Files that hold one block of a series each it reads in their order. So no series of windows has more than 1,000 points in a
shard, which is a week: minutes, of which there are 10,080, are laid down as 12 series, told apart by the tag `part`.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any, Final

import numpy as np

from adapters.history.content import windows_days
from adapters.history.influx import questions
from adapters.history.influx.columns import EVER
from adapters.history.influx.lines import encode_tag, series_tags
from adapters.history.influx.points import window_ns
from adapters.history.influx.questions import Ask
from adapters.history.influx.ranges import Found, Kind, read
from adapters.history.port import KeptWindows, SeriesKey, SeriesRange
from domain.columns import Int64, offsets_of
from domain.day_digests import DayDigests, total
from domain.sketch import Sketches
from domain.windows import NO_WINDOWS, Span, Windows
from schema.times import DAY_US, HOUR_US, MINUTE_US, QUARTER_US

_COUNTS: Final = ("count", "suspected", "bad")
_FIGURES: Final = ("total", "low", "high", "first", "last")
_FIELDS: Final = (*_COUNTS, *_FIGURES, "sketch", "revision", "position", "start_us")
_CLOSE: Final = {
    Span.MINUTE: 200 * MINUTE_US,
    Span.QUARTER: 200 * QUARTER_US,
    Span.HOUR: 200 * HOUR_US,
    Span.DAY: 200 * DAY_US,
    Span.SITE_DAY: 200 * DAY_US,
}
"""So many windows are read in the time that a question of its own takes."""
_PARTS: Final = 12
_BUCKET: Final = np.dtype([("bucket", "<i4"), ("count", "<u4")])
_HEX: Final = 2 * _BUCKET.itemsize


def lines(kept: KeptWindows) -> Iterator[str]:
    """A line for each window. Every field stands in each: one that is left out would keep the value it had."""
    windows, measurement = kept.windows, measurement_of(kept.span)
    prefixes = [f"{measurement},{series_tags(key.device, key.sensor, key.metric)}" for key in kept.keys]
    parts = _part_tags(kept.span, windows.start)
    counts = (getattr(windows, name).tolist() for name in _COUNTS)
    # A window without figures says so by its count.
    figures = (np.where(windows.count > 0, getattr(windows, name), 0.0).tolist() for name in _FIGURES)
    others = (_sketches(windows.sketches), windows.revision.tolist(), kept.position.tolist())
    for series, start, part, count, suspected, bad, added, low, high, first, last, sketch, revision, position in zip(
        windows.series.tolist(), windows.start.tolist(), parts, *counts, *figures, *others, strict=True
    ):
        yield (
            f"{prefixes[series]}{part} count={count}i,suspected={suspected}i,bad={bad}i,total={added!r},low={low!r},"
            f'high={high!r},first={first!r},last={last!r},sketch="{sketch}",revision={revision}i,position={position}i,'
            f"start_us={start}i {window_ns(start)}"
        )


def _part_tags(span: Span, start: Int64) -> list[str]:
    """Which of its series each window is in, as a tag; none where one holds them all."""
    if span is not Span.MINUTE:
        return [""] * len(start)
    return [f",part={part:02d}" for part in (start // MINUTE_US % _PARTS).tolist()]


def windows(ask: Ask, span: Span, ranges: Sequence[SeriesRange]) -> KeptWindows:
    """The windows that start in these ranges."""
    found = list(read(ask, _kind(span), ranges))
    return _kept(span, [each.series for each in ranges], found)


def content(ask: Ask, span: Span) -> DayDigests:
    """The digests of all windows of a span, page by page."""
    keys = list(series(ask, span, None))
    pages = read(ask, _kind(span), [SeriesRange(key, *EVER) for key in keys])
    return total(windows_days(_kept(span, keys, [page])) for page in pages)


def series(ask: Ask, span: Span, devices: Sequence[str] | None) -> dict[SeriesKey, int]:
    """Which series have windows of a span, in order, each with the start of its last; of these devices or of all."""
    if devices is not None and not devices:
        return {}
    [found] = ask(questions.last_of_each(measurement_of(span), "start_us", devices))
    return dict(sorted(((SeriesKey(*questions.key_of(each)), each.values[0][1]) for each in found), key=_by_name))


def of_device(span: Span, device: str) -> str:
    """The predicate by which the windows of a device are deleted."""
    named = encode_tag(device).replace('"', '\\"')
    return f'_measurement="{measurement_of(span)}" AND device="{named}"'


def measurement_of(span: Span) -> str:
    return f"window_{span}"


def _kind(span: Span) -> Kind:
    return Kind(measurement_of(span), _FIELDS, "start_us", _points, _CLOSE[span])


def _points(start_us: int, end_us: int) -> tuple[int, int]:
    return window_ns(start_us), window_ns(end_us - 1) + 1


def _kept(span: Span, keys: Sequence[SeriesKey], found: Sequence[Found]) -> KeptWindows:
    if not found:
        return KeptWindows(span, keys, NO_WINDOWS, NO_WINDOWS.revision)
    whole = {name: [value for each in found for value in each.columns[name]] for name in _FIELDS}
    columns: dict[str, Any] = {name: np.array(whole[name], np.int64) for name in (*_COUNTS, "revision")}
    for name in _FIGURES:
        columns[name] = np.where(columns["count"] > 0, np.array(whole[name], np.float64), np.nan)
    made = Windows(
        series=np.concatenate([each.numbers for each in found]),
        start=np.concatenate([each.exact for each in found]),
        sketches=_sketches_in(whole["sketch"]),
        **columns,
    )
    order = np.lexsort((made.start, made.series))
    return KeptWindows(span, keys, made.take(order), np.array(whole["position"], np.int64)[order])


def _by_name(pair: tuple[SeriesKey, int]) -> tuple[str, str, str]:
    return pair[0].device, pair[0].sensor, pair[0].metric


def _sketches(sketches: Sketches) -> list[str]:
    """Each sketch as digits: bucket and count, bucket and count."""
    pairs = np.empty(len(sketches.buckets), _BUCKET)
    pairs["bucket"], pairs["count"] = sketches.buckets, sketches.counts
    digits, offsets = pairs.tobytes().hex(), (sketches.offsets * _HEX).tolist()
    return [digits[start:end] for start, end in pairwise(offsets)]


def _sketches_in(digits: Sequence[str]) -> Sketches:
    pairs = np.frombuffer(bytes.fromhex("".join(digits)), _BUCKET)
    lengths: Any = np.array([len(each) // _HEX for each in digits], np.int64)
    return Sketches(offsets_of(lengths), pairs["bucket"].astype(np.int32), pairs["count"].astype(np.int64))
