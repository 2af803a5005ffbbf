"""Waiting for what one has written oneself, also where another process fills the history."""

import asyncio
from dataclasses import replace

import pytest

from api.visibility import HISTORY, WINDOWS
from projections.engine import Engine
from projections.running_queries import ProjectionStatus, UnknownProjectionError
from schema.envelope import Cursor, Position
from tests.support.api import House
from tests.support.house_events import reading

READINGS = 'query ($c: Cursor) { readings(deviceId: "a", atLeast: $c) { nodes { value } } }'


class Elsewhere:
    """How far another process has filled the history."""

    def __init__(self) -> None:
        self.cursor: Cursor | None = None
        self.asked = asyncio.Event()

    async def checkpoint(self) -> Cursor | None:
        self.asked.set()
        return self.cursor


class WithoutHistory:
    """The read models of a process that fills no history."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def status(self) -> list[ProjectionStatus]:
        return [each for each in self._engine.status() if each.name not in {HISTORY, WINDOWS}]

    def position(self, name: str) -> Position | None:
        return None if name in {HISTORY, WINDOWS} else self._engine.position(name)

    async def reached(self, name: str, position: Position) -> None:
        if name in {HISTORY, WINDOWS}:
            raise UnknownProjectionError(name)
        await self._engine.reached(name, position)


@pytest.fixture
def elsewhere(house: House, monkeypatch: pytest.MonkeyPatch) -> Elsewhere:
    """The history is one that this process only asks."""
    other = Elsewhere()
    monkeypatch.setattr(house.services.history, "checkpoint", other.checkpoint)
    house.services = replace(house.services, projections=WithoutHistory(house.engine))
    house.wait_no_longer_than(0.2)
    return other


async def test_a_history_that_another_process_fills_is_waited_for_by_its_checkpoint(house: House, elsewhere: Elsewhere) -> None:
    await house.says([reading("a", 0, temperature=1.0)])
    head = await house.log.head()
    assert head is not None
    goal = Cursor(house.log.log_id, head)
    elsewhere.cursor = Cursor(house.log.log_id, Position(head - 1))
    assert await house.code(READINGS, {"c": goal.encode()}) == "NOT_YET_VISIBLE"
    house.wait_no_longer_than(60)
    elsewhere.asked.clear()
    waiting = asyncio.create_task(house.ask(READINGS, {"c": goal.encode()}), name="waiting")
    await elsewhere.asked.wait()
    elsewhere.cursor = goal
    assert await waiting == {"readings": {"nodes": [{"value": 1}]}}


async def test_the_checkpoint_of_another_log_says_nothing(house: House, elsewhere: Elsewhere) -> None:
    await house.says([reading("a", 0, temperature=1.0)])
    elsewhere.cursor = Cursor("another", Position(1_000_000))
    goal = Cursor(house.log.log_id, await house.log.head())
    assert await house.code(READINGS, {"c": goal.encode()}) == "NOT_YET_VISIBLE"
