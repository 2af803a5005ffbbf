"""What the double gives to finite reads: order, edges, filters, and what a stream's metadata hides."""

import pytest
from esdbclient import AsyncEventStoreDBClient, RecordedEvent, StreamState
from esdbclient.exceptions import GrpcError, NotFound

from tests.support.eventstore.clients import new, several
from tests.support.eventstore.process import Double

FRESH = StreamState.NO_STREAM


async def _all(client: AsyncEventStoreDBClient, **options: object) -> list[RecordedEvent]:
    return [event async for event in await client.read_all(**options)]  # type: ignore[arg-type]  # a test's own options


async def test_a_stream_is_read_both_ways_from_any_revision(client: AsyncEventStoreDBClient, stream: str) -> None:
    await client.append_to_stream(stream, current_version=FRESH, events=several(300))
    forwards = await client.get_stream(stream, stream_position=2, limit=3)
    backwards = await client.get_stream(stream, stream_position=290, backwards=True, limit=3)
    assert [event.stream_position for event in forwards] == [2, 3, 4]
    assert [event.stream_position for event in backwards] == [290, 289, 288]
    assert [event.stream_position for event in await client.get_stream(stream)] == list(range(300))
    assert not await client.get_stream(stream, stream_position=300)


async def test_a_stream_that_is_not_there_is_not_found(client: AsyncEventStoreDBClient, stream: str) -> None:
    with pytest.raises(NotFound):
        await client.get_stream(stream)


async def test_all_includes_its_position_forwards_and_excludes_it_backwards(
    client: AsyncEventStoreDBClient, stream: str
) -> None:
    await client.append_to_stream(stream, current_version=FRESH, events=several(3))
    first, second, third = await client.get_stream(stream)
    forwards = await _all(client, commit_position=second.commit_position)
    assert [event.id for event in forwards][:2] == [second.id, third.id]
    backwards = await _all(client, commit_position=second.commit_position, backwards=True, limit=1)
    assert [event.id for event in backwards] == [first.id]


async def test_a_position_between_two_events_is_refused(client: AsyncEventStoreDBClient, stream: str) -> None:
    position = await client.append_to_stream(stream, current_version=FRESH, events=several(1))
    await client.append_to_stream(stream, current_version=0, events=several(1))
    with pytest.raises(GrpcError, match="invalid position"):
        await _all(client, commit_position=position + 1)


async def test_the_servers_own_events_are_seen_by_whoever_does_not_filter(client: AsyncEventStoreDBClient) -> None:
    types = {event.type for event in await _all(client, filter_exclude=())}
    assert {"$metadata", "$statsCollected"} <= types
    assert not any(event.type.startswith("$") for event in await _all(client))


async def test_filters_go_by_type_or_by_stream(client: AsyncEventStoreDBClient, stream: str) -> None:
    mine = await client.append_to_stream(stream, current_version=FRESH, events=(new("SensorReading"), new("DeviceStatus")))
    await client.append_to_stream(f"other-{stream}", current_version=FRESH, events=(new("DeviceStatus"),))
    by_type = await _all(client, filter_include=("DeviceStatus",))
    by_stream = await _all(client, filter_include=("device-.*",), filter_by_stream_name=True)
    assert {event.type for event in by_type} == {"DeviceStatus"}
    assert {event.stream_name for event in by_type} >= {stream, f"other-{stream}"}
    assert mine in {event.commit_position for event in by_stream}
    assert all(event.stream_name.startswith("device-") for event in by_stream)


@pytest.mark.parametrize(("metadata", "left"), [({"$tb": 3}, [3, 4]), ({"$maxCount": 1}, [4]), ({"$maxAge": 0}, [])])
async def test_metadata_hides_events_from_their_stream_and_not_from_all(
    client: AsyncEventStoreDBClient, stream: str, metadata: dict[str, int], left: list[int]
) -> None:
    await client.append_to_stream(stream, current_version=FRESH, events=several(5))
    await client.set_stream_metadata(stream, metadata=metadata, current_version=FRESH)
    assert [event.stream_position for event in await client.get_stream(stream)] == left
    assert [event.stream_position for event in await client.get_stream(stream, backwards=True)] == left[::-1]
    everywhere = await _all(client, filter_include=(stream,), filter_by_stream_name=True)
    assert [event.stream_position for event in everywhere] == list(range(5))


async def test_a_deleted_stream_is_not_found_and_comes_back_after_its_last_revision(
    client: AsyncEventStoreDBClient, stream: str
) -> None:
    await client.append_to_stream(stream, current_version=FRESH, events=several(3))
    await client.delete_stream(stream, current_version=2)
    with pytest.raises(NotFound):
        await client.get_stream(stream)
    await client.append_to_stream(stream, current_version=FRESH, events=several(1))
    assert [event.stream_position for event in await client.get_stream(stream)] == [3]


async def test_events_survive_in_order_however_many_are_read_at_once(
    double: Double, own_client: AsyncEventStoreDBClient
) -> None:
    for start in range(0, 5000, 1000):
        version = FRESH if start == 0 else start - 1
        await own_client.append_to_stream("device-1", current_version=version, events=several(1000))
    assert [event.stream_position for event in await _all(own_client)] == list(range(5000))
    assert (await double.switch.counts())["events_read"] >= 5000
