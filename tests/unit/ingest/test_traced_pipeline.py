"""The pipeline of who wants spans: which messages it follows, and that it does what the plain one does."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from prometheus_client import CollectorRegistry

from adapters.tracing.identity import trace_of_event
from ingest.limits import IngestLimits
from ingest.messages import Inbound, Outcome
from ingest.metrics import IngestMetrics
from ingest.traced_pipeline import TracedPipeline
from tests.support.fake_log import FakeLog
from tests.support.ingest import message, reading, results
from tests.support.told import Told

STEPS = {"decode", "queue", "append", "acknowledge"}


@asynccontextmanager
async def tracing(told: Told) -> AsyncIterator[TracedPipeline]:
    metrics = IngestMetrics(CollectorRegistry())
    pipeline = TracedPipeline(FakeLog(), limits=IngestLimits(), metrics=metrics, on_pressure=lambda _: None, tracer=told.tracer)
    running = asyncio.create_task(pipeline.run(), name="pipeline")
    try:
        yield pipeline
    finally:
        pipeline.close()
        await running


async def send(pipeline: TracedPipeline, *messages: Inbound) -> Sequence[Outcome]:
    outcomes = await asyncio.gather(*(pipeline.submit(one) for one in messages))
    await asyncio.sleep(0)
    return outcomes


async def test_a_message_is_followed_and_its_redelivery_told_of_beside_it() -> None:
    told = Told()
    async with tracing(told) as pipeline:
        first, second = await send(pipeline, message(reading()), message(reading()))
    assert results([first, second]) == ["stored", "duplicate"]
    stored, duplicate = [span for span in told.spans if span.name == "ingest message"]
    assert stored.place.trace == duplicate.place.trace == trace_of_event(first.event_ids[0])
    assert (stored.parent, duplicate.parent) == (None, stored.place)
    assert {span.name for span in told.spans if span.parent == stored.place} == {*STEPS, "ingest message"}
    assert duplicate.attributes["glasshouse.result"] == "duplicate"


async def test_a_reading_whose_id_follows_from_the_stream_is_followed_too() -> None:
    told = Told()
    async with tracing(told) as pipeline:
        [outcome] = await send(pipeline, message({"reading": {"temperature": 20}}))
    assert trace_of_event(outcome.event_ids[0]) in {span.place.trace for span in told.spans if span.name == "decode"}


async def test_of_readings_a_share_is_followed_and_of_what_devices_say_of_actuators_all() -> None:
    told = Told(ratio=0)
    state = message({"actuatorId": "vent", "state": "open"}, topic="glasshouse/home/tomato-1/state")
    async with tracing(told) as pipeline:
        await send(pipeline, message(reading()), message(b"not json"), state)
    assert [span.attributes["glasshouse.type"] for span in told.spans if span.name == "ingest message"] == ["ActuatorEvent"]


async def test_nothing_is_kept_of_messages_that_are_dealt_with() -> None:
    told = Told()
    async with tracing(told) as pipeline:
        await send(pipeline, *(message(reading()) for _ in range(50)))
        assert pipeline._followed == {}
