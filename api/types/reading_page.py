"""A page of readings from the history. A walk over the pages sees the history as it stood at the first of them."""

from collections.abc import Sequence

import strawberry

from adapters.history.port import HistoryRow
from api.cursors import ReadingPlace, encode_place
from api.fields import described
from api.scalars import CursorText
from api.types.paging import Page, PageInfo
from api.types.reading import Reading, history_reading
from projections.index_readings import Calculated
from schema.envelope import Cursor


@strawberry.type(description="A reading and its place in the list.")
class ReadingEdge:
    cursor: CursorText = described("The place of this reading: give it as `after` to go on from here.")
    node: Reading = described("The reading.")


@strawberry.type(description="A page of readings, ordered by timestamp.")
class ReadingConnection:
    edges: list[ReadingEdge] = described("The readings with their places.")
    nodes: list[Reading] = described("The readings alone.")
    page_info: PageInfo = described("Where the page stands.")
    live_cursor: CursorText = described(
        "Where the `readings` subscription goes on after the last page: with it nothing is missed and nothing comes twice."
    )


def reading_page(found: Sequence[Calculated], page: Page, seen: Cursor) -> ReadingConnection:
    """`found` may hold one beyond the page, and nothing that came after `seen`: that is left to the live cursor."""
    kept, more = page.cut(found)
    edges = [ReadingEdge(cursor=_cursor(row, seen), node=history_reading(row, shown)) for row, shown in kept]
    return ReadingConnection(
        edges=edges,
        nodes=[edge.node for edge in edges],
        page_info=page.info([edge.cursor for edge in edges], more=more),
        live_cursor=CursorText(seen.encode()),
    )


def _cursor(row: HistoryRow, seen: Cursor) -> CursorText:
    return CursorText(encode_place(ReadingPlace(seen.log_id, seen.position, row.timestamp_us, row.event_id, row.metric)))
