"""Questions to the history: pages of raw readings that hand over to a subscription without a gap, and series in windows."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from math import ceil
from typing import Final

import msgspec

from adapters.history.port import History, RangeQuery, SeriesKey
from api.cursors import ReadingPlace, decode_place
from api.errors import ApiError, ErrorCode, limit_error
from api.limits import Limits
from api.services import Services
from api.types.reading_page import ReadingConnection, reading_page
from api.types.series import Series, SeriesSelector
from api.types.series import series as make_series
from api.visibility import HISTORY, Visibility
from projections.shown import shown_rows
from schema.envelope import Cursor, Position
from schema.metrics import METRICS

_SHORTEST: Final = timedelta(seconds=1)


class Wanted(msgspec.Struct, frozen=True):
    """A page of raw readings of one device in [start, end)."""

    device: str
    sensor: str | None
    metric: str | None
    start: datetime | None
    end: datetime | None
    size: int
    after: str | None


def shared(services: Services) -> History:
    """The history; ApiError HISTORY_NOT_SHARED where this process has none to ask."""
    if services.history is None:
        raise ApiError(
            ErrorCode.HISTORY_NOT_SHARED,
            "the history lies in a store that lets one process in, and this is not the one: ask here for what is now "
            "(`device`, `devices`, subscriptions) and for `audit`; for history ask the process that owns it",
        )
    return services.history


async def readings(services: Services, wanted: Wanted) -> ReadingConnection:
    """A page; later pages of a walk hold what the history held when the first was read."""
    if wanted.start is not None and wanted.end is not None and wanted.start >= wanted.end:
        raise ApiError(ErrorCode.INVALID_INPUT, "from must lie before to")
    place = None if wanted.after is None else decode_place(wanted.after, ReadingPlace)
    seen = await _seen(services, place)
    rows = await shared(services).readings(
        RangeQuery(
            device=wanted.device,
            sensor=wanted.sensor,
            metric=wanted.metric,
            start=wanted.start,
            end=wanted.end,
            after=None if place is None else (place.timestamp_us, place.event_id, place.metric),
            limit=wanted.size + 1,
        )
    )
    return reading_page(rows, shown_rows(rows, services.decisions), wanted.size, seen, wanted.after)


async def _seen(services: Services, place: ReadingPlace | None) -> Cursor:
    """Up to where this walk sees the log. Asked before the rows are, so that none can fall between the two."""
    log_id = services.log.log_id
    if place is None:
        return await _read_up_to(services)
    if place.log_id != log_id:
        raise ApiError(ErrorCode.INVALID_INPUT, "this cursor belongs to another log; start anew without it")
    return Cursor(log_id, None if place.seen is None else Position(place.seen))


async def _read_up_to(services: Services) -> Cursor:
    """Where the read model stands that fills the history, if it runs here: it also moves over what is no reading."""
    position = Visibility(services).position(HISTORY)
    checkpoint = await shared(services).checkpoint() if position is None else None
    return checkpoint or Cursor(services.log.log_id, position)


def check_series(limits: Limits, selectors: int, start: datetime, end: datetime, window: timedelta) -> None:
    """ApiError where more windows would come than one answer holds."""
    if not 1 <= selectors <= limits.selectors:
        raise limit_error("selectors", limits.selectors, selectors)
    if window < _SHORTEST:
        raise ApiError(ErrorCode.INVALID_INPUT, "window must be at least PT1S")
    if start >= end:
        raise ApiError(ErrorCode.INVALID_INPUT, "from must lie before to")
    asked = selectors * ceil((end - start) / window)
    if asked > limits.buckets:
        raise limit_error("windows", limits.buckets, asked)


async def series(
    services: Services, selectors: Sequence[SeriesSelector], start: datetime, end: datetime, window: timedelta
) -> list[Series]:
    keys = [SeriesKey(selector.device_id, selector.sensor_id, selector.metric) for selector in selectors]
    answers = await shared(services).buckets(keys, start, end, window)
    return [make_series(key, _unit(services, key), buckets) for key, buckets in zip(keys, answers, strict=True)]


def _unit(services: Services, key: SeriesKey) -> str | None:
    """The metric's own unit; of a metric that nobody defined, the unit in which the sensor last gave it."""
    if key.metric in METRICS:
        return METRICS[key.metric].unit
    view = services.latest.device(key.device)
    found = (one.unit for one in (view.readings if view else ()) if one.sensor == key.sensor and one.metric == key.metric)
    return next(found, None)
