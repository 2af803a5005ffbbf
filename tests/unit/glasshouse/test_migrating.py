"""Versions of event types are recorded once, and a replay reads older events as if they were of the current one."""

from typing import Any

import pytest

from glasshouse.migrating import Migrated, migrate
from projections import opening
from projections.latest import LatestState
from schema.events import SensorReading
from schema.registry import REGISTRY, EventType, Registry
from tests.support.engines import read_all
from tests.support.house_events import reading, tell
from tests.support.memory_log import MemoryLog


def to_celsius(data: dict[str, Any]) -> dict[str, Any]:
    """As if version 1 had been in Fahrenheit."""
    return {**data, "reading": {name: (value - 32) / 1.8 for name, value in data["reading"].items()}}


def second() -> Registry:
    """The registry of a release in which readings have a second version."""
    lifted = EventType("SensorReading", SensorReading, (to_celsius,))
    return Registry([lifted, *(kind for kind in REGISTRY.types.values() if kind.name != "SensorReading")])


async def test_each_type_is_recorded_once_however_often_it_runs() -> None:
    log = MemoryLog()
    first = await migrate(log)
    assert {one.type for one in first} == set(REGISTRY.types)
    assert all(one.recorded and one.before is None for one in first)
    head = await log.head()
    assert not any(one.recorded for one in await migrate(log))
    assert await log.head() == head


async def test_a_new_version_is_recorded_with_how_many_older_events_read_otherwise() -> None:
    log = MemoryLog()
    await tell(log, [reading("tomato-1", number, temperature=68.0) for number in range(3)])
    await migrate(log)
    [done] = await migrate(log, ["SensorReading"], registry=second())
    assert done == Migrated("SensorReading", 2, before=1, recorded=True, lifted=3)
    assert [one.recorded for one in await migrate(log, ["SensorReading"], registry=second())] == [False]


async def test_older_code_leaves_a_newer_version_as_it_is() -> None:
    log = MemoryLog()
    await migrate(log, ["SensorReading"], registry=second())
    [done] = await migrate(log, ["SensorReading"])
    assert (done.version, done.before, done.recorded) == (1, 2, False)


async def test_a_replay_lifts_older_events(monkeypatch: pytest.MonkeyPatch) -> None:
    log = MemoryLog()
    await tell(log, [reading("tomato-1", 0, temperature=68.0)])
    monkeypatch.setattr(opening, "REGISTRY", second())
    latest = LatestState()
    await read_all(log, [latest])
    view = latest.device("tomato-1")
    assert view is not None
    assert [one.value for one in view.readings] == [pytest.approx(20.0)]
