"""The client library as the double's tests use it: a client for a block, small events, the next of a subscription."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID, uuid4

from esdbclient import AsyncEventStoreDBClient, NewEvent, RecordedEvent


@asynccontextmanager
async def connected(url: str) -> AsyncIterator[AsyncEventStoreDBClient]:
    """A client for as long as the block runs."""
    client = AsyncEventStoreDBClient(url)
    await client.connect()
    try:
        yield client
    finally:
        await client.close()


def new(kind: str = "SensorReading", data: bytes = b"{}", *, event_id: UUID | None = None) -> NewEvent:
    """An event, with an id of its own unless one is given."""
    return NewEvent(type=kind, data=data, metadata=b'{"source": "test"}', id=event_id or uuid4())


def several(count: int, kind: str = "SensorReading") -> tuple[NewEvent, ...]:
    return tuple(new(kind) for _ in range(count))


async def take(events: AsyncIterator[RecordedEvent], count: int) -> list[RecordedEvent]:
    """The next ones of a read or a subscription."""
    return [await anext(events) for _ in range(count)]
