"""Devices of other dialects on their way to the log: the same streams, the same idempotency, the same dead letters."""

import msgspec

from domain.foreign import ForeignDevice
from ingest.foreign import ForeignDevices
from ingest.limits import IngestLimits
from ingest.messages import Inbound
from schema.actuators import Dialect
from schema.dead_letters import DeadLettered
from schema.envelope import decode_metadata
from schema.events import ActuatorEvent, SensorReading
from tests.support.fake_log import FakeLog
from tests.support.foreign import SWITCH, foreign, on_channel
from tests.support.ingest import ingesting, message, reading, results

ADDRESS = "zigbee2mqtt/greenhouse_valve"
VALVE = foreign(Dialect.ZIGBEE2MQTT)


def heard(payload: object, topic: str = ADDRESS, *, redelivered: bool = False) -> Inbound:
    return message(payload, topic, redelivered=redelivered)


async def test_what_it_says_is_in_its_own_stream_with_its_site_and_the_decoder() -> None:
    log = FakeLog()
    async with ingesting(log, foreign=[VALVE]) as ingest:
        (outcome,) = await ingest.send(heard({"state": "ON", "temperature": 21.5}))
    assert (str(outcome.result), len(outcome.event_ids)) == ("stored", 2)
    assert [type(event) for event in log.events("device-box-1")] == [ActuatorEvent, SensorReading]
    metadata = decode_metadata(log.stream("device-box-1")[0].metadata)
    assert (metadata.source, metadata.site, metadata.decoder) == (f"mqtt:{ADDRESS}", "north", "zigbee2mqtt/1")


async def test_the_same_again_cannot_be_told_from_its_duplicate_also_after_a_restart() -> None:
    log = FakeLog()
    async with ingesting(log, foreign=[VALVE]) as ingest:
        said = await ingest.send(heard({"state": "ON"}), heard({"state": "ON"}), heard({"state": "OFF"}))
    async with ingesting(log, foreign=[VALVE]) as ingest:
        said += await ingest.send(heard({"state": "OFF"}), heard({"state": "ON"}, redelivered=True), heard({"state": "ON"}))
    assert results(said) == ["stored", "duplicate", "stored", "duplicate", "duplicate", "stored"]


async def test_a_local_time_makes_equal_readings_two_and_a_redelivery_one() -> None:
    device, log = foreign(Dialect.TASMOTA), FakeLog()
    topic = "tele/tasmota_4F2A/SENSOR"
    noon, later = ({"Time": f"2024-06-01T12:0{minute}:00", "AM2301": {"Temperature": 20.5}} for minute in (0, 5))
    async with ingesting(log, foreign=[device]) as ingest:
        said = await ingest.send(heard(noon, topic), heard(later, topic), heard(noon, topic))
    async with ingesting(log, foreign=[device]) as ingest:
        said += await ingest.send(heard(later, topic), heard(noon, topic))
    assert results(said) == ["stored", "stored", "duplicate", "duplicate", "duplicate"]


async def test_a_local_time_costs_no_look_at_the_log_however_long_the_stream_is() -> None:
    log = FakeLog()
    said = [
        heard({"Time": f"2024-06-01T{n // 60:02}:{n % 60:02}:00", "AM2301": {"Temperature": 20}}, "tele/tasmota_4F2A/SENSOR")
        for n in range(40)
    ]
    small = IngestLimits(window=16, tail=70, batch_events=5)
    async with ingesting(log, limits=small, foreign=[foreign(Dialect.TASMOTA)]) as ingest:
        await ingest.send(*said)
        assert results(await ingest.send(*said[-10:])) == ["duplicate"] * 10
    assert log.asked == []
    assert len(log.stored()) == 40


async def test_what_cannot_be_understood_is_a_dead_letter_of_that_decoder() -> None:
    log = FakeLog()
    async with ingesting(log, foreign=[VALVE]) as ingest:
        (outcome,) = await ingest.send(heard(b"ON"))
    assert str(outcome.result) == "deadLetter"
    (dead,) = log.events("deadletter-mqtt")
    assert isinstance(dead, DeadLettered)
    assert (dead.topic, dead.code, dead.payload) == (ADDRESS, "malformed_json", b"ON")
    assert decode_metadata(log.stream("deadletter-mqtt")[0].metadata).decoder == "zigbee2mqtt/1"


async def test_what_says_nothing_that_is_kept_is_settled_at_once_and_counted() -> None:
    log = FakeLog()
    async with ingesting(log, foreign=[VALVE]) as ingest:
        assert results(await ingest.send(heard({"action": "single"}))) == ["ignored"]
        assert ingest.count("ignored") == 1
    assert log.stored() == []


async def test_a_device_that_spoke_from_another_site_is_a_dead_letter_there() -> None:
    log = FakeLog()
    async with ingesting(log, foreign=[VALVE]) as ingest:
        said = await ingest.send(message(reading(0), "glasshouse/south/box-1/reading"), heard({"state": "ON"}))
    assert results(said) == ["stored", "deadLetter"]


async def test_two_devices_at_one_address_each_hear_what_they_declared() -> None:
    right = msgspec.structs.replace(VALVE, device_id="box-2", actuators=(on_channel(SWITCH, "right"),))
    log = FakeLog()
    async with ingesting(log, foreign=[VALVE, right]) as ingest:
        await ingest.send(heard({"state": "ON", "state_right": "OFF"}))
    states = [event for name in ("device-box-1", "device-box-2") for event in log.events(name)]
    assert [event.state for event in states if isinstance(event, ActuatorEvent)] == ["on", "off"]


async def test_who_is_no_longer_registered_is_not_understood_any_more() -> None:
    async with ingesting(FakeLog(), foreign=[VALVE]) as ingest:
        ingest.pipeline.foreign.know([])
        assert results(await ingest.send(heard({"state": "ON"}))) == ["deadLetter"]


def test_topics_are_those_of_the_sites_that_are_owned_and_can_be_subscribed_to() -> None:
    devices = ForeignDevices()
    south = msgspec.structs.replace(VALVE, device_id="box-2", site="south", address="zigbee2mqtt/vent")
    devices.know([VALVE, south, ForeignDevice("box-3", "south", Dialect.TASMOTA, "a" * 600)])
    assert devices.topics(lambda site: site == "south") == {"zigbee2mqtt/vent", "zigbee2mqtt/vent/availability"}
    assert len(devices.topics(lambda _: True)) == 4
