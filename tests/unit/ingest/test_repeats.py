"""Messages that carry neither id, nor time, nor sequence: told from their repeat by what came before, across restarts too."""

from typing import Any

import pytest

from ingest.messages import Inbound
from schema.events import DeviceAnnounced, DeviceStatus
from tests.support.fake_log import FakeLog
from tests.support.ingest import NOON_MS, ingesting, message, reading, results

STATUS = "glasshouse/home/tomato-1/status"
STATE = "glasshouse/home/tomato-1/state"
STREAM = "device-tomato-1"


def untimed(value: float, sensor: str = "main", *, redelivered: bool = False) -> Inbound:
    return message({"sensorId": sensor, "reading": {"temperature": value}}, redelivered=redelivered)


def status(word: str, **more: Any) -> Inbound:
    return message({"status": word, **more}, STATUS)


def state(word: str, actuator: str = "heater") -> Inbound:
    return message({"actuatorId": actuator, "state": word}, STATE)


async def sent(log: FakeLog, *messages: Inbound, restart: bool) -> list[str]:
    """The results of the messages; with `restart`, of a new pipeline for each."""
    if not restart:
        async with ingesting(log) as ingest:
            return results(await ingest.send(*messages))
    said = []
    for one in messages:
        async with ingesting(log) as ingest:
            said += results(await ingest.send(one))
    return said


@pytest.mark.parametrize("restart", [False, True], ids=["running on", "restarted each time"])
async def test_a_repeat_is_a_duplicate_and_a_change_is_stored(restart: bool) -> None:
    messages = untimed(20), untimed(20), untimed(21), untimed(20), untimed(20)
    assert await sent(FakeLog(), *messages, restart=restart) == ["stored", "duplicate", "stored", "stored", "duplicate"]


@pytest.mark.parametrize("restart", [False, True], ids=["running on", "restarted each time"])
async def test_sensors_and_actuators_are_compared_with_themselves_only(restart: bool) -> None:
    messages = untimed(20), untimed(20, "roof"), state("on"), state("on", "pump"), untimed(20), state("on"), state("off")
    said = await sent(FakeLog(), *messages, restart=restart)
    assert said == ["stored", "stored", "stored", "stored", "duplicate", "duplicate", "stored"]


@pytest.mark.parametrize("restart", [False, True], ids=["running on", "restarted each time"])
async def test_of_a_status_only_transitions_are_stored(restart: bool) -> None:
    log = FakeLog()
    words = "online", "online", "offline", "offline", "online"
    assert await sent(log, *map(status, words), restart=restart) == ["stored", "duplicate", "stored", "duplicate", "stored"]
    events = [event for event in log.events(STREAM) if isinstance(event, DeviceStatus)]
    assert [event.status for event in events] == ["online", "offline", "online"]


async def test_model_and_firmware_are_announced_when_they_change() -> None:
    log = FakeLog()
    firmware = [status("online", model="GH-2", firmwareVersion=version) for version in ("1.0", "1.0", "1.1")]
    assert await sent(log, *firmware, restart=True) == ["stored", "duplicate", "stored"]
    announced = [event.firmware_version for event in log.events(STREAM) if isinstance(event, DeviceAnnounced)]
    assert announced == ["1.0", "1.1"]


async def test_a_known_redelivery_is_compared_with_the_recent_few() -> None:
    log = FakeLog()
    again = untimed(20, redelivered=True)
    assert await sent(log, untimed(20), untimed(21), again, untimed(20), restart=True) == [
        "stored",
        "stored",
        "duplicate",
        "stored",
    ]


async def test_the_same_change_there_and_back_never_reuses_an_id() -> None:
    log = FakeLog()
    await sent(log, *(untimed(20 + number % 2) for number in range(50)), restart=False)
    assert len({event.id for event in log.stream(STREAM)}) == 50


async def test_a_status_long_out_of_the_tail_is_still_remembered_after_a_restart() -> None:
    log = FakeLog()
    async with ingesting(log) as ingest:
        await ingest.send(status("online", model="GH-2"))
        await ingest.send(*(message(reading(minute)) for minute in range(700)))
    assert await sent(log, status("online", model="GH-2"), status("offline"), restart=True) == ["duplicate", "stored"]


async def test_what_is_said_twice_at_once_after_a_restart_is_recalled_once() -> None:
    log = FakeLog()
    async with ingesting(log) as ingest:
        await ingest.send(status("online"))
        await ingest.send(*(message(reading(minute)) for minute in range(700)))
    assert await sent(log, status("online"), status("online"), restart=False) == ["duplicate", "duplicate"]


async def test_a_status_survives_many_summaries_and_restarts() -> None:
    log = FakeLog()
    await sent(log, status("online"), restart=True)
    for day in range(6):
        async with ingesting(log) as ingest:
            await ingest.send(*(message({**reading(), "timestamp": NOON_MS + day * 10**7 + n}) for n in range(100)))
    assert await sent(log, status("online"), restart=True) == ["duplicate"]


async def test_with_an_id_but_no_time_only_the_id_counts() -> None:
    log = FakeLog()
    messages = [message({"id": name, "reading": {"temperature": 20}}) for name in ("a", "b", "a", "c")]
    assert await sent(log, *messages, restart=True) == ["stored", "stored", "duplicate", "stored"]


async def test_an_answer_to_a_command_is_stored_once_however_late_it_comes_again() -> None:
    log = FakeLog()
    ack = message({"commandId": "c-1", "result": "succeeded"}, "glasshouse/home/tomato-1/ack")
    async with ingesting(log) as ingest:
        await ingest.send(ack, *(message(reading(minute)) for minute in range(600)))
        assert results(await ingest.send(ack)) == ["duplicate"]
    assert await sent(log, ack, restart=True) == ["duplicate"]
