"""The checks that know the device: one site, and a bound on metrics that nobody knows."""

from adapters.event_log.port import ANY, Append
from ingest.limits import IngestLimits
from schema.dead_letters import DeadLettered
from schema.envelope import Metadata
from schema.events import DeviceMetadata
from schema.ids import device_event_id
from schema.registry import REGISTRY
from tests.support.fake_log import FakeLog
from tests.support.ingest import NOW, ingesting, message, reading, results

ELSEWHERE = "glasshouse/elsewhere/tomato-1/reading"


async def register(log: FakeLog, location: str) -> None:
    event = DeviceMetadata(device_id="tomato-1", location=location)
    packed = REGISTRY.pack(
        device_event_id("tomato-1", location), event, Metadata(schema_version=1, source="api", received_at=NOW)
    )
    await log.append([Append("control-tomato-1", ANY, [packed])])


async def test_a_device_that_speaks_from_a_second_site_is_a_dead_letter() -> None:
    log = FakeLog()
    async with ingesting(log) as ingest:
        assert results(await ingest.send(message(reading(0)), message(reading(1), ELSEWHERE))) == ["stored", "deadLetter"]
    async with ingesting(log) as ingest:
        (outcome,) = await ingest.send(message(reading(2), ELSEWHERE))
    assert outcome.reason == "the device belongs to site home, and this came from elsewhere"
    dead = [event for event in log.events("deadletter-mqtt") if isinstance(event, DeadLettered)]
    assert [(event.code, event.topic) for event in dead] == [("wrong_site", ELSEWHERE)] * 2
    assert len(log.stream("device-tomato-1")) == 1


async def test_a_device_registered_elsewhere_may_not_speak_from_here() -> None:
    log = FakeLog()
    await register(log, "elsewhere/north")
    async with ingesting(log) as ingest:
        assert results(await ingest.send(message(reading(0)), message(reading(0), ELSEWHERE))) == ["deadLetter", "stored"]


async def test_a_device_moves_when_it_is_registered_at_its_new_site() -> None:
    log = FakeLog()
    async with ingesting(log) as ingest:
        await ingest.send(message(reading(0)))
        assert results(await ingest.send(message(reading(1), ELSEWHERE))) == ["deadLetter"]
        await register(log, "elsewhere")
        assert results(await ingest.send(message(reading(2), ELSEWHERE), message(reading(3)))) == ["stored", "deadLetter"]


async def test_a_redelivered_wrong_site_counts_once() -> None:
    log = FakeLog()
    async with ingesting(log) as ingest:
        await ingest.send(message(reading(0)))
        said = await ingest.send(message(reading(1), ELSEWHERE), message(reading(1), ELSEWHERE))
    assert said[0].event_ids == said[1].event_ids
    assert len(log.stream("deadletter-mqtt")) == 1


async def test_new_names_of_metrics_are_taken_up_to_a_bound_across_restarts() -> None:
    log, limits = FakeLog(), IngestLimits(unknown_metrics=3)

    async def send(name: str) -> str:
        async with ingesting(log, limits=limits) as ingest:
            (outcome,) = await ingest.send(message({"id": name, "reading": {name: 1, "temperature": 20}}))
            return str(outcome.result)

    assert [await send(f"odd{number}") for number in range(5)] == ["stored"] * 3 + ["deadLetter"] * 2
    for minute in range(200):
        async with ingesting(log, limits=limits) as ingest:
            await ingest.send(message(reading(minute)))
    assert await send("odd4") == "deadLetter"
    async with ingesting(log, limits=limits) as ingest:
        assert results(await ingest.send(message({"id": "again", "reading": {"odd0": 2}}))) == ["stored"]


async def test_unknown_metrics_are_counted_once_a_name_and_device() -> None:
    async with ingesting(FakeLog()) as ingest:
        await ingest.send(*(message({"seq": number, "reading": {"odd": 1}}) for number in range(5)))
        assert ingest.count("unknown_metrics") == 1
