"""Fact models are functions of the set of events: any shuffle and duplication gives the same content."""

from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.history.duckdb import DuckDbHistory
from projections.batching import BatchPolicy
from projections.decision_state import DecisionState
from projections.historical import history_models
from projections.incoming import Pace
from projections.latest import LatestState
from schema.events import SensorReading
from tests.support.any_house import decided, decisions, events, mixed, said, stirred
from tests.support.engines import nothing_decided, read_all
from tests.support.house_events import Said, at, pack, tell
from tests.support.memory_log import MemoryLog

house = st.lists(st.builds(said, events, st.sampled_from(["farm", "farm", "yard", None])), max_size=25)

house_with_decisions = st.tuples(
    house, st.lists(decisions, max_size=8).map(lambda made: [decided(*each) for each in enumerate(made)])
)


async def latest_hash(told: list[Said]) -> str:
    log, latest = MemoryLog(), LatestState()
    await tell(log, told)
    await read_all(log, [latest])
    return latest.content_hash()


@settings(max_examples=150)
@given(told=house, seed=st.integers(0, 1000))
async def test_the_latest_state_is_the_same_in_any_order_and_however_often(told: list[Said], seed: int) -> None:
    assert await latest_hash(stirred(told, seed)) == await latest_hash(told)


@settings(max_examples=150)
@given(both=house_with_decisions, seed=st.integers(0, 1000))
async def test_the_latest_state_is_the_same_whenever_people_decided(both: tuple[list[Said], list[Said]], seed: int) -> None:
    told, made = both
    assert await latest_hash(mixed(stirred(told, seed), made, seed)) == await latest_hash(told + made)


async def history_hashes(told: list[Said], folder: Path) -> Mapping[str, str]:
    log = MemoryLog()
    await tell(log, told)
    history = await DuckDbHistory.open(folder / "history.duckdb", memory="128MB", threads=1)
    policy, pace = BatchPolicy(rows=5, pause_seconds=0.0), Pace(rows=5, pause_seconds=0.0)
    raw, windows = history_models(history, DecisionState(), nothing_decided, policy=policy, pace=pace)
    await read_all(log, [raw], derived=[windows])
    digests = await history.content_hashes()
    await history.close()
    return digests


@settings(max_examples=12, suppress_health_check=[HealthCheck.too_slow])
@given(told=house, seed=st.integers(0, 1000))
async def test_the_history_and_its_windows_are_the_same_in_any_order_and_however_often(told: list[Said], seed: int) -> None:
    with TemporaryDirectory() as one, TemporaryDirectory() as other:
        assert await history_hashes(stirred(told, seed), Path(one)) == await history_hashes(told, Path(other))


async def test_the_content_hash_of_the_latest_state_sees_one_changed_value() -> None:
    def hashed(value: float) -> list[Said]:
        event = SensorReading(device_id="a", sensor_id="b", timestamp=at(1), reading={"temperature": value})
        return [pack("device-a", event, own_id="1")]

    assert await latest_hash(hashed(1.0)) != await latest_hash(hashed(1.5))
