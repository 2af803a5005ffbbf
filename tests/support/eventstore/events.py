"""Small events for tests of the double."""

from collections.abc import AsyncIterator
from uuid import UUID, uuid4

from esdbclient import NewEvent, RecordedEvent


def new(kind: str = "SensorReading", data: bytes = b"{}", *, event_id: UUID | None = None) -> NewEvent:
    """An event, with an id of its own unless one is given."""
    return NewEvent(type=kind, data=data, metadata=b'{"source": "test"}', id=event_id or uuid4())


def several(count: int, kind: str = "SensorReading") -> tuple[NewEvent, ...]:
    return tuple(new(kind) for _ in range(count))


async def take(events: AsyncIterator[RecordedEvent], count: int) -> list[RecordedEvent]:
    """The next ones of a read or a subscription."""
    return [await anext(events) for _ in range(count)]
