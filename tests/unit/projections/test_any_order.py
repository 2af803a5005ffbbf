"""Fact models are functions of the set of events: any shuffle and duplication gives the same content."""

import random
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.history.duckdb import DuckDbHistory
from projections.batching import BatchPolicy
from projections.history import RawHistory
from projections.latest import LatestState
from schema.events import ActuatorEvent, Clock, DeviceAnnounced, DeviceStatus, Event, Quality, SensorReading
from tests.support.engines import read_all
from tests.support.house_events import Said, at, pack, tell
from tests.support.memory_log import MemoryLog

devices = st.sampled_from(["tomato-1", "tomato-2"])
times = st.integers(0, 5).map(at)
clocks = st.sampled_from([Clock.OK, Clock.OK, Clock.AHEAD, Clock.UNSET])
names = st.sampled_from(["one", "two"])
events: st.SearchStrategy[Event] = st.one_of(
    st.builds(
        SensorReading,
        device_id=devices,
        sensor_id=names,
        timestamp=times,
        reading=st.dictionaries(st.sampled_from(["temperature", "humidity"]), st.floats(-10, 10), max_size=2),
        quality=st.sampled_from(Quality),
        clock=clocks,
    ),
    st.builds(ActuatorEvent, device_id=devices, actuator_id=names, timestamp=times, state=st.booleans(), clock=clocks),
    st.builds(DeviceStatus, device_id=devices, timestamp=times, status=names),
    st.builds(
        DeviceAnnounced,
        device_id=devices,
        timestamp=times,
        model=st.none() | names,
        firmware_version=st.none() | names,
    ),
)


def said(event: Event, site: str | None) -> Said:
    return pack(f"device-{getattr(event, 'device_id')}", event, site=site)  # noqa: B009  # each of these types has one


house = st.lists(st.builds(said, events, st.sampled_from(["farm", "farm", "yard", None])), max_size=25)


def stirred(told: list[Said], seed: int) -> list[Said]:
    """Shuffled, and some of them doubled."""
    chance = random.Random(seed)
    doubled = told + [each for each in told if chance.random() < 0.5]
    chance.shuffle(doubled)
    return doubled


async def latest_hash(told: list[Said]) -> str:
    log, latest = MemoryLog(), LatestState()
    await tell(log, told)
    await read_all(log, [latest])
    return latest.content_hash()


@settings(max_examples=150, deadline=None)
@given(told=house, seed=st.integers(0, 1000))
async def test_the_latest_state_is_the_same_in_any_order_and_however_often(told: list[Said], seed: int) -> None:
    assert await latest_hash(stirred(told, seed)) == await latest_hash(told)


async def history_hash(told: list[Said], folder: Path) -> str:
    log = MemoryLog()
    await tell(log, told)
    history = await DuckDbHistory.open(folder / "history.duckdb", memory="128MB", threads=1)
    await read_all(log, [RawHistory(history, BatchPolicy(rows=5, pause_seconds=0.0))])
    digest = await history.content_hash()
    await history.close()
    return digest


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(told=house, seed=st.integers(0, 1000))
async def test_the_raw_history_is_the_same_in_any_order_and_however_often(told: list[Said], seed: int) -> None:
    with TemporaryDirectory() as one, TemporaryDirectory() as other:
        assert await history_hash(stirred(told, seed), Path(one)) == await history_hash(told, Path(other))


async def test_the_content_hash_of_the_latest_state_sees_one_changed_value() -> None:
    def hashed(value: float) -> list[Said]:
        event = SensorReading(device_id="a", sensor_id="b", timestamp=at(1), reading={"temperature": value})
        return [pack("device-a", event, own_id="1")]

    assert await latest_hash(hashed(1.0)) != await latest_hash(hashed(1.5))
