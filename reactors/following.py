"""How reactors follow the log: by a subscription of their own, or by one that their process has anyway."""

from collections.abc import AsyncIterator
from typing import Protocol

from adapters.event_log.port import Page
from schema.envelope import Filter, Position


class Follow(Protocol):
    """A catch-up subscription: see `EventLog.subscribe`."""

    def __call__(self, after: Position | None, /, *, only: Filter) -> AsyncIterator[Page]: ...
