"""What outlives the process, as on a real server, and what does not."""

import asyncio
from contextlib import suppress
from pathlib import Path

from esdbclient import AsyncEventStoreDBClient, StreamState
from esdbclient.exceptions import EventStoreDBClientException

from tests.support.eventstore.clients import several
from tests.support.eventstore.process import Double

FRESH = StreamState.NO_STREAM


async def test_what_was_acknowledged_survives_a_kill_at_the_same_positions(
    double: Double, own_client: AsyncEventStoreDBClient
) -> None:
    await own_client.append_to_stream("device-1", current_version=FRESH, events=several(3))
    await own_client.set_stream_metadata("device-1", metadata={"$tb": 1}, current_version=FRESH)
    before = await own_client.get_stream("device-1")
    await double.restart()
    assert await own_client.get_stream("device-1") == before
    assert [event.stream_position for event in before] == [1, 2]


async def test_recent_ids_are_forgotten_and_versions_are_not(double: Double, own_client: AsyncEventStoreDBClient) -> None:
    events = several(2)
    first = await own_client.append_to_stream("device-1", current_version=FRESH, events=events)
    await double.restart()
    assert await own_client.append_to_stream("device-1", current_version=FRESH, events=events) == first
    await own_client.append_to_stream("device-1", current_version=StreamState.ANY, events=events)
    assert len(await own_client.get_stream("device-1")) == 4


async def test_a_torn_tail_is_dropped(double: Double, own_client: AsyncEventStoreDBClient, tmp_path: Path) -> None:
    await own_client.append_to_stream("device-1", current_version=FRESH, events=several(2))
    await double.kill()
    journal = tmp_path / "eventstore.journal"
    whole = journal.read_bytes()
    journal.write_bytes(whole + whole[:50])
    await double.start()
    await own_client.append_to_stream("device-1", current_version=1, events=several(1))
    await double.restart()
    assert [event.stream_position for event in await own_client.get_stream("device-1")] == [0, 1, 2]


async def test_a_writer_that_repeats_what_was_not_acknowledged_finds_all_of_it_once_after_many_kills(
    double: Double, own_client: AsyncEventStoreDBClient
) -> None:
    batches = [several(5) for _ in range(120)]
    acknowledged = 0

    async def write() -> None:
        nonlocal acknowledged
        for number, events in enumerate(batches):
            version = FRESH if number == 0 else number * 5 - 1
            while acknowledged == number:
                with suppress(EventStoreDBClientException):
                    await own_client.append_to_stream("device-1", current_version=version, events=events, timeout=5)
                    acknowledged += 1

    writing = asyncio.create_task(write())
    for kill in range(1, 3):
        while acknowledged < kill * 50:
            await asyncio.sleep(0.005)
        await double.restart()
    await writing
    stored = [event.id for event in await own_client.get_stream("device-1")]
    assert stored == [event.id for events in batches for event in events]


async def test_an_orderly_end_keeps_everything_too(double: Double, own_client: AsyncEventStoreDBClient) -> None:
    await own_client.append_to_stream("device-1", current_version=FRESH, events=several(2))
    await double.stop()
    await double.start()
    assert len(await own_client.get_stream("device-1")) == 2
