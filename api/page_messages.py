"""What subscribers are told of the last pages of the log: worked out once for all who want the same at the same time."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from api.selection import Selection
from api.types.messages import ReadingReceived, Together
from projections.feed_queries import FeedEvent, FeedPage

_KEPT: Final = 256
_FRESH_SECONDS: Final = 0.25
"""Whoever is live comes within this. Who comes later sees devices where they are by then."""
_AT_ONCE: Final = 100
"""After so many messages it is seen whether their reader is too slow."""


class _Told(NamedTuple):
    """What was told of these events, when, and after which decision. It holds them, so that no others have their id."""

    events: Sequence[FeedEvent]
    at: float
    version: int
    parts: Sequence[Together]


class PageMessages:
    """Those made last, by the events of a page and by what is wanted of them."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[int, Selection], _Told] = OrderedDict()

    def of(
        self, page: FeedPage, selection: Selection, version: int, make: Callable[[], Sequence[ReadingReceived]]
    ) -> Sequence[Together]:
        """What is told of those very events after that decision, made where nobody made it just now."""
        key, now = (id(page.events), selection), asyncio.get_running_loop().time()
        known = self._kept.get(key)
        if known is not None and known.version == version and now - known.at < _FRESH_SECONDS:
            return known.parts
        told = self._kept[key] = _Told(page.events, now, version, in_parts(make()))
        self._kept.move_to_end(key)
        if len(self._kept) > _KEPT:
            self._kept.popitem(last=False)
        return told.parts


def in_parts(messages: Sequence[ReadingReceived]) -> list[Together]:
    """Messages that come at one time, not too many together."""
    return [Together(messages[start : start + _AT_ONCE]) for start in range(0, len(messages), _AT_ONCE)]
