"""A stream as it was known at a moment: the same over every store, also where its start is gone."""

import pytest

from adapters.event_log.iterating import closing
from adapters.event_log.port import EventLog
from projections import stretch_of_stream
from projections.stretch_of_stream import backwards, extent, first_after, forwards
from schema.envelope import RecordedEvent
from tests.support.house_events import reading, tell

STREAM = "device-a"


@pytest.fixture
async def recorded(log: EventLog, monkeypatch: pytest.MonkeyPatch) -> list[RecordedEvent]:
    """Readings that were recorded one after the other."""
    monkeypatch.setattr(stretch_of_stream, "_PAGE", 3)
    for second in range(8):
        await tell(log, [reading("a", second, temperature=1.0)])
        await tell(log, [reading("b", second, temperature=1.0)])
    return await log.read_stream(STREAM)


async def test_what_was_known_ends_with_the_last_that_was_recorded_by_then(
    log: EventLog, recorded: list[RecordedEvent]
) -> None:
    for moment_us in {event.recorded_us + change for event in recorded for change in (-1, 0, 1)}:
        known = [event for event in recorded if event.recorded_us <= moment_us]
        found = await extent(log, STREAM, moment_us)
        assert (found.first, found.end, found.position) == (0, len(known), known[-1].position if known else None)
    now = await extent(log, STREAM, None)
    assert (now.end, now.position) == (8, recorded[-1].position)


async def test_a_stream_that_is_not_there_has_nothing_to_know(log: EventLog) -> None:
    found = await extent(log, STREAM, None)
    assert (found.first, found.end, found.position) == (0, 0, None)


async def test_it_is_read_from_either_end_page_by_page(log: EventLog, recorded: list[RecordedEvent]) -> None:
    known = await extent(log, STREAM, recorded[6].recorded_us)
    revisions = range(known.end)
    async with closing(forwards(log, known, 2)) as pages:
        assert [fed.recorded.revision async for page in pages for fed in page.events] == list(revisions)[2:]
    async with closing(backwards(log, known)) as pages:
        assert [fed.recorded.revision async for page in pages for fed in page.events] == list(revisions)[::-1]


async def test_where_the_start_is_gone_it_says_from_where_on_it_is_there(log: EventLog, recorded: list[RecordedEvent]) -> None:
    await log.truncate(STREAM, 5)
    known = await extent(log, STREAM, None)
    assert (known.first, known.end) == (5, 8)
    assert await first_after(log, known, recorded[0].recorded_us) == 5
    assert await first_after(log, known, recorded[-1].recorded_us) == 8
    async with closing(backwards(log, known)) as pages:
        assert [fed.recorded.revision async for page in pages for fed in page.events] == [7, 6, 5]
    before = await extent(log, STREAM, recorded[0].recorded_us - 1)
    assert (before.end, before.position) == (5, None)
