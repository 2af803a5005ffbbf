"""A page of readings from the history. A walk over the pages sees the history as it stood at the first of them."""

import strawberry

from adapters.history.port import HistoryRow
from api.cursors import ReadingPlace, encode_place
from api.fields import described
from api.scalars import CursorText
from api.types.paging import PageInfo, page_info
from api.types.reading import Reading, history_reading
from projections.shown import Shown
from schema.envelope import Cursor, Position


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


def reading_page(rows: list[HistoryRow], shown: list[Shown], size: int, seen: Cursor, after: str | None) -> ReadingConnection:
    """`rows` may hold one more than the page: then there is a next one. What came after `seen` is left to the live cursor.

    `shown` is what is shown of each row.
    """
    edges = [
        ReadingEdge(cursor=_cursor(row, seen), node=history_reading(row, each))
        for row, each in zip(rows[:size], shown[:size], strict=True)
        if _stood(row, seen.position)
    ]
    info = page_info([edge.cursor for edge in edges], more=len(rows) > size, after=after)
    if info.has_next_page:
        info.end_cursor = _cursor(rows[size - 1], seen)
    return ReadingConnection(
        edges=edges, nodes=[edge.node for edge in edges], page_info=info, live_cursor=CursorText(seen.encode())
    )


def _stood(row: HistoryRow, position: Position | None) -> bool:
    return position is not None and row.position <= position


def _cursor(row: HistoryRow, seen: Cursor) -> CursorText:
    return CursorText(encode_place(ReadingPlace(seen.log_id, seen.position, row.timestamp_us, row.event_id, row.metric)))
