"""The latest state: what was said last by each device, whatever the order, and where people put it."""

from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from structlog.testing import capture_logs

from adapters.snapshot import SnapshotFile
from projections.latest import SNAPSHOT_KIND, SNAPSHOT_VERSION, LatestState, SnapshotPolicy
from schema.events import (
    ActuatorEvent,
    Clock,
    DeviceAnnounced,
    DeviceMetadata,
    DeviceRetired,
    DeviceStatus,
    Operation,
    Quality,
    ReadingCorrection,
    SiteDefined,
)
from tests.support.engines import read_all, running
from tests.support.house_events import Said, at, pack, reading, tell
from tests.support.memory_log import MemoryLog


async def latest_of(*said: Said) -> LatestState:
    """The latest state after these were said."""
    log, latest = MemoryLog(), LatestState()
    await tell(log, said)
    await read_all(log, [latest])
    return latest


def corrected(device: str, operation: Operation, amount: float | None, metric: str, sensor: str | None = None) -> Said:
    event = ReadingCorrection(
        device_id=device,
        correction_id=f"{operation}-{metric}",
        sensor_id=sensor,
        metric=metric,
        operation=operation,
        amount=amount,
        reason="because",
    )
    return pack(f"control-{device}", event)


def registered(device: str, location: str | None = None, **fields: str) -> Said:
    described = msgspec.structs.replace(DeviceMetadata(device_id=device, location=location), **fields)
    return pack(f"control-{device}", described)


async def test_of_each_metric_the_newest_reading_is_shown_with_unit_and_quality() -> None:
    latest = await latest_of(
        reading("tomato-1", 1, temperature=20.0, humidity=60.0),
        reading("tomato-1", 2, temperature=21.0, quality=Quality.SUSPECTED),
        reading("tomato-1", 3, sensor="soil", ph=99.0, verdicts={"ph": "above_range"}),
    )
    view = latest.device("tomato-1")
    assert view is not None
    shown = [(r.sensor, r.metric, r.value, r.unit, r.quality, r.timestamp, r.revision) for r in view.readings]
    assert shown == [
        ("main", "humidity", 60.0, "degC", Quality.GOOD, at(1), 0),
        ("main", "temperature", 21.0, "degC", Quality.SUSPECTED, at(2), 1),
        ("soil", "ph", 99.0, "degC", Quality.BAD, at(3), 2),
    ]


async def test_corrections_touch_what_is_shown_whether_they_come_before_or_after_it() -> None:
    told = reading("tomato-1", 1, temperature=900.0, humidity=60.0, verdicts={"temperature": "above_range"})
    made = corrected("tomato-1", Operation.SCALE, 0.1, "temperature")
    for said in ((told, made), (made, told)):
        view = (await latest_of(*said)).device("tomato-1")
        assert view is not None
        assert [(r.metric, r.value, r.said, r.quality, r.verdict, r.correction) for r in view.readings] == [
            ("humidity", 60.0, 60.0, Quality.GOOD, None, None),
            ("temperature", 90.0, 900.0, Quality.BAD, "above_range", "scale-temperature"),
        ]


async def test_a_correction_alone_makes_no_device() -> None:
    assert (await latest_of(corrected("nobody", Operation.EXCLUDE, None, "temperature"))).devices(first=9) == []


async def test_the_content_hash_sees_a_correction_and_a_retirement() -> None:
    told = reading("a", 1, temperature=20.0)
    others = (
        corrected("a", Operation.SCALE, 2.0, "temperature"),
        pack("control-a", DeviceRetired(device_id="a", at=at(1), reason="x")),
    )
    hashes = {(await latest_of(told, *more)).content_hash() for more in ((), others[:1], others[1:])}
    assert len(hashes) == 3


async def test_a_late_reading_does_not_replace_a_newer_one() -> None:
    latest = await latest_of(reading("tomato-1", 5, temperature=25.0), reading("tomato-1", 1, temperature=21.0))
    view = latest.device("tomato-1")
    assert view is not None
    assert [r.value for r in view.readings] == [25.0]


@pytest.mark.parametrize("clock", [Clock.AHEAD, Clock.UNSET])
async def test_a_reading_of_a_clock_that_cannot_be_believed_is_never_latest(clock: Clock) -> None:
    latest = await latest_of(
        reading("tomato-1", 1, temperature=20.0), reading("tomato-1", 10**8, temperature=99.0, clock=clock)
    )
    view = latest.device("tomato-1")
    assert view is not None
    assert [r.value for r in view.readings] == [20.0]


async def test_actuators_status_and_announcement_are_shown() -> None:
    stream = "device-tomato-1"
    latest = await latest_of(
        pack(stream, ActuatorEvent(device_id="tomato-1", actuator_id="vent", timestamp=at(2), state=0.4, reason="hot")),
        pack(stream, ActuatorEvent(device_id="tomato-1", actuator_id="vent", timestamp=at(1), state=0.0)),
        pack(stream, DeviceStatus(device_id="tomato-1", timestamp=at(1), status="online")),
        pack(stream, DeviceStatus(device_id="tomato-1", timestamp=at(9), status="offline")),
        pack(stream, DeviceAnnounced(device_id="tomato-1", timestamp=at(1), model="M1", firmware_version="1.0")),
        pack(stream, DeviceAnnounced(device_id="tomato-1", timestamp=at(2), firmware_version="1.1")),
    )
    view = latest.device("tomato-1")
    assert view is not None
    assert [(a.actuator, a.state, a.reason, a.timestamp) for a in view.actuators] == [("vent", 0.4, "hot", at(2))]
    assert (view.status, view.status_at) == ("offline", at(9))
    assert (view.model, view.firmware_version) == ("M1", "1.1")


async def test_what_people_decided_last_holds_and_what_the_device_announced_goes_before_it() -> None:
    latest = await latest_of(
        registered("tomato-1", "farm/house-1", name="Tomatoes", model="M0", device_type="climate"),
        registered("tomato-1", "farm/house-2", name="Cucumbers", model="M0", firmware_version="0.9"),
        pack("device-tomato-1", DeviceAnnounced(device_id="tomato-1", timestamp=at(1), model="M1")),
    )
    view = latest.device("tomato-1")
    assert view is not None
    assert (view.location, view.name, view.device_type) == ("farm/house-2", "Cucumbers", None)
    assert (view.model, view.firmware_version) == ("M1", "0.9")


async def test_a_registered_device_that_never_spoke_is_there_without_readings() -> None:
    view = (await latest_of(registered("tomato-1"))).device("tomato-1")
    assert view is not None
    assert (view.readings, view.actuators, view.last_seen, view.site) == ((), (), None, None)


async def test_last_seen_is_when_the_log_last_recorded_something_of_the_device() -> None:
    log, latest = MemoryLog(), LatestState()
    await tell(log, [reading("tomato-1", 100, temperature=1.0), reading("tomato-1", 1, temperature=1.0)])
    await tell(log, [reading("tomato-2", 1, temperature=1.0)])
    await read_all(log, [latest])
    view = latest.device("tomato-1")
    assert view is not None
    assert view.last_seen == (await log.read_stream("device-tomato-1"))[-1].recorded_at


async def test_an_unknown_device_is_none() -> None:
    assert (await latest_of()).device("tomato-1") is None


async def test_devices_come_by_id_in_pages() -> None:
    latest = await latest_of(*(reading(f"d{number}", 1, temperature=1.0) for number in (3, 1, 2, 5, 4)))
    assert [view.device_id for view in latest.devices(first=2)] == ["d1", "d2"]
    assert [view.device_id for view in latest.devices(first=2, after="d2")] == ["d3", "d4"]
    assert [view.device_id for view in latest.devices(first=9, after="d4")] == ["d5"]
    assert latest.devices(first=9, after="d5") == []


async def test_devices_are_listed_at_and_below_a_location_and_else_by_their_site() -> None:
    latest = await latest_of(
        registered("a", "farm/house-1/north"),
        registered("b", "farm/house-1"),
        registered("c", "farm/house-10"),
        reading("d", 1, temperature=1.0),
        reading("e", 1, temperature=1.0, site="yard"),
    )
    listed = {
        location: [view.device_id for view in latest.devices(first=9, location=location)]
        for location in ("farm", "farm/house-1", "farm/house-1/north", "house-1", "farm/house", "yard", "far")
    }
    assert listed == {
        "farm": ["a", "b", "c", "d"],
        "farm/house-1": ["a", "b"],
        "farm/house-1/north": ["a"],
        "house-1": [],
        "farm/house": [],
        "yard": ["e"],
        "far": [],
    }
    assert [view.device_id for view in latest.devices(first=2, after="a", location="farm")] == ["b", "c"]
    assert [view.device_id for view in latest.devices(first=2, backwards=True, location="farm")] == ["c", "d"]
    assert [view.device_id for view in latest.devices(first=2, before="c", backwards=True, location="farm")] == ["a", "b"]
    assert [view.device_id for view in latest.devices(first=9, after="a", before="d", location="farm")] == ["b", "c"]
    assert latest.devices(first=9, after="c", before="b", backwards=True, location="farm") == []


async def test_a_device_that_moves_is_listed_where_it_is_and_nowhere_else() -> None:
    latest = await latest_of(reading("a", 1, temperature=1.0), registered("a", "farm/house-1"), registered("a", "farm/house-2"))
    assert latest.devices(first=9, location="farm/house-1") == []
    assert [view.device_id for view in latest.devices(first=9, location="farm/house-2")] == ["a"]
    assert [view.device_id for view in latest.devices(first=9, location="farm")] == ["a"]


async def test_sites_are_as_defined_last() -> None:
    latest = await latest_of(
        pack("site-farm", SiteDefined(site_id="farm", name="Farm")),
        pack("site-alm", SiteDefined(site_id="alm", time_zone="Europe/Vienna")),
        pack("site-farm", SiteDefined(site_id="farm", name="Old farm", time_zone="Europe/Rome")),
    )
    assert [(site.site_id, site.name, site.time_zone) for site in latest.sites()] == [
        ("alm", None, "Europe/Vienna"),
        ("farm", "Old farm", "Europe/Rome"),
    ]
    assert latest.site("farm") == latest.sites()[1]
    assert latest.site("mars") is None


async def test_a_view_follows_its_device() -> None:
    log, latest = MemoryLog(), LatestState()
    async with running(log, [latest]) as engine:
        for number in range(3):
            await tell(log, [reading("tomato-1", number, temperature=float(number))])
            head = await log.head()
            assert head is not None
            await engine.reached("latest", head)
            view = latest.device("tomato-1")
            assert view is not None
            assert [r.value for r in view.readings] == [float(number)]


def snapshot_in(folder: Path) -> SnapshotFile:
    return SnapshotFile(folder / "latest.snapshot", kind=SNAPSHOT_KIND, version=SNAPSHOT_VERSION)


def house() -> list[Said]:
    return [
        registered("tomato-1", "farm/house-1", name="Tomatoes"),
        *(reading("tomato-1", number, temperature=float(number), humidity=50.5) for number in range(12)),
        pack("site-farm", SiteDefined(site_id="farm", time_zone="Europe/Rome")),
        pack("device-pump-1", ActuatorEvent(device_id="pump-1", actuator_id="pump", timestamp=at(4), state=True)),
        pack("device-pump-1", DeviceStatus(device_id="pump-1", timestamp=at(5), status="online")),
        corrected("tomato-1", Operation.SCALE, 2.0, "temperature"),
        registered("tomato-1", "farm/house-2", name="Tomatoes"),
        pack("control-tomato-1", DeviceRetired(device_id="tomato-1", at=at(9), reason="winter")),
    ]


async def test_a_snapshot_and_the_tail_are_the_same_as_a_rebuild_from_zero(tmp_path: Path) -> None:
    said = house()
    for cut in range(len(said) + 1):
        log, before, after, rebuilt = MemoryLog(), *(LatestState(snapshot_in(tmp_path)) for _ in range(2)), LatestState()
        await tell(log, said[:cut])
        await read_all(log, [before])
        await tell(log, said[cut:])
        await read_all(log, [after])
        await read_all(log, [rebuilt])
        assert after.content_hash() == rebuilt.content_hash()
        assert after.devices(first=9) == rebuilt.devices(first=9)
        assert after.devices(first=9, location="farm/house-1") == rebuilt.devices(first=9, location="farm/house-1")
        assert after.sites() == rebuilt.sites()
        tmp_path.joinpath("latest.snapshot").unlink()


async def test_a_start_from_a_snapshot_reads_only_what_came_after_it(tmp_path: Path) -> None:
    log = MemoryLog()
    await tell(log, house())
    await read_all(log, [LatestState(snapshot_in(tmp_path))])
    await tell(log, [reading("tomato-1", 99, temperature=30.0)])
    latest = LatestState(snapshot_in(tmp_path))
    async with running(log, [latest]) as engine:
        head = await log.head()
        assert head is not None
        await engine.reached("latest", head)
        assert engine.status()[0].events == 1


async def test_a_snapshot_of_another_log_is_not_used(tmp_path: Path) -> None:
    log, other = MemoryLog("one"), MemoryLog("other")
    await tell(log, house())
    await tell(other, [reading("cucumber-1", number, temperature=1.0) for number in range(30)])
    await read_all(log, [LatestState(snapshot_in(tmp_path))])
    latest = LatestState(snapshot_in(tmp_path))
    with capture_logs() as logs:
        await read_all(other, [latest])
    assert [view.device_id for view in latest.devices(first=9)] == ["cucumber-1"]
    assert [entry["reason"] for entry in logs] == ["its checkpoint belongs to another event log"]


async def test_a_snapshot_beyond_the_head_is_not_used(tmp_path: Path) -> None:
    log, restored = MemoryLog("one"), MemoryLog("one")
    await tell(log, house())
    await read_all(log, [LatestState(snapshot_in(tmp_path))])
    await tell(restored, house()[:3])
    latest, rebuilt = LatestState(snapshot_in(tmp_path)), LatestState()
    with capture_logs() as logs:
        await read_all(restored, [latest])
    await read_all(restored, [rebuilt])
    assert latest.content_hash() == rebuilt.content_hash()
    assert [entry["reason"] for entry in logs] == ["its checkpoint lies beyond the end of the event log"]


async def test_a_snapshot_is_written_after_so_many_events_and_after_so_long(tmp_path: Path) -> None:
    now = 0.0
    policy = SnapshotPolicy(events=10, seconds=60.0)
    log, file = MemoryLog(), snapshot_in(tmp_path)
    latest = LatestState(file, policy=policy, clock=lambda: now)
    async with running(log, [latest], page_size=1) as engine:

        async def say(count: int) -> None:
            await tell(log, [reading("tomato-1", now, temperature=float(number)) for number in range(count)])
            head = await log.head()
            assert head is not None
            await engine.reached("latest", head)

        await say(9)
        assert file.load() is None
        await say(1)
        assert _saved_at(file) == 100
        now += timedelta(minutes=2).total_seconds()
        await say(1)
        assert _saved_at(file) == 110


def _saved_at(file: SnapshotFile) -> int | None:
    saved = file.load()
    assert saved is not None
    return saved[0].position


async def test_a_snapshot_that_cannot_be_written_costs_nothing_but_a_warning(tmp_path: Path) -> None:
    log = MemoryLog()
    await tell(log, house())
    occupied = tmp_path / "file"
    occupied.touch()
    latest = LatestState(SnapshotFile(occupied / "latest.snapshot", kind="latest", version=1))
    with capture_logs() as logs:
        await read_all(log, [latest])
    assert latest.device("tomato-1") is not None
    assert {entry["event"] for entry in logs} == {"snapshot_not_written", "snapshot_passed_over"}
