"""What the double tells a subscriber: events, checkpoints, that it caught up, and again after it fell behind."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from esdbclient import AsyncEventStoreDBClient, CaughtUp, Checkpoint, RecordedEvent, StreamState
from esdbclient.exceptions import StreamIsDeleted

from tests.support.eventstore.clients import new, several, take
from tests.support.eventstore.process import Double

FRESH = StreamState.NO_STREAM


@asynccontextmanager
async def subscribed(client: AsyncEventStoreDBClient, **options: Any) -> AsyncIterator[Any]:
    """To `$all`, with all that the server says beside the events."""
    subscription = await client.subscribe_to_all(include_checkpoints=True, include_caught_up=True, **options)
    try:
        yield subscription
    finally:
        await subscription.stop()


async def test_a_subscription_catches_up_then_says_so_then_is_live(own_client: AsyncEventStoreDBClient) -> None:
    await own_client.append_to_stream("device-1", current_version=FRESH, events=several(2))
    async with subscribed(own_client) as subscription:
        told = await take(subscription, 4)
        assert [type(each) for each in told] == [RecordedEvent, RecordedEvent, Checkpoint, CaughtUp]
        await own_client.append_to_stream("device-1", current_version=1, events=several(1))
        (live,) = await take(subscription, 1)
        assert live.stream_position == 2


async def test_a_subscription_excludes_the_position_that_it_starts_after(own_client: AsyncEventStoreDBClient) -> None:
    await own_client.append_to_stream("device-1", current_version=FRESH, events=several(3))
    events = await own_client.get_stream("device-1")
    async with subscribed(own_client, commit_position=events[1].commit_position) as subscription:
        assert (await take(subscription, 1))[0].id == events[2].id


async def test_a_subscription_from_the_head_has_caught_up_at_once(own_client: AsyncEventStoreDBClient) -> None:
    position = await own_client.append_to_stream("device-1", current_version=FRESH, events=several(3))
    async with subscribed(own_client, commit_position=position) as subscription:
        assert type((await take(subscription, 1))[0]) is CaughtUp


async def test_from_beyond_the_head_events_are_passed_over_without_a_word(own_client: AsyncEventStoreDBClient) -> None:
    position = await own_client.append_to_stream("device-1", current_version=FRESH, events=several(1))
    async with subscribed(own_client, commit_position=position + 500) as subscription:
        await take(subscription, 1)
        await own_client.append_to_stream("device-1", current_version=0, events=several(1))
        await own_client.append_to_stream("device-1", current_version=1, events=new(data=b'"%s"' % (b"x" * 1000)))
        await own_client.append_to_stream("device-1", current_version=2, events=several(1))
        assert (await take(subscription, 1))[0].stream_position == 3


async def test_live_checkpoints_come_every_window_times_multiplier_events_considered(
    own_client: AsyncEventStoreDBClient,
) -> None:
    options = {"filter_include": ("Rare",), "window_size": 5, "checkpoint_interval_multiplier": 2}
    async with subscribed(own_client, **options) as subscription:
        told = await take(subscription, 2)
        assert [type(each) for each in told] == [Checkpoint, CaughtUp]
        await own_client.append_to_stream("device-1", current_version=FRESH, events=several(25))
        checkpoints = await take(subscription, 2)
        events = await own_client.get_stream("device-1")
        assert [each.commit_position for each in checkpoints] == [events[9].commit_position, events[19].commit_position]


async def test_checkpoints_while_catching_up_lag_behind_what_was_considered(own_client: AsyncEventStoreDBClient) -> None:
    await own_client.append_to_stream("device-1", current_version=FRESH, events=several(100))
    head = await own_client.get_commit_position()
    options = {"filter_include": ("Rare",), "window_size": 10, "checkpoint_interval_multiplier": 2}
    async with subscribed(own_client, **options) as subscription:
        *checkpoints, caught_up = await take(subscription, 7)
        assert type(caught_up) is CaughtUp
        positions = [each.commit_position or 0 for each in checkpoints]
        assert positions == sorted(set(positions))
        assert all(position < head for position in positions)


async def test_a_subscriber_that_fell_behind_is_told_when_it_has_caught_up_again(own_client: AsyncEventStoreDBClient) -> None:
    async with subscribed(own_client) as subscription:
        await take(subscription, 2)
        await own_client.append_to_stream("device-1", current_version=FRESH, events=several(2500))
        told: list[RecordedEvent] = []
        while not told or type(told[-1]) is not CaughtUp:
            told += await take(subscription, 1)
        assert type(told[-2]) is Checkpoint
        assert [each.stream_position for each in told if type(each) is RecordedEvent] == list(range(2500))


async def test_a_stream_can_be_followed_before_it_is_there(client: AsyncEventStoreDBClient, stream: str) -> None:
    subscription = await client.subscribe_to_stream(stream)
    await client.append_to_stream(stream, current_version=FRESH, events=several(2))
    assert [event.stream_position for event in await take(subscription, 2)] == [0, 1]
    await subscription.stop()


async def test_a_tombstone_ends_a_stream_for_readers_writers_and_subscribers(
    client: AsyncEventStoreDBClient, stream: str
) -> None:
    await client.append_to_stream(stream, current_version=FRESH, events=several(1))
    await client.tombstone_stream(stream, current_version=0)
    with pytest.raises(StreamIsDeleted):
        await client.get_stream(stream)
    with pytest.raises(StreamIsDeleted):
        await client.append_to_stream(stream, current_version=StreamState.ANY, events=several(1))
    subscription = await client.subscribe_to_stream(stream)
    with pytest.raises(StreamIsDeleted):
        await take(subscription, 1)


async def test_many_subscribers_at_once_all_get_everything(double: Double, own_client: AsyncEventStoreDBClient) -> None:
    subscriptions = [await own_client.subscribe_to_all() for _ in range(20)]
    await own_client.append_to_stream("device-1", current_version=FRESH, events=several(50))
    for subscription in subscriptions:
        assert [event.stream_position for event in await take(subscription, 50)] == list(range(50))
        await subscription.stop()
    assert (await double.switch.counts())["subscriptions"] == 20
