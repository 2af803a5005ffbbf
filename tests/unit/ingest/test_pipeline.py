"""The pipeline: each event once, acknowledged only when durable, in order, whatever the log does."""

import asyncio
from collections.abc import Sequence

import pytest

from adapters.event_log.port import NO_STREAM, Append, Appended, Conflict
from ingest.facts import Code
from ingest.limits import IngestLimits
from ingest.messages import PipelineClosedError, PipelineFullError
from schema.dead_letters import DeadLettered
from schema.envelope import NewEvent, decode_metadata
from schema.events import SensorReading
from tests.support.fake_log import FakeLog
from tests.support.ingest import NOW, ingesting, message, reading, results

STREAM = "device-tomato-1"


async def test_a_message_is_one_event_in_its_devices_stream_with_its_origin() -> None:
    log = FakeLog()
    async with ingesting(log) as ingest:
        (outcome,) = await ingest.send(message(reading()))
    (stored,) = log.stream(STREAM)
    assert (outcome.result, outcome.event_ids, outcome.position) == ("stored", [stored.id], stored.position)
    metadata = decode_metadata(stored.metadata)
    assert (metadata.source, metadata.received_at) == ("mqtt:glasshouse/home/tomato-1/reading", NOW)
    assert (metadata.decoder, metadata.site, metadata.schema_version) == ("native/1", "home", 1)


async def test_a_redelivery_is_a_duplicate_with_the_id_of_the_first() -> None:
    log = FakeLog()
    async with ingesting(log) as ingest:
        first, second = await ingest.send(message(reading()), message(reading()))
        (third,) = await ingest.send(message(reading()))
    assert results([first, second, third]) == ["stored", "duplicate", "duplicate"]
    assert first.event_ids == second.event_ids == third.event_ids
    assert len(log.stored()) == 1


async def test_nothing_is_acknowledged_before_the_log_has_it() -> None:
    log = FakeLog()
    log.open.clear()
    async with ingesting(log) as ingest:
        first, repeat = ingest.submit(message(reading())), ingest.submit(message(reading()))
        await log.held.wait()
        assert not first.done()
        assert not repeat.done()
        log.open.set()
        assert results([await first, await repeat]) == ["stored", "duplicate"]


async def test_what_arrives_while_a_batch_is_written_goes_into_the_next() -> None:
    log = FakeLog()
    log.open.clear()
    async with ingesting(log) as ingest:
        first = ingest.submit(message(reading(0)))
        await log.held.wait()
        rest = [ingest.submit(message(reading(minute), f"glasshouse/home/d{minute}/reading")) for minute in range(1, 50)]
        log.open.set()
        await asyncio.gather(first, *rest)
    assert log.batches == [1, 49]


async def test_futures_resolve_in_the_order_of_arrival() -> None:
    log, order = FakeLog(), list[int]()
    async with ingesting(log, limits=IngestLimits(batch_events=7)) as ingest:
        futures = []
        for number in range(60):
            future = ingest.submit(message(reading(number % 40), f"glasshouse/home/d{number % 3}/reading"))
            future.add_done_callback(lambda _, number=number: order.append(number))  # type: ignore[misc]
            futures.append(future)
        await asyncio.gather(*futures)
    assert order == list(range(60))


async def test_events_of_a_device_keep_their_order() -> None:
    log = FakeLog()
    async with ingesting(log) as ingest:
        await ingest.send(*(message(reading(minute)) for minute in (5, 3, 9, 1)))
    events = [event for event in log.events(STREAM) if isinstance(event, SensorReading)]
    assert [event.timestamp.minute for event in events] == [5, 3, 9, 1]


async def test_while_the_log_is_away_nothing_is_acknowledged_and_then_all_is_stored() -> None:
    log = FakeLog()
    log.away = 2
    async with ingesting(log) as ingest:
        outcomes = await ingest.send(*(message(reading(minute)) for minute in range(5)))
        assert ingest.count("log_unavailable") == 2
    assert results(outcomes) == ["stored"] * 5
    assert len(log.stored()) == 5


async def test_an_answer_that_was_lost_after_the_append_counts_nothing_twice() -> None:
    log = FakeLog()
    async with ingesting(log) as ingest:
        await ingest.send(message(reading(0)))
        log.answers_lost = 1
        outcomes = await ingest.send(
            message(reading(1)),
            message(reading(1)),
            message({"reading": {"co2": 400}}),
            message(b"?"),
            message({"status": "online"}, "glasshouse/home/tomato-1/status"),
        )
    assert results(outcomes) == ["stored", "duplicate", "stored", "deadLetter", "stored"]
    assert len(log.stored()) == 5


async def test_a_second_writer_costs_a_conflict_and_no_event() -> None:
    log = FakeLog()
    async with ingesting(log) as ours, ingesting(log) as theirs:
        await ours.send(message(reading(0)))
        await theirs.send(message(reading(0)), message(reading(1)))
        outcomes = await ours.send(message(reading(1)), message(reading(2)))
        assert ours.count("conflicts") == 1
        assert results(outcomes) == ["duplicate", "stored"]
        await theirs.send(message(reading(3)))
    events = [event for event in log.events(STREAM) if isinstance(event, SensorReading)]
    assert [event.timestamp.minute for event in events] == [0, 1, 2, 3]


async def test_an_event_that_the_log_refuses_becomes_a_dead_letter_and_stops_no_other() -> None:
    log = FakeLog()
    log.refuses = lambda event: event.type == "SensorReading" and b"poison" in event.data
    async with ingesting(log) as ingest:
        outcomes = await ingest.send(*(message(reading(m, sensorId="poison" if m == 7 else "main")) for m in range(20)))
    assert results(outcomes) == ["stored"] * 7 + ["deadLetter"] + ["stored"] * 12
    (dead,) = log.events("deadletter-mqtt")
    assert isinstance(dead, DeadLettered)
    assert dead.code == Code.REFUSED_BY_LOG
    assert len(log.stream(STREAM)) == 19


async def test_a_log_that_refuses_even_dead_letters_ends_ingest_and_acknowledges_nothing() -> None:
    log = FakeLog()
    log.refuses = lambda _: True
    async with ingesting(log) as ingest:
        future = ingest.submit(message(reading()))
        with pytest.raises(PipelineClosedError):
            await future
        with pytest.raises(PipelineClosedError):
            ingest.submit(message(reading()))


async def test_an_unexpected_error_of_the_log_ends_ingest_with_that_error() -> None:
    class Broken(FakeLog):
        async def append(self, appends: Sequence[Append]) -> list[Appended | Conflict]:
            raise RuntimeError(f"a bug at {len(appends)} appends")

    async with ingesting(Broken()) as ingest:
        with pytest.raises(PipelineClosedError):
            await ingest.submit(message(reading()))


async def test_closing_drains_what_was_taken_and_takes_no_more() -> None:
    log = FakeLog()
    async with ingesting(log, limits=IngestLimits(batch_events=2)) as ingest:
        futures = [ingest.submit(message(reading(minute))) for minute in range(9)]
        ingest.pipeline.close()
        with pytest.raises(PipelineClosedError):
            ingest.submit(message(reading(50)))
        assert results(await asyncio.gather(*futures)) == ["stored"] * 9


async def test_pressure_is_told_once_at_high_water_and_once_below_low_water() -> None:
    log, told = FakeLog(), list[bool]()
    log.open.clear()
    limits = IngestLimits(low_water=20_000, high_water=60_000, hard_bytes=100_000, batch_events=10)
    async with ingesting(log, limits=limits, on_pressure=told.append) as ingest:
        futures = [ingest.submit(message(reading(minute))) for minute in range(60)]
        with pytest.raises(PipelineFullError):
            ingest.submit(message([reading(60), reading(61), reading(62), reading(63), reading(64), reading(65)]))
        assert told == [True]
        assert ingest.registry.get_sample_value("glasshouse_ingest_queued_bytes") == pytest.approx(100_000, rel=0.05)
        log.open.set()
        assert results(await asyncio.gather(*futures)) == ["stored"] * len(futures)
        assert told == [True, False]
        assert ingest.registry.get_sample_value("glasshouse_ingest_queued_bytes") == 0


async def test_sources_that_were_stopped_are_not_told_to_go_on_once_the_pipeline_is_closed() -> None:
    log, told = FakeLog(), list[bool]()
    log.open.clear()
    async with ingesting(log, limits=IngestLimits(low_water=5_000, high_water=10_000), on_pressure=told.append) as ingest:
        futures = [ingest.submit(message(reading(minute))) for minute in range(20)]
        ingest.pipeline.close()
        log.open.set()
        assert results(await asyncio.gather(*futures)) == ["stored"] * len(futures)
    assert told == [True]


async def test_a_message_abandoned_by_its_source_is_stored_all_the_same() -> None:
    log = FakeLog()
    async with ingesting(log) as ingest:
        ingest.submit(message(reading(0))).cancel()
        await ingest.send(message(reading(1)))
    assert len(log.stream(STREAM)) == 2


async def test_what_is_counted_adds_up() -> None:
    log = FakeLog()
    async with ingesting(log) as ingest:
        await ingest.send(message(reading(0)), message(reading(0)), message(b"?"), message([reading(1), {"reading": 7}]))
        assert ingest.count("messages", source="mqtt") == 4
        assert ingest.count("acknowledged") == 4
        assert ingest.count("events") == 2
        assert ingest.count("duplicates") == 1
        assert ingest.count("dead_letters", code="malformed_json") == 1
        assert ingest.count("dead_letters", code="wrong_type") == 1


async def test_a_foreign_event_in_the_stream_does_not_stop_ingest() -> None:
    log = FakeLog()
    await log.append([Append(STREAM, NO_STREAM, [NewEvent(b"x" * 16, "FromTheFuture", b"{}", b"[]")])])
    async with ingesting(log) as ingest:
        assert results(await ingest.send(message(reading()), message(reading()))) == ["stored", "duplicate"]
