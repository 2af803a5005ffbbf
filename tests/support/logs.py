"""Events to append, and what a log says of them, for the tests of event logs."""

from collections.abc import AsyncIterator, Sequence

from adapters.event_log.port import Append, Appended, Conflict, EventLog, Page
from schema.envelope import NewEvent, Position, RecordedEvent
from schema.ids import content_event_id


def event(name: str, kind: str = "Happened") -> NewEvent:
    """An event that is known by its name."""
    return NewEvent(content_event_id(1_700_000_000_000, name), kind, b'{"name":"%b"}' % name.encode(), b'{"schemaVersion":1}')


def events(*names: str, kind: str = "Happened") -> list[NewEvent]:
    return [event(name, kind) for name in names]


def names(recorded: Sequence[RecordedEvent]) -> list[str]:
    return [one.data.decode().split('"')[3] for one in recorded]


async def append(log: EventLog, stream: str, expected: int, *wanted: str, kind: str = "Happened") -> Appended | Conflict:
    """Append events of these names; the one result."""
    (result,) = await log.append([Append(stream, expected, events(*wanted, kind=kind))])
    return result


async def position_after(log: EventLog, stream: str, expected: int, *wanted: str, kind: str = "Happened") -> Position:
    result = await append(log, stream, expected, *wanted, kind=kind)
    assert isinstance(result, Appended)
    return result.position


async def pages(source: AsyncIterator[Page]) -> list[Page]:
    return [page async for page in source]


async def until_caught_up(source: AsyncIterator[Page]) -> list[Page]:
    """The pages of a subscription up to the first that says it has caught up."""
    found: list[Page] = []
    async for page in source:
        found.append(page)
        if page.caught_up:
            break
    return found


def all_of(found: Sequence[Page]) -> list[RecordedEvent]:
    return [one for page in found for one in page.events]
