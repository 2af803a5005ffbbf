"""MQTT in, over a real broker: acknowledged only once durable, receipts where asked for, bad input survived."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import pytest
from prometheus_client import CollectorRegistry

from adapters.mqtt.broker import EmbeddedBroker, start_broker
from adapters.mqtt.message import Message
from adapters.mqtt.mosquitto import find_mosquitto
from adapters.mqtt.session import Session
from ingest.limits import IngestLimits
from ingest.metrics import IngestMetrics
from ingest.mqtt_source import MqttSource
from ingest.pipeline import Pipeline
from schema.dead_letters import DeadLettered
from schema.ids import device_event_id, format_event_id
from tests.support.fake_log import FakeLog
from tests.support.ingest import reading

READING = "glasshouse/home/tomato-1/reading"
RECEIPT = "glasshouse/home/tomato-1/receipt"
STREAM = "device-tomato-1"


@pytest.fixture(params=["mosquitto", "iotcore"])
async def broker(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[EmbeddedBroker]:
    if request.param == "mosquitto" and find_mosquitto() is None:
        pytest.skip("there is no mosquitto on this machine")
    running = await start_broker(tmp_path, "127.0.0.1", 0, kind=request.param)
    yield running
    await running.stop()


@asynccontextmanager
async def ingest_from(
    broker: EmbeddedBroker, log: FakeLog, limits: IngestLimits | None = None
) -> AsyncIterator[tuple[MqttSource, CollectorRegistry]]:
    """A source and its pipeline at work; what is not acknowledged at the end stays with the broker."""
    registry = CollectorRegistry()
    metrics = IngestMetrics(registry)

    def throttle(pressed: bool) -> None:
        source.throttle(pressed)

    pipeline = Pipeline(log, limits=limits or IngestLimits(), metrics=metrics, on_pressure=throttle)
    source = MqttSource(broker.address, pipeline, client_id="ingest", metrics=metrics, exclusive=False)
    async with asyncio.TaskGroup() as tasks:
        working = [
            tasks.create_task(pipeline.run(), name="pipeline"),
            tasks.create_task(source.run(), name="mqtt source"),
        ]
        await source.session.connected()
        yield source, registry
        for task in working:
            task.cancel()


class Device:
    """A device that collects its receipts."""

    def __init__(self, broker: EmbeddedBroker) -> None:
        self.receipts: asyncio.Queue[Message] = asyncio.Queue()
        self.session = Session(
            broker.address, client_id="tomato-1", filters=[RECEIPT, "replies/#"], handler=self.receipts.put_nowait, clean=True
        )

    async def ask(self, payload: object, correlation: bytes = b"1", topic: str = READING) -> None:
        raw = payload if isinstance(payload, bytes) else msgspec.json.encode(payload)
        await self.session.publish_acked(topic, raw, response_topic=RECEIPT, correlation_data=correlation)


async def until(condition: Callable[[], bool]) -> None:
    """Wait for something that no event tells of; the test's own timeout is the limit."""
    while not condition():
        await asyncio.sleep(0.01)


async def within(awaitable: Awaitable[Message]) -> Message:
    return await asyncio.wait_for(awaitable, 20)


async def test_a_device_gets_a_receipt_with_its_correlation_data(broker: EmbeddedBroker) -> None:
    log, device = FakeLog(), Device(broker)
    async with ingest_from(broker, log), device.session:
        await device.ask({**reading(0), "id": "r-1"}, b"first")
        await device.ask({**reading(0), "id": "r-1"}, b"again")
        await device.ask(b"?", b"bad")
        said = [await within(device.receipts.get()) for _ in range(3)]
    assert [(one.topic, one.correlation_data) for one in said] == [(RECEIPT, b"first"), (RECEIPT, b"again"), (RECEIPT, b"bad")]
    first, again, bad = (json.loads(one.payload) for one in said)
    event_id = format_event_id(device_event_id("tomato-1", "r-1"))
    assert first == {"result": "stored", "eventIds": [event_id], "position": log.stream(STREAM)[0].position}
    assert again == {"result": "duplicate", "eventIds": [event_id], "position": None}
    assert (bad["result"], bad["reason"]) == ("deadLetter", "not JSON: Expecting value: line 1 column 1 (char 0)")


async def test_what_was_not_durable_is_delivered_again_and_stored_once(broker: EmbeddedBroker) -> None:
    log, device = FakeLog(), Device(broker)
    log.open.clear()
    async with device.session:
        async with ingest_from(broker, log):
            for minute in range(20):
                await device.ask({**reading(minute), "id": f"r-{minute}"})
            await log.held.wait()
        assert not log.stored()
        log.open.set()
        async with ingest_from(broker, log):
            await until(lambda: len(log.stream(STREAM)) == 20)
            await device.ask({**reading(20), "id": "r-20"}, b"last")
            while (await within(device.receipts.get())).correlation_data != b"last":
                pass
    assert len(log.stream(STREAM)) == 21


async def test_commands_and_receipts_of_ours_are_no_events_and_strangers_are_dead_letters(broker: EmbeddedBroker) -> None:
    log, device = FakeLog(), Device(broker)
    async with ingest_from(broker, log) as (_, registry), device.session:
        await device.session.publish_acked("glasshouse/home/tomato-1/command/vent", b"{}")
        await device.session.publish_acked("glasshouse/home/tomato-1/receipt", b"{}")
        await device.session.publish_acked("glasshouse/hello", b"{}")
        await until(lambda: len(log.stored()) == 1)
        assert registry.get_sample_value("glasshouse_ingest_ignored_total") == 2
    (dead,) = log.events("deadletter-mqtt")
    assert isinstance(dead, DeadLettered)
    assert (dead.code, dead.topic) == ("unknown_topic", "glasshouse/hello")


async def test_a_receipt_is_not_sent_to_a_topic_that_is_not_the_devices_to_name(broker: EmbeddedBroker) -> None:
    log, device = FakeLog(), Device(broker)
    async with ingest_from(broker, log) as (_, registry), device.session:
        raw = msgspec.json.encode(reading(0))
        await device.session.publish_acked(READING, raw, response_topic="glasshouse/home/tomato-2/reading")
        await device.ask(reading(1), b"allowed")
        assert (await within(device.receipts.get())).correlation_data == b"allowed"
        assert registry.get_sample_value("glasshouse_ingest_receipts_refused_total") == 1
    assert [event.stream for event in log.stored()] == [STREAM, STREAM]


async def test_pressure_stops_reading_and_its_end_goes_on(broker: EmbeddedBroker) -> None:
    log, device = FakeLog(), Device(broker)
    limits = IngestLimits(low_water=20_000, high_water=60_000, hard_bytes=4_000_000)
    log.open.clear()
    async with ingest_from(broker, log, limits) as (_, registry), device.session:
        for number in range(300):
            await device.ask({"seq": number, "reading": {"temperature": 20}}, b"%d" % number)
        await log.held.wait()
        queued = registry.get_sample_value("glasshouse_ingest_queued_bytes")
        assert queued is not None
        assert queued < 4_000_000
        log.open.set()
        assert [(await within(device.receipts.get())).correlation_data for _ in range(300)] == [b"%d" % n for n in range(300)]


async def test_bad_input_of_every_kind_is_kept_and_ingest_serves_on(broker: EmbeddedBroker) -> None:
    bad = [
        b"",
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"reading": {"temperature": Infinity}}',
        b'{"reading": {"temperature": 1e400}}',
        b'{"reading": {"temperature": true}}',
        b'{"reading": {"temperature": 1, "temperature": 2}}',
        b'{"reading": {"temperature": 1}, "timestamp": "2024-06-01T12:00:00"}',
        b'{"reading": {"temperature": 1}, "sensorId": "a/b"}',
        b"x" * 300_000,
    ]
    log, device = FakeLog(), Device(broker)
    async with ingest_from(broker, log), device.session:
        for raw in bad:
            await device.ask(raw)
        await device.ask(reading(0), b"good")
        said = [json.loads((await within(device.receipts.get())).payload)["result"] for _ in range(len(bad) + 1)]
    assert said == ["deadLetter"] * len(bad) + ["stored"]
    letters = [event for event in log.events("deadletter-mqtt") if isinstance(event, DeadLettered)]
    assert [letter.size for letter in letters] == [len(raw) for raw in bad]
