"""What the engine asks of a read model."""

from typing import Protocol

from projections.feed_queries import FeedPage
from schema.envelope import Cursor, Filter, Position


class TryAgainError(Exception):
    """A read model cannot go on right now (disk full, store locked); from its checkpoint the same may work later."""


class ReadModel(Protocol):
    """A function of the log. Its docstring says whether it is a fact model or process history."""

    @property
    def name(self) -> str: ...

    @property
    def only(self) -> Filter:
        """What it reads."""
        ...

    @property
    def position(self) -> Position | None:
        """Up to where its answers hold: what it has read but not yet shown is not counted."""
        ...

    async def start(self, head: Cursor) -> Position | None:
        """Load what was kept, and say after which position to go on; None: from the start of the log."""
        ...

    async def apply(self, page: FeedPage) -> None:
        """Take in the next page. TryAgainError: start again later. Any other error halts the read model."""
        ...

    async def close(self) -> None:
        """Keep what makes the next start fast. Called once, also after a halt."""
        ...
