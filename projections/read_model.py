"""What the engine asks of a read model, and how a checkpoint is judged before it is believed."""

from typing import Protocol

import structlog

from projections.queries import FeedPage
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


def usable_checkpoint(name: str, checkpoint: Cursor | None, head: Cursor) -> Position | None:
    """The checkpoint's position, or None to start from zero: it is missing, of another log, or beyond the head."""
    if checkpoint is None or checkpoint.position is None:
        return None
    if checkpoint.log_id != head.log_id:
        reason = "its checkpoint belongs to another event log"
    elif head.position is None or checkpoint.position > head.position:
        reason = "its checkpoint lies beyond the end of the event log"
    else:
        return checkpoint.position
    structlog.get_logger().warning("projection_starts_from_zero", projection=name, reason=reason)
    return None
