"""Reading: streams forwards and backwards, the whole log in pages and through filters, and what truncation leaves."""

import pytest

from adapters.event_log.port import ANY, NO_STREAM, Append, EventLog
from schema.envelope import Filter, NewEvent
from tests.support.logs import all_of, append, event, events, names, pages, position_after

NUMBERS = [f"e{number}" for number in range(10)]


@pytest.fixture
async def stream(log: EventLog) -> EventLog:
    await append(log, "device-a", NO_STREAM, *NUMBERS)
    return log


async def test_a_stream_is_read_from_either_end(stream: EventLog) -> None:
    assert names(await stream.read_stream("device-a")) == NUMBERS
    assert names(await stream.read_stream("device-a", backwards=True)) == NUMBERS[::-1]


async def test_a_stream_is_read_from_a_revision_on_which_is_part_of_it(stream: EventLog) -> None:
    assert names(await stream.read_stream("device-a", start=7)) == ["e7", "e8", "e9"]
    assert names(await stream.read_stream("device-a", start=2, backwards=True)) == ["e2", "e1", "e0"]
    assert names(await stream.read_stream("device-a", start=3, limit=2)) == ["e3", "e4"]
    assert await stream.read_stream("device-a", start=10) == []


async def test_a_stream_is_read_up_to_a_position(log: EventLog) -> None:
    await append(log, "device-a", ANY, "one")
    until = await position_after(log, "device-b", ANY, "between")
    await append(log, "device-a", ANY, "two")
    assert names(await log.read_stream("device-a", until=until)) == ["one"]
    assert names(await log.read_stream("device-a", until=until, backwards=True)) == ["one"]


async def test_a_stream_that_is_not_there_is_empty(log: EventLog) -> None:
    assert await log.read_stream("device-none") == []
    assert await log.head() is None
    assert all_of(await pages(log.read_all(None))) == []


async def test_the_whole_log_is_read_in_pages_that_are_checkpoints(log: EventLog) -> None:
    for number in range(7):
        await append(log, f"device-{number % 2}", ANY, f"e{number}")
    found = await pages(log.read_all(None, page_size=3))
    assert all(len(page.events) <= 3 for page in found)
    assert names(all_of(found)) == [f"e{number}" for number in range(7)]
    assert (found[-1].position, found[-1].caught_up) == (await log.head(), True)
    for page in found:
        rest = all_of(await pages(log.read_all(page.position)))
        assert names(page.events) + names(rest) == names(all_of(found))[-len(rest) - len(page.events) :]


async def test_reading_all_ends_at_the_head_of_the_call_or_at_the_position_asked_for(log: EventLog) -> None:
    until = await position_after(log, "device-a", ANY, "one", "two")
    await append(log, "device-a", ANY, "three")
    assert names(all_of(await pages(log.read_all(None, until=until)))) == ["one", "two"]
    seen = []
    async for page in log.read_all(None, page_size=1):
        seen += names(page.events)
        await append(log, "device-a", ANY, f"later-{len(seen)}")
    assert seen == ["one", "two", "three"]


@pytest.mark.parametrize(
    ("only", "expected"),
    [
        (Filter(categories=frozenset({"device"})), ["d1", "d2", "d3"]),
        (Filter(types=frozenset({"Other"})), ["d2", "c2"]),
        (Filter(categories=frozenset({"device"}), types=frozenset({"Other"})), ["d2"]),
        (Filter(categories=frozenset({"device", "control"})), ["d1", "c1", "d2", "c2", "d3"]),
        (Filter(categories=frozenset({"dev"})), []),
    ],
)
async def test_a_filter_takes_categories_and_types_exactly(log: EventLog, only: Filter, expected: list[str]) -> None:
    for stream, name, kind in (
        ("device-a-b", "d1", "Happened"),
        ("control-a", "c1", "Happened"),
        ("device-b", "d2", "Other"),
        ("control-a", "c2", "Other"),
        ("device-a-b", "d3", "Happened"),
        ("devices-x", "x1", "Another"),
    ):
        await append(log, stream, ANY, name, kind=kind)
    found = await pages(log.read_all(None, only=only))
    assert names(all_of(found)) == expected
    assert found[-1].position == await log.head()


async def test_large_events_come_in_pages_too(log: EventLog) -> None:
    big = b'{"name":"%b"}' % (b"x" * 900_000)
    new = [NewEvent(event(f"e{number}").id, "Big", big, b"{}") for number in range(40)]
    for one in new:
        await log.append([Append("device-big", ANY, [one])])
    assert [one.id for one in all_of(await pages(log.read_all(None)))] == [one.id for one in new]
    assert len(await log.read_stream("device-big")) == 40


async def test_truncation_lets_go_of_old_events_and_keeps_revisions_and_positions(stream: EventLog) -> None:
    before = await stream.read_stream("device-a")
    await append(stream, "device-b", NO_STREAM, "other")
    await stream.truncate("device-a", 6)
    assert await stream.read_stream("device-a") == before[6:]
    assert names(await stream.read_stream("device-a", start=0)) == NUMBERS[6:]
    assert await append(stream, "device-a", 9, "next") != await append(stream, "device-a", 9, "another")
    assert names(await stream.read_stream("device-a"))[-1] == "next"
    assert names(await stream.read_stream("device-b")) == ["other"]


async def test_a_stream_that_was_truncated_whole_goes_on_where_it_was(log: EventLog) -> None:
    position = await position_after(log, "device-a", NO_STREAM, "one", "two")
    await log.truncate("device-a", 2)
    assert await log.read_stream("device-a") == []
    assert await log.head() == position
    assert await position_after(log, "device-a", 1, "three") > position
    assert [one.revision for one in await log.read_stream("device-a")] == [2]


async def test_ids_of_events_let_go_of_need_not_be_known_but_those_kept_are(stream: EventLog) -> None:
    await stream.truncate("device-a", 5)
    kept = {one.id for one in events(*NUMBERS[5:])}
    assert await stream.contains("device-a", [one.id for one in events(*NUMBERS)]) >= kept
