"""Questions to the windows: series for charts, the summary of a day, the heat map."""

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from math import ceil
from typing import Final
from zoneinfo import ZoneInfo

import msgspec

from adapters.history.port import SeriesKey
from api.errors import ApiError, ErrorCode, limit_error
from api.history import shared
from api.limits import Limits
from api.services import Services
from api.types.enums import Calendar
from api.types.heat import LocationCell, location_cells
from api.types.series import Series, SeriesSelector
from api.types.series import series as make_series
from api.types.summary import DailySummary, daily_summary
from api.window_length import LONGEST, MINUTE, check_length
from domain.calendars import day_bounds
from domain.indices import DAILY_INDICES
from domain.windows import Span
from projections.heat import HeatMap
from projections.judging import Judge
from projections.remade import Remade
from projections.series import SeriesReader
from projections.spans import ZoneOf
from schema.metrics import METRICS
from schema.times import from_micros, to_micros

_FIRST_US, _LAST_US = to_micros(datetime(1, 1, 1, tzinfo=UTC)), to_micros(datetime(9999, 12, 31, tzinfo=UTC))
_DAY: Final = timedelta(days=1)


class Wanted(msgspec.Struct, frozen=True):
    """Series in windows that overlap [start, end); with `rolling` each looks back so far from its end."""

    selectors: Sequence[SeriesSelector]
    start: datetime
    end: datetime
    window: timedelta
    calendar: Calendar
    rolling: timedelta | None = None


def check(limits: Limits, wanted: Wanted) -> None:
    """ApiError where more windows would come than one answer holds, or none of that length are made."""
    check_selectors(limits, wanted.selectors)
    if wanted.start >= wanted.end:
        raise ApiError(ErrorCode.INVALID_INPUT, "from must lie before to")
    _check_window(wanted)
    asked = _asked(wanted)
    if asked > limits.buckets:
        raise limit_error("windows", limits.buckets, asked)
    _check_rolling(wanted)


def check_selectors(limits: Limits, selectors: Sequence[SeriesSelector]) -> None:
    """ApiError for none, or for more than one answer tells of."""
    if not selectors:
        raise ApiError(ErrorCode.INVALID_INPUT, "name at least one series in `selectors`")
    if len(selectors) > limits.selectors:
        raise limit_error("selectors", limits.selectors, len(selectors))


def rolled(wanted: Wanted) -> int:
    """How many windows rolling goes over: each that is asked looks back over many."""
    return 0 if wanted.rolling is None else _asked(wanted) * (wanted.rolling // wanted.window)


def _asked(wanted: Wanted) -> int:
    return len(wanted.selectors) * ceil((wanted.end - wanted.start) / wanted.window)


def _check_window(wanted: Wanted) -> None:
    window = wanted.window
    check_length(window)
    if wanted.calendar is Calendar.SITE and window != _DAY:
        raise ApiError(ErrorCode.INVALID_INPUT, "by the calendar of the site the window must be P1D; others are in UTC")
    daily = sorted({one.metric for one in wanted.selectors} & DAILY_INDICES.keys())
    if daily and (window != _DAY or wanted.rolling is not None):
        raise ApiError(ErrorCode.INVALID_INPUT, f"{daily[0]} is of whole days: ask for it with window P1D, without rolling")


def _check_rolling(wanted: Wanted) -> None:
    rolling, window = wanted.rolling, wanted.window
    if rolling is None:
        return
    if wanted.calendar is Calendar.SITE or window % MINUTE or rolling % window or rolling < window:
        raise ApiError(ErrorCode.INVALID_INPUT, "rolling must be a multiple of window, and window whole minutes in UTC")
    if rolling > LONGEST:
        raise ApiError(ErrorCode.INVALID_INPUT, f"rolling must be at most P{LONGEST.days}D")


async def series(services: Services, wanted: Wanted) -> list[Series]:
    """The series in the order asked."""
    keys = [SeriesKey(one.device_id, one.sensor_id, one.metric) for one in wanted.selectors]
    reader = series_reader(services)
    if wanted.rolling is not None:
        charts = await reader.rolling(keys, wanted.start, wanted.end, wanted.window, wanted.rolling)
    elif wanted.window == _DAY:
        charts = await reader.days(keys, wanted.start, wanted.end, in_utc=wanted.calendar is Calendar.UTC)
    else:
        charts = await reader.charts(keys, wanted.start, wanted.end, wanted.window)
    return [make_series(key, _unit(services, key), chart) for key, chart in zip(keys, charts, strict=True)]


async def summaries(services: Services, device_id: str, day: date, calendar: Calendar) -> list[DailySummary]:
    """One for each series of the device that was heard that day, and for each index that follows from what is kept of it."""
    zone = ZoneInfo("UTC") if calendar is Calendar.UTC else zones(services)(device_id)
    bounds = day_bounds(day, zone)
    if not _FIRST_US <= bounds[0] < bounds[1] <= _LAST_US:
        return []  # a day that the zone skipped, or the last that a calendar tells, whose end it cannot
    start, end = (from_micros(moment) for moment in bounds)
    history = shared(services)
    known = await history.series([device_id])
    has_hours = bounds[0] >= history.horizon.windows_from(Span.HOUR) or not history.horizon.rows_gone(device_id, *bounds)
    more = [
        msgspec.structs.replace(key, metric=name)
        for name, index in DAILY_INDICES.items()
        for key in known
        if key.metric == index.metric and (has_hours or not index.from_hours)
    ]
    keys = [*known, *more]
    if not keys:
        return []
    charts = await series_reader(services).days(keys, start, end, in_utc=calendar is Calendar.UTC)
    pairs = [(key, chart) for key, chart in zip(keys, charts, strict=True) if len(chart.windows)]
    return [daily_summary(day, calendar, key, _unit(services, key), chart) for key, chart in pairs]


async def heat_map(services: Services, metric: str, start: datetime, end: datetime, within: str | None) -> list[LocationCell]:
    """A cell for each location in which the metric was measured."""
    if start >= end:
        raise ApiError(ErrorCode.INVALID_INPUT, "from must lie before to")
    history, judge = shared(services), Judge(services.rules.quality, services.decisions)
    heat = await HeatMap(history, Remade(history, judge, zones(services)), services.decisions).of(metric, start, end, within)
    known = METRICS.get(metric)
    return location_cells(heat, metric, known.unit if known else None)


def series_reader(services: Services) -> SeriesReader:
    """What answers windows; ApiError HISTORY_NOT_SHARED where this process has no history."""
    rules, decisions = services.rules, services.decisions
    return SeriesReader(
        shared(services),
        Judge(rules.quality, decisions),
        decisions=decisions,
        lateness=rules.lateness,
        zone_of=zones(services),
        clock=services.clock,
    )


def unit_of(services: Services) -> Callable[[SeriesKey], str | None]:
    """What tells the unit of a series."""
    return lambda key: _unit(services, key)


def zones(services: Services) -> ZoneOf:
    """The zone of each device's site; UTC where none is known."""

    def zone_of(device: str) -> ZoneInfo:
        view = services.latest.device(device)
        site = None if view is None or view.site is None else services.latest.site(view.site)
        return ZoneInfo("UTC" if site is None else site.time_zone)

    return zone_of


def _unit(services: Services, key: SeriesKey) -> str | None:
    """The metric's own unit; of a metric that nobody defined, the unit in which the sensor last gave it."""
    if key.metric in METRICS:
        return METRICS[key.metric].unit
    view = services.latest.device(key.device)
    found = (one.unit for one in (view.readings if view else ()) if one.sensor == key.sensor and one.metric == key.metric)
    return next(found, None)
