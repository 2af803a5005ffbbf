"""What all connections share: the page info, and how many rows a page may hold."""

import strawberry

from api.errors import ApiError, ErrorCode, limit_error
from api.fields import described
from api.limits import Limits
from api.scalars import CursorText


@strawberry.type(description="Where a page stands in its list.")
class PageInfo:
    has_next_page: bool = described("Whether more follows.")
    has_previous_page: bool = described("Whether this page was asked for after a cursor.")
    start_cursor: CursorText | None = described("The cursor of the first item.")
    end_cursor: CursorText | None = described("The cursor of the last item: give it as `after` to go on.")


def page_info(cursors: list[CursorText], *, more: bool, after: str | None) -> PageInfo:
    """The page info of the items with these cursors."""
    first, last = (cursors[0], cursors[-1]) if cursors else (None, None)
    return PageInfo(has_next_page=more, has_previous_page=after is not None, start_cursor=first, end_cursor=last)


def page_size(first: int | None, limits: Limits) -> int:
    """How many items to give; ApiError for none, or for more than a page holds."""
    asked = limits.default_page if first is None else first
    if asked < 1:
        raise ApiError(ErrorCode.INVALID_INPUT, f"first must be at least 1; got {asked}")
    if asked > limits.page:
        raise limit_error("first", limits.page, asked)
    return asked
