"""Questions to the history: pages of raw readings that hand over to a subscription without a gap, and series in windows."""

from datetime import datetime, timedelta
from typing import Final

import msgspec

from adapters.history.port import History, RangeQuery
from api.cursors import ReadingPlace, decode_place
from api.errors import ApiError, ErrorCode
from api.services import Services
from api.types.reading_page import ReadingConnection, reading_page
from api.visibility import HISTORY, Visibility
from domain.indices import INDICES
from projections.index_readings import Calculated, index_readings
from projections.judging import Judge
from projections.neighbours import shown_rows
from schema.envelope import Cursor, Position

_SHORTEST: Final = timedelta(seconds=1)
_MINUTE: Final = timedelta(minutes=1)
_DAY: Final = timedelta(days=1)


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
    query = RangeQuery(
        device=wanted.device,
        sensor=wanted.sensor,
        metric=wanted.metric,
        start=wanted.start,
        end=wanted.end,
        after=None if place is None else (place.timestamp_us, place.event_id, place.metric),
        limit=wanted.size + 1,
    )
    found = await _found(services, query)
    return reading_page([row for row, _ in found], [each for _, each in found], wanted.size, seen, wanted.after)


async def _found(services: Services, query: RangeQuery) -> list[Calculated]:
    """What was measured, and what follows from it where an index is asked for, in order."""
    history, judge = shared(services), Judge(services.rules.quality, services.decisions)
    rows = await history.readings(query)
    found = list(zip(rows, await shown_rows(history, judge, rows), strict=True))
    if query.metric is not None and query.metric in INDICES:
        found += await index_readings(history, judge, query, query.metric)
        found.sort(key=lambda pair: (pair[0].timestamp_us, pair[0].event_id))
    return found[: query.limit]


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
