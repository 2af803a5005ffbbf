"""What people decided, as a read model: folded once however often it is read, and kept for the next process."""

from pathlib import Path

import numpy as np

from adapters.snapshot import SnapshotFile
from domain.placements import ALWAYS
from domain.replacements import END, SensorKey
from projections.decision_state import DecisionState
from projections.decisions import SNAPSHOT_KIND, SNAPSHOT_VERSION, Decisions
from projections.feed_queries import FeedEvent
from schema.envelope import Cursor
from schema.events import (
    DeviceMetadata,
    DeviceRetired,
    Operation,
    ReadingCorrection,
    SensorReplaced,
    SiteDefined,
)
from schema.registry import REGISTRY
from schema.times import to_micros
from tests.support.engines import read_all
from tests.support.house_events import Said, at, pack, reading, tell
from tests.support.memory_log import MemoryLog


def corrected(device: str, operation: Operation, number: int) -> Said:
    event = ReadingCorrection(
        device_id=device, correction_id=f"c{number}", metric="par", operation=operation, amount=2.0, reason="because"
    )
    return pack(f"control-{device}", event)


def house() -> list[Said]:
    return [
        pack("site-farm", SiteDefined(site_id="farm", time_zone="Europe/Rome")),
        pack("control-a", DeviceMetadata(device_id="a", location="farm/one")),
        corrected("a", Operation.SCALE, 1),
        reading("a", 1, par=5.0),
        pack("control-a", SensorReplaced(device_id="a", sensor_id="s", by_device_id="b", by_sensor_id="s", at=at(60))),
        corrected("a", Operation.RESTORE, 2),
        pack("control-b", DeviceRetired(device_id="b", at=at(9), reason="winter")),
        corrected("b", Operation.SCALE, 3),
        pack("control-a", DeviceMetadata(device_id="a", location="farm/two", located_since=at(30))),
        corrected("a", Operation.OFFSET, 4),
        pack("site-farm", SiteDefined(site_id="farm", time_zone="Europe/Paris")),
    ]


async def events_of(said: list[Said]) -> list[FeedEvent]:
    log = MemoryLog()
    await tell(log, said)
    return [FeedEvent(recorded, REGISTRY.unpack(recorded)) async for page in log.read_all(None) for recorded in page.events]


def folded(events: list[FeedEvent], onto: DecisionState | None = None) -> DecisionState:
    state = onto or DecisionState()
    for event in events:
        state.take(event)
    return state


async def decisions_of(said: list[Said]) -> Decisions:
    log, decisions = MemoryLog(), Decisions()
    await tell(log, said)
    await read_all(log, [decisions])
    return decisions


async def test_it_knows_corrections_places_replacements_and_zones() -> None:
    known = await decisions_of(house())
    assert [one.id for one in known.corrections("a", "s", "par")] == ["c4"]
    assert known.corrections("a", "s", "co2") == known.corrections("nobody", "s", "par") == ()
    places = known.placements("a")
    assert (places.since.tolist(), places.locations) == ([ALWAYS, to_micros(at(30))], ["farm/one", "farm/two"])
    assert places.at(np.array([to_micros(at(29)), to_micros(at(30))])).tolist() == [0, 1]
    parts = known.segments(SensorKey("a", "s"))
    assert [(one.sensor.device, one.end_us) for one in parts] == [("a", to_micros(at(60))), ("b", END)]
    assert (known.time_zone("farm"), known.time_zone("nowhere")) == ("Europe/Paris", "UTC")


async def test_an_event_that_is_read_again_changes_nothing() -> None:
    events = await events_of(house())
    once = folded(events).encode()
    for start in range(len(events)):
        assert folded(events[start:], folded(events)).encode() == once


async def test_any_beginning_of_the_log_and_the_rest_come_to_the_same() -> None:
    events = await events_of(house())
    for cut in range(len(events) + 1):
        state = DecisionState.decoded(folded(events[:cut]).encode())
        assert folded(events[max(0, cut - 3) :], state).encode() == folded(events).encode()


async def test_the_next_process_goes_on_from_what_was_kept(tmp_path: Path) -> None:
    for cut in range(len(house()) + 1):
        log = MemoryLog()
        await tell(log, house()[:cut])
        await read_all(log, [kept_in(tmp_path)])
        await tell(log, house()[cut:])
        again = kept_in(tmp_path)
        await read_all(log, [again])
        assert again.content_hash() == (await decisions_of(house())).content_hash()
        tmp_path.joinpath("decisions.json").unlink(missing_ok=True)


async def test_what_was_kept_of_another_log_is_passed_over(tmp_path: Path) -> None:
    log = MemoryLog()
    await tell(log, house())
    await read_all(log, [kept_in(tmp_path)])
    again = kept_in(tmp_path)
    assert await again.start(Cursor("another log", await log.head())) is None
    assert again.standing("a") == ()


async def test_the_content_hash_sees_one_more_decision() -> None:
    assert (await decisions_of(house())).content_hash() != (await decisions_of(house()[:-2])).content_hash()


def kept_in(folder: Path) -> Decisions:
    return Decisions(SnapshotFile(folder / "decisions.json", kind=SNAPSHOT_KIND, version=SNAPSHOT_VERSION))
