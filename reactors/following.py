"""How reactors follow the log: by a subscription of their own, or by one that their process has anyway."""

from collections.abc import AsyncIterator, Callable
from typing import TypeAlias

from adapters.event_log.port import EventLog, Page
from schema.envelope import Filter, Position

Follow: TypeAlias = Callable[[Position | None, Filter], AsyncIterator[Page]]
"""A catch-up subscription after a position: see `EventLog.subscribe`."""


def subscribing(log: EventLog) -> Follow:
    """Each by a subscription of its own."""
    return lambda after, only: log.subscribe(after, only=only)
