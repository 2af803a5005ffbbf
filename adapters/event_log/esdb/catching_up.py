"""Reading a stretch of the whole log in pages, to an end that is known before."""

from collections.abc import AsyncGenerator
from contextlib import aclosing

from adapters.event_log.esdb import requests
from adapters.event_log.esdb.looking import Looking
from adapters.event_log.esdb.reading import Reading
from adapters.event_log.esdb.records import matches
from adapters.event_log.port import LogUnavailableError, Page
from schema.envelope import Filter, Position, RecordedEvent


async def read_up_to(looking: Looking, after: int, end: int, only: Filter, page_size: int) -> AsyncGenerator[Page, None]:
    """The pages after `after` up to `end`; the last of them has caught up with it. LogUnavailableError where it breaks off."""
    position = after
    while position < end:
        before = position
        async with aclosing(_read_once(looking, position, end, only, page_size)) as pages:
            async for page in pages:
                position = page.position or position
                yield page
        # A connection that is lost can look like the end: believed of a read that brought nothing, else one more is begun.
        if position == before:
            position = end
            yield Page((), Position(end), caught_up=True)


async def _read_once(looking: Looking, after: int, end: int, only: Filter, page_size: int) -> AsyncGenerator[Page, None]:
    """The pages of one read, which begins with the event at `after` itself."""
    connection = await looking.connection()
    request = requests.read_everything(Position(after) if after else None, only=only)
    reading = looking.read(connection, request, page_size)
    try:
        while (events := await _take(reading, looking)) is not None:
            fresh = [event for event in events if after < event.position <= end and matches(event, only)]
            beyond = bool(events) and events[-1].position >= end
            if fresh or beyond:
                yield Page(fresh, Position(end) if beyond else fresh[-1].position, caught_up=beyond)
            if beyond:
                return
    except LogUnavailableError as error:
        await looking.failed(connection, error)
        raise
    finally:
        looking.stop(reading)


async def _take(reading: Reading, looking: Looking) -> list[RecordedEvent] | None:
    """What comes next; None where the read has ended. Where few match there may be nothing for long: then we ask for a sign."""
    while (found := await reading.take(looking.patience)) is not None:
        if found:
            return [one for one in found if isinstance(one, RecordedEvent)]
        await looking.last_event(None)
    return None
