"""Appending: order, expected revisions, conflicts as values, and what can be promised of ids."""

import asyncio

import pytest

from adapters.event_log.port import ANY, NO_STREAM, Append, Appended, Conflict, EventLog, LogError
from schema.envelope import NewEvent
from tests.contract.event_log.conftest import Open
from tests.contract.event_log.stores import CALM
from tests.support.logs import all_of, append, events, names, pages, position_after


async def test_an_append_tells_the_revision_and_position_of_its_last_event(log: EventLog) -> None:
    result = await append(log, "device-a", NO_STREAM, "one", "two", "three")
    assert isinstance(result, Appended)
    assert result.revision == 2
    assert await log.head() == result.position
    assert [one.revision for one in await log.read_stream("device-a")] == [0, 1, 2]


async def test_an_event_comes_back_as_it_was_appended(log: EventLog) -> None:
    new = NewEvent(bytes(range(16)), "SensorReading", '{"text":"ü\\u001e, \\"x\\"","n":[1,2.5,null]}'.encode(), b'{"a":{}}')
    await log.append([Append("device-a", NO_STREAM, [new])])
    (back,) = await log.read_stream("device-a")
    assert (back.id, back.type, back.data, back.metadata) == (new.id, new.type, new.data, new.metadata)
    assert (back.stream, back.category) == ("device-a", "device")
    assert back.recorded_us > 1_600_000_000_000_000


@pytest.mark.parametrize("expected", [NO_STREAM, 0, 5])
async def test_a_conflict_is_a_value_that_tells_the_current_revision_and_appends_nothing(log: EventLog, expected: int) -> None:
    await append(log, "device-a", NO_STREAM, "one", "two")
    assert await append(log, "device-a", expected, "other") == Conflict(1)
    assert names(await log.read_stream("device-a")) == ["one", "two"]


async def test_a_stream_that_is_not_there_conflicts_with_any_revision_that_is_expected(log: EventLog) -> None:
    assert await append(log, "device-a", 0, "one") == Conflict(NO_STREAM)
    assert await log.head() is None


async def test_any_appends_whatever_is_there(log: EventLog) -> None:
    await append(log, "device-a", ANY, "one")
    await append(log, "device-a", ANY, "two")
    assert names(await log.read_stream("device-a")) == ["one", "two"]


async def test_the_same_append_again_is_a_success_and_adds_nothing(log: EventLog) -> None:
    first = await append(log, "device-a", NO_STREAM, "one", "two")
    await append(log, "device-a", 1, "three")
    assert await append(log, "device-a", NO_STREAM, "one", "two") == first
    assert names(await log.read_stream("device-a")) == ["one", "two", "three"]


async def test_an_append_that_is_only_in_part_the_same_is_a_conflict(log: EventLog) -> None:
    await append(log, "device-a", NO_STREAM, "one", "two", "three")
    for again in (("one", "other"), ("two", "one"), ("one", "two", "three", "four")):
        assert await append(log, "device-a", NO_STREAM, *again) == Conflict(2)
    assert names(await log.read_stream("device-a")) == ["one", "two", "three"]


async def test_the_same_append_again_is_a_success_after_the_log_was_opened_anew(open_log: Open) -> None:
    log = await open_log()
    first = await append(log, "device-a", NO_STREAM, "one")
    await append(log, "device-a", 0, "two")
    await log.close()
    log = await open_log()
    assert await append(log, "device-a", NO_STREAM, "one") == first
    assert names(await log.read_stream("device-a")) == ["one", "two"]
    await log.close()


async def test_many_streams_in_one_call_have_a_result_each_and_a_conflict_spoils_no_other(log: EventLog) -> None:
    await append(log, "device-b", NO_STREAM, "there")
    results = await log.append(
        [
            Append("device-a", NO_STREAM, events("a1", "a2")),
            Append("device-b", NO_STREAM, events("b1")),
            Append("device-c", ANY, events("c1")),
        ]
    )
    assert [type(result) for result in results] == [Appended, Conflict, Appended]
    assert names(all_of(await pages(log.read_all(None)))) == ["there", "a1", "a2", "c1"]


async def test_appends_to_one_stream_take_effect_in_the_order_given(log: EventLog) -> None:
    results = await log.append(
        [Append("device-a", number - 1 if number else NO_STREAM, events(f"e{number}")) for number in range(20)]
    )
    assert [result.revision for result in results if isinstance(result, Appended)] == list(range(20))
    assert names(await log.read_stream("device-a")) == [f"e{number}" for number in range(20)]


@pytest.mark.parametrize("make_store", CALM.values(), ids=list(CALM))
async def test_where_none_fails_appends_of_one_call_stand_in_the_order_given_whatever_their_streams(log: EventLog) -> None:
    streams = [f"device-{number * number % 11}" for number in range(300)]
    wanted = [Append(stream, ANY, events(f"a{number}", f"b{number}")) for number, stream in enumerate(streams)]
    results = await log.append(wanted)
    positions = [result.position for result in results if isinstance(result, Appended)]
    assert positions == sorted(positions)
    stored = all_of(await pages(log.read_all(None)))
    assert names(stored) == [f"{letter}{number}" for number in range(300) for letter in "ab"]
    assert [one.stream for one in stored[::2]] == streams


@pytest.mark.parametrize("make_store", CALM.values(), ids=list(CALM))
async def test_so_they_do_where_another_call_appends_to_the_same_streams(log: EventLog) -> None:
    calls = [[Append(f"device-{name}", ANY, events(f"{number}-{name}")) for name in "abc"] for number in range(20)]
    for results in await asyncio.gather(*(log.append(call if number % 2 else call[::-1]) for number, call in enumerate(calls))):
        positions = [result.position for result in results if isinstance(result, Appended)]
        assert positions == sorted(positions)


async def test_of_two_who_expect_the_same_revision_one_wins_and_the_other_is_told(log: EventLog) -> None:
    results = await asyncio.gather(*(append(log, "device-a", NO_STREAM, f"writer-{number}") for number in range(20)))
    assert sum(isinstance(result, Appended) for result in results) == 1
    assert all(result == Conflict(0) for result in results if isinstance(result, Conflict))


async def test_positions_order_all_streams_and_recorded_times_never_run_backwards(log: EventLog) -> None:
    given = [await position_after(log, f"device-{number % 3}", ANY, f"e{number}") for number in range(30)]
    recorded = all_of(await pages(log.read_all(None)))
    assert [one.position for one in recorded] == sorted(given)
    assert names(recorded) == [f"e{number}" for number in range(30)]
    times = [one.recorded_us for one in recorded]
    assert times == sorted(times)


async def test_nothing_to_append_is_nothing_done(log: EventLog) -> None:
    assert await log.append([]) == []


async def test_contains_tells_which_ids_the_stream_itself_holds(log: EventLog) -> None:
    await append(log, "device-a", NO_STREAM, *(f"e{number}" for number in range(1200)))
    await append(log, "device-b", NO_STREAM, "elsewhere")
    asked = [one.id for one in events(*(f"e{number}" for number in range(0, 2400, 2)), "elsewhere")]
    assert await log.contains("device-a", asked) == {one.id for one in events(*(f"e{number}" for number in range(0, 1200, 2)))}
    assert {one.id for one in events("e600", "e1198")} <= await log.contains("device-a", asked, start=600)
    assert await log.contains("device-a", asked, start=30) >= {one.id for one in events("e30", "e600", "e1198")}
    assert await log.contains("device-none", asked) == set()
    assert await log.contains("device-a", []) == set()


async def test_a_log_keeps_its_id_when_it_is_opened_anew(open_log: Open) -> None:
    log = await open_log()
    name = log.log_id
    await log.close()
    again = await open_log()
    assert again.log_id == name
    await again.close()


async def test_a_closed_log_says_so(open_log: Open) -> None:
    log = await open_log()
    await log.close()
    await log.close()
    with pytest.raises(LogError, match="closed"):
        await append(log, "device-a", NO_STREAM, "late")
