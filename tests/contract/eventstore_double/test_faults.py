"""The fault switch: what a client sees of each fault, and what is stored all the same."""

import asyncio

import pytest
from esdbclient import AsyncEventStoreDBClient, Checkpoint, NewEvent, StreamState
from esdbclient.exceptions import (
    EventStoreDBClientException,
    GrpcDeadlineExceeded,
    NotFound,
    ServiceUnavailable,
    UnknownError,
)

from tests.support.eventstore.clients import several, take
from tests.support.eventstore.process import Double

FRESH = StreamState.NO_STREAM


async def _append_once(client: AsyncEventStoreDBClient, events: tuple[NewEvent, ...]) -> None:
    """Without the client's own retries."""
    await client._connection.streams.batch_append("device-1", current_version=FRESH, events=events, timeout=10)


async def test_a_connection_lost_before_the_append_was_stored(double: Double, own_client: AsyncEventStoreDBClient) -> None:
    await double.switch.drop_appends(moment="before")
    with pytest.raises(ServiceUnavailable):
        await _append_once(own_client, several(1))
    with pytest.raises(NotFound):
        await own_client.get_stream("device-1")


async def test_an_answer_lost_after_the_append_was_stored(double: Double, own_client: AsyncEventStoreDBClient) -> None:
    await double.switch.drop_appends(moment="after")
    with pytest.raises(ServiceUnavailable):
        await _append_once(own_client, several(1))
    assert len(await own_client.get_stream("device-1")) == 1


async def test_dropped_connections_end_subscriptions_with_an_error(double: Double, own_client: AsyncEventStoreDBClient) -> None:
    subscription = await own_client.subscribe_to_all()
    await double.switch.drop()
    with pytest.raises(ServiceUnavailable):
        await take(subscription, 1)


async def test_not_ready_is_a_bare_status_to_appends_and_unavailable_to_reads(
    double: Double, own_client: AsyncEventStoreDBClient
) -> None:
    await double.switch.not_ready()
    with pytest.raises(EventStoreDBClientException) as refused:
        await _append_once(own_client, several(1))
    assert type(refused.value) is EventStoreDBClientException
    with pytest.raises(ServiceUnavailable, match="Server Is Not Ready"):
        await own_client.get_stream("device-1")
    await double.switch.not_ready(0)
    await _append_once(own_client, several(1))


async def test_a_busy_server_says_so(double: Double, own_client: AsyncEventStoreDBClient) -> None:
    await double.switch.busy()
    with pytest.raises(ServiceUnavailable, match="Server Is Too Busy"):
        await own_client.get_stream("device-1")


async def test_a_full_disk_refuses_appends_and_still_reads(double: Double, own_client: AsyncEventStoreDBClient) -> None:
    await _append_once(own_client, several(1))
    await double.switch.disk_full()
    with pytest.raises(UnknownError):
        await own_client._connection.streams.batch_append("device-1", current_version=0, events=several(1))
    assert len(await own_client.get_stream("device-1")) == 1


async def test_a_read_dies_in_the_middle_and_the_next_does_not(double: Double, own_client: AsyncEventStoreDBClient) -> None:
    await _append_once(own_client, several(10))
    await double.switch.die_mid_stream(after=4)
    events = await own_client.read_stream("device-1")
    assert len(await take(events, 4)) == 4
    with pytest.raises(ServiceUnavailable):
        await take(events, 1)
    assert len(await own_client.get_stream("device-1")) == 10


async def test_a_subscription_ends_in_order_though_there_is_more(double: Double, own_client: AsyncEventStoreDBClient) -> None:
    await _append_once(own_client, several(10))
    await double.switch.end_mid_stream(after=4)
    subscription = await own_client.subscribe_to_all()
    assert len([event async for event in subscription]) == 4


async def test_an_idle_subscription_ends_as_well(double: Double, own_client: AsyncEventStoreDBClient) -> None:
    subscription = await own_client.subscribe_to_all(include_caught_up=True)
    await take(subscription, 1)
    await double.switch.end_mid_stream()
    assert [event async for event in subscription] == []


async def test_a_frozen_server_takes_calls_and_answers_none(double: Double, own_client: AsyncEventStoreDBClient) -> None:
    await _append_once(own_client, several(1))
    await double.switch.freeze()
    with pytest.raises(GrpcDeadlineExceeded):
        await own_client._connection.streams.batch_append("device-1", current_version=0, events=several(1), timeout=0.2)
    await double.switch.freeze(False)
    assert len(await own_client.get_stream("device-1")) >= 1


async def test_a_stopped_process_answers_none_either(double: Double, own_client: AsyncEventStoreDBClient) -> None:
    await _append_once(own_client, several(1))
    double.pause()
    with pytest.raises(GrpcDeadlineExceeded):
        await own_client._connection.streams.batch_append("device-1", current_version=0, events=several(1), timeout=0.2)
    double.resume()
    assert len(await own_client.get_stream("device-1")) >= 1


async def test_a_bad_checkpoint_lies_beyond_the_head(double: Double, own_client: AsyncEventStoreDBClient) -> None:
    await _append_once(own_client, several(3))
    await double.switch.bad_checkpoint()
    subscription = await own_client.subscribe_to_all(include_checkpoints=True)
    checkpoint = (await take(subscription, 4))[-1]
    await subscription.stop()
    assert type(checkpoint) is Checkpoint
    assert (checkpoint.commit_position or 0) > (await double.switch.head()).position


async def test_heal_ends_all_of_it(double: Double, own_client: AsyncEventStoreDBClient) -> None:
    await double.switch.not_ready()
    await double.switch.busy()
    await double.switch.disk_full()
    await double.switch.delay(append_ms=60_000)
    await double.switch.drop_appends(5, moment="before")
    await double.switch.heal()
    await _append_once(own_client, several(1))


async def test_appends_that_wait_for_their_answer_are_stored(double: Double, own_client: AsyncEventStoreDBClient) -> None:
    await double.switch.delay(append_ms=60_000)
    events = several(2)
    append = asyncio.create_task(_append_once(own_client, events))
    async with asyncio.timeout(10):
        while not (await double.switch.counts()).get("appends"):
            await asyncio.sleep(0.01)
    await double.kill()
    with pytest.raises(ServiceUnavailable):
        await append
    await double.start()
    assert [event.id for event in await own_client.get_stream("device-1")] == [event.id for event in events]
