"""Questions to the history: pages of raw readings that hand over to a subscription without a gap, and series in windows."""

from datetime import datetime

import msgspec

from adapters.history.port import HistoryQueries, RangeQuery
from api.cursors import ReadingPlace, decode_place
from api.errors import ApiError, ErrorCode
from api.services import Services
from api.types.paging import Page
from api.types.reading_page import ReadingConnection, reading_page
from api.visibility import HISTORY
from domain.indices import INDICES
from projections.gathering import RawSource
from projections.index_readings import Calculated, index_readings
from projections.judging import Judge
from projections.neighbours import shown_rows
from schema.envelope import Cursor, Position


class Wanted(msgspec.Struct, frozen=True):
    """A page of raw readings of one device in [start, end)."""

    device: str
    sensor: str | None
    metric: str | None
    start: datetime | None
    end: datetime | None
    page: Page


def shared(services: Services) -> HistoryQueries:
    """The history; ApiError HISTORY_NOT_SHARED where this process has none to ask."""
    if services.history is None:
        raise not_shared()
    return services.history


def not_shared() -> ApiError:
    return ApiError(
        ErrorCode.HISTORY_NOT_SHARED,
        "the history lies in a store that lets one process in, and this is not the one: ask here for what is now "
        "(`device`, `devices`, subscriptions) and for `audit`; for history ask the process that owns it",
    )


async def readings(services: Services, wanted: Wanted) -> ReadingConnection:
    """A page; later pages of a walk hold what the history held when the first was read."""
    walk = walk_of(services, wanted)
    # Asked before the rows are, so that none can fall between the two.
    seen = walk.seen or await read_up_to(services)
    judge = Judge(services.rules.quality, services.decisions)
    return await page_in(shared(services), judge, wanted, walk, seen)


class Walk(msgspec.Struct, frozen=True):
    """Between which places a page lies, and up to where its walk sees the log; None: nobody says yet."""

    after: ReadingPlace | None
    before: ReadingPlace | None
    seen: Cursor | None


def walk_of(services: Services, wanted: Wanted) -> Walk:
    """The walk that the page belongs to; ApiError INVALID_INPUT where the question makes no sense."""
    if wanted.start is not None and wanted.end is not None and wanted.start >= wanted.end:
        raise ApiError(ErrorCode.INVALID_INPUT, "from must lie before to")
    page, log_id = wanted.page, services.log.log_id
    after, before = (None if cursor is None else decode_place(cursor, ReadingPlace) for cursor in (page.after, page.before))
    places = [place for place in (after, before) if place is not None]
    if not places:
        return Walk(after, before, None)
    if any(place.log_id != log_id for place in places):
        raise ApiError(ErrorCode.INVALID_INPUT, "this cursor belongs to another log; start anew without it")
    seen = [place.seen for place in places if place.seen is not None]
    return Walk(after, before, Cursor(log_id, Position(min(seen)) if seen else None))


async def page_in(source: RawSource, judge: Judge, wanted: Wanted, walk: Walk, seen: Cursor) -> ReadingConnection:
    """The page of the walk, which sees the log up to `seen`."""
    if seen.position is None:
        return reading_page([], wanted.page, seen)
    query = RangeQuery(
        device=wanted.device,
        sensor=wanted.sensor,
        metric=wanted.metric,
        start=wanted.start,
        end=wanted.end,
        after=None if walk.after is None else walk.after.key,
        before=None if walk.before is None else walk.before.key,
        backwards=wanted.page.backwards,
        upto=seen.position,
        limit=wanted.page.size + 1,
    )
    return reading_page(await _found(source, judge, query), wanted.page, seen)


async def _found(source: RawSource, judge: Judge, query: RangeQuery) -> list[Calculated]:
    """What was measured, and what follows from it where an index is asked for, in order."""
    rows = await source.readings(query)
    found = list(zip(rows, await shown_rows(source, judge, rows), strict=True))
    if query.metric is not None and query.metric in INDICES:
        found += await index_readings(source, judge, query, query.metric)
        found.sort(key=lambda pair: (pair[0].timestamp_us, pair[0].event_id))
    return found[-query.limit :] if query.backwards else found[: query.limit]


async def read_up_to(services: Services) -> Cursor:
    """Where the read model stands that fills the history, if it runs here: it also moves over what is no reading."""
    position = services.projections.position(HISTORY)
    checkpoint = await shared(services).checkpoint() if position is None else None
    return checkpoint or Cursor(services.log.log_id, position)
