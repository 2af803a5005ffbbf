"""What the double does with an append, as the real server: expected versions, repetitions, limits."""

from datetime import UTC, datetime

import pytest
from esdbclient import AsyncEventStoreDBClient, StreamState
from esdbclient.exceptions import MaximumAppendSizeExceededError, NotFound, WrongCurrentVersion

from tests.support.eventstore.clients import new, several
from tests.support.eventstore.process import Double

NO_POSITION = 2**64 - 1


async def test_an_event_comes_back_as_it_was_sent(client: AsyncEventStoreDBClient, stream: str) -> None:
    sent = new("SensorReading", b'{"temperature": 21.5}')
    position = await client.append_to_stream(stream, current_version=StreamState.NO_STREAM, events=sent)
    (event,) = await client.get_stream(stream)
    assert (event.id, event.type, event.data, event.metadata) == (sent.id, sent.type, sent.data, sent.metadata)
    assert (event.stream_name, event.stream_position, event.commit_position) == (stream, 0, position)
    assert event.content_type == "application/json"
    assert event.recorded_at is not None
    assert abs((event.recorded_at - datetime.now(UTC)).total_seconds()) < 60


async def test_positions_grow_by_the_size_of_the_events(client: AsyncEventStoreDBClient, stream: str) -> None:
    events = (new(data=b'"small"'), new(data=b'"%s"' % (b"x" * 5000)), new())
    await client.append_to_stream(stream, current_version=StreamState.NO_STREAM, events=events)
    first, second, third = [event.commit_position or 0 for event in await client.get_stream(stream)]
    assert third - second > 5000 > second - first > 1


@pytest.mark.parametrize("expected", [StreamState.NO_STREAM, 0])
async def test_a_repetition_below_the_current_version_is_the_first_append(
    client: AsyncEventStoreDBClient, stream: str, expected: StreamState | int
) -> None:
    await client.append_to_stream(stream, current_version=StreamState.NO_STREAM, events=new())
    await client.append_to_stream(stream, current_version=0, events=several(4))
    standing = await client.get_stream(stream)
    start = 0 if expected is StreamState.NO_STREAM else 1
    again = [new(event_id=event.id) for event in standing[start : start + 2]]
    position = await client.append_to_stream(stream, current_version=expected, events=again)
    assert position == standing[start + 1].commit_position
    assert len(await client.get_stream(stream)) == 5


async def test_a_repetition_with_one_other_id_is_a_conflict(client: AsyncEventStoreDBClient, stream: str) -> None:
    events = several(3)
    await client.append_to_stream(stream, current_version=StreamState.NO_STREAM, events=events)
    with pytest.raises(WrongCurrentVersion, match="is 2"):
        await client.append_to_stream(stream, current_version=StreamState.NO_STREAM, events=(*events[:2], new()))


async def test_a_repetition_that_goes_on_beyond_what_stands_is_a_conflict(client: AsyncEventStoreDBClient, stream: str) -> None:
    events = several(3)
    await client.append_to_stream(stream, current_version=StreamState.NO_STREAM, events=events)
    with pytest.raises(WrongCurrentVersion):
        await client.append_to_stream(stream, current_version=StreamState.NO_STREAM, events=(*events, new()))
    assert len(await client.get_stream(stream)) == 3


async def test_at_the_current_version_nobody_looks_at_ids(client: AsyncEventStoreDBClient, stream: str) -> None:
    event = new()
    await client.append_to_stream(stream, current_version=StreamState.NO_STREAM, events=event)
    await client.append_to_stream(stream, current_version=0, events=event)
    assert [each.id for each in await client.get_stream(stream)] == [event.id, event.id]


async def test_a_version_ahead_of_the_stream_is_a_conflict(client: AsyncEventStoreDBClient, stream: str) -> None:
    with pytest.raises(WrongCurrentVersion, match="does not exist"):
        await client.append_to_stream(stream, current_version=5, events=new())
    with pytest.raises(WrongCurrentVersion, match="does not exist"):
        await client.append_to_stream(stream, current_version=StreamState.EXISTS, events=new())


async def test_any_version_knows_a_repetition_by_recent_ids_alone(double: Double, own_client: AsyncEventStoreDBClient) -> None:
    events = several(2)
    first = await own_client.append_to_stream("device-1", current_version=StreamState.ANY, events=events)
    assert await own_client.append_to_stream("device-1", current_version=StreamState.ANY, events=events) == first
    await double.switch.forget_ids()
    assert await own_client.append_to_stream("device-1", current_version=StreamState.ANY, events=events) > first
    assert len(await own_client.get_stream("device-1")) == 4


async def test_any_version_with_a_known_and_a_new_id_is_a_conflict(client: AsyncEventStoreDBClient, stream: str) -> None:
    event = new()
    await client.append_to_stream(stream, current_version=StreamState.ANY, events=event)
    with pytest.raises(WrongCurrentVersion):
        await client.append_to_stream(stream, current_version=StreamState.ANY, events=(event, new()))


async def test_a_repetition_of_truncated_events_has_no_position(client: AsyncEventStoreDBClient, stream: str) -> None:
    events = several(3)
    await client.append_to_stream(stream, current_version=StreamState.NO_STREAM, events=events)
    await client.set_stream_metadata(stream, metadata={"$tb": 3}, current_version=StreamState.NO_STREAM)
    position = await client.append_to_stream(stream, current_version=StreamState.NO_STREAM, events=events)
    assert position == NO_POSITION


async def test_an_append_over_a_mebibyte_is_refused_whole(client: AsyncEventStoreDBClient, stream: str) -> None:
    events = [new(data=b'"%s"' % (b"x" * 300_000)) for _ in range(4)]
    with pytest.raises(MaximumAppendSizeExceededError, match="1048576"):
        await client.append_to_stream(stream, current_version=StreamState.NO_STREAM, events=events)
    with pytest.raises(NotFound):
        await client.get_stream(stream)
