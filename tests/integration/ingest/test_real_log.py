"""Ingest over the real log in a file: what was stored is known again after a restart, and by a second process's writer."""

from pathlib import Path

from adapters.event_log.sqlite import SqliteEventLog
from ingest.limits import IngestLimits
from ingest.messages import Inbound
from schema.envelope import RecordedEvent
from tests.support.ingest import NOON_MS, ingesting, message, reading, results

SMALL = IngestLimits(window=32, tail=70, devices=4)


def a_day() -> list[Inbound]:
    """Twenty devices, messages of every kind, bad ones among them, none of which repeats another."""
    messages = []
    for number in range(600):
        root = f"glasshouse/home/d{number % 20}"
        match number % 6:
            case 0:
                payload, kind = reading(number, id=f"r{number}"), "reading"
            case 1:
                payload, kind = {"seq": number, "reading": {"co2": 400 + number}}, "reading"
            case 2:
                payload, kind = {"actuatorId": "vent", "timestamp": NOON_MS + number, "state": number / 600}, "state"
            case 3:
                payload, kind = {"commandId": f"c{number}", "result": "accepted"}, "ack"
            case 4:
                payload, kind = {"bad": number}, "reading"
            case _:
                payload, kind = reading(600 - number, odd=number), "reading"
        messages.append(message(payload, f"{root}/{kind}"))
    return messages


async def everything(log: SqliteEventLog) -> list[RecordedEvent]:
    return [event async for page in log.read_all(None) for event in page.events]


async def test_a_day_delivered_again_after_a_restart_adds_nothing(tmp_path: Path) -> None:
    messages = a_day()
    log = await SqliteEventLog.open(tmp_path / "events.db")
    async with ingesting(log, limits=SMALL) as ingest:
        first = await ingest.send(*messages)
    await log.close()

    log = await SqliteEventLog.open(tmp_path / "events.db")
    async with ingesting(log, limits=SMALL) as ingest:
        again = await ingest.send(*reversed(messages))
        assert ingest.count("events") == 0
    events = await everything(log)
    await log.close()

    assert set(results(first)) == {"stored", "deadLetter"}
    assert set(results(again)) == {"duplicate", "deadLetter"}
    assert [one.event_ids for one in reversed(again)] == [one.event_ids for one in first]
    assert len(events) == len({event.id for event in events}) == len(messages)


async def test_the_position_of_an_outcome_is_where_the_log_holds_it(tmp_path: Path) -> None:
    log = await SqliteEventLog.open(tmp_path / "events.db")
    async with ingesting(log) as ingest:
        outcomes = [(await ingest.send(message(reading(minute))))[0] for minute in range(3)]
    assert [one.position for one in outcomes] == [event.position for event in await everything(log)]
    await log.close()


async def test_two_writers_of_one_file_store_each_event_once(tmp_path: Path) -> None:
    messages = a_day()
    ours, theirs = [await SqliteEventLog.open(tmp_path / "events.db") for _ in range(2)]
    async with ingesting(ours, limits=SMALL) as first, ingesting(theirs, limits=SMALL) as second:
        for start in range(0, len(messages), 100):
            some = messages[start : start + 100]
            waiting = [pipeline.submit(one) for one in some for pipeline in (first, second)]
            for one in waiting:
                await one
    events = await everything(ours)
    await ours.close()
    await theirs.close()
    assert len(events) == len({event.id for event in events}) == len(messages)
