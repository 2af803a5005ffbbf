"""What all connections share: how a page is asked for, forwards or backwards, and where it stands in its list."""

from collections.abc import Sequence
from typing import TypeVar

import msgspec
import strawberry

from api.errors import ApiError, ErrorCode, limit_error
from api.fields import described
from api.limits import Limits
from api.scalars import CursorText

T = TypeVar("T")


@strawberry.type(description="Where a page stands in its list.")
class PageInfo:
    has_next_page: bool = described("Whether more follows. Of a page backwards: whether it was asked for before a cursor.")
    has_previous_page: bool = described(
        "Whether more lies before it. Of a page forwards: whether it was asked for after a cursor."
    )
    start_cursor: CursorText | None = described("The cursor of the first item: give it as `before` to go back.")
    end_cursor: CursorText | None = described("The cursor of the last item: give it as `after` to go on.")


class Page(msgspec.Struct, frozen=True):
    """So many items of those between two cursors: the first, or with `backwards` the last, in the order of the list."""

    size: int
    after: str | None = None
    before: str | None = None
    backwards: bool = False

    def cut(self, found: Sequence[T]) -> tuple[Sequence[T], bool]:
        """The items of the page, and whether there are more: `found` may hold one beyond it."""
        kept = found[max(0, len(found) - self.size) :] if self.backwards else found[: self.size]
        return kept, len(found) > self.size

    def info(self, cursors: Sequence[CursorText], *, more: bool) -> PageInfo:
        """The page info of the items with these cursors."""
        return PageInfo(
            has_next_page=self.before is not None if self.backwards else more,
            has_previous_page=more if self.backwards else self.after is not None,
            start_cursor=cursors[0] if cursors else None,
            end_cursor=cursors[-1] if cursors else None,
        )


def page_of(limits: Limits, *, first: int | None, after: str | None, last: int | None, before: str | None) -> Page:
    """The page that is asked for; ApiError where nobody can tell which, or where it would hold too many."""
    if last is None:
        return Page(page_size(first, limits), after, before)
    if first is not None:
        raise ApiError(ErrorCode.INVALID_INPUT, "ask for the first items or for the last ones, not for both: leave one out")
    return Page(page_size(last, limits, "last"), after, before, backwards=True)


def page_size(asked: int | None, limits: Limits, name: str = "first") -> int:
    """How many items to give, none included; ApiError for fewer, or for more than a page holds."""
    size = limits.default_page if asked is None else asked
    if size < 0:
        raise ApiError(ErrorCode.INVALID_INPUT, f"{name} must not be negative; got {size}")
    if size > limits.page:
        raise limit_error(name, limits.page, size)
    return size
