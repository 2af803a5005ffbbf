"""A back-test that is followed: how far it is, what it found at last, and that nobody works on for who left."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from adapters.event_log.port import Page
from api import backtests
from api.roles import Role
from projections import backtest, replayed
from schema.envelope import EVERYTHING, Filter, Position
from schema.times import to_micros
from tests.support.api import AsgiSocket, House, small_house
from tests.support.house_events import at, reading
from tests.support.memory_log import MemoryLog

FOUND = "basis total series lookedAt devices { deviceId alerts } alerts { deviceId since raised } raisedTotal raised { id }"
GIVEN = '(rule: $rule, from: "2026-05-29T00:00:00Z", to: "2026-06-01T12:00:00Z", basis: $basis)'
ASKED = "($rule: AlertRuleInput!, $basis: BacktestBasis!)"
QUERY = f"query {ASKED} {{ backtest{GIVEN} {{ {FOUND} }} }}"
FOLLOW = f"""subscription {ASKED} {{ backtest{GIVEN} {{
  ... on BacktestProgress {{ share lookedAt }} ... on Backtest {{ {FOUND} }} }} }}"""
HOT = {"ruleId": "hot", "name": "Too hot", "threshold": {"metric": "temperature", "above": 30}}
WAYS = ["AS_CORRECTED", "AS_KNOWN"]


class HeldLog(MemoryLog):
    """One that gives nothing more of itself while it is held, and says when its reader left."""

    def __init__(self) -> None:
        super().__init__(start_us=to_micros(at(6 * 3600)))
        self.held = False
        self.reached, self.left = asyncio.Event(), asyncio.Event()

    async def read_all(
        self, after: Position | None, *, until: Position | None = None, only: Filter = EVERYTHING, page_size: int = 1000
    ) -> AsyncIterator[Page]:
        try:
            async for page in super().read_all(after, until=until, only=only, page_size=page_size):
                if self.held:
                    self.reached.set()
                    await asyncio.Event().wait()
                yield page
        finally:
            self.left.set()


@pytest.fixture
def log() -> HeldLog:
    return HeldLog()


@pytest.fixture
async def house(log: HeldLog, tmp_path: Path) -> AsyncIterator[House]:
    async with small_house(tmp_path, log=log) as built:
        await built.says([reading("a", hour * 3600, temperature=31.0 if hour == -20 else 20.0) for hour in range(-60, 6)])
        yield built


async def frames(house: House, basis: str, rule: dict[str, Any] = HOT) -> list[Any]:
    """All that the server says of it."""
    async with AsgiSocket(house.app, subprotocols=["graphql-transport-ws"]) as socket:
        await socket.init(house.keys[Role.VIEWER])
        socket.subscribe(FOLLOW, {"rule": rule, "basis": basis})
        found = [await socket.receive()]
        while found[-1]["type"] == "next":
            found.append(await socket.receive())
    return found


@pytest.mark.parametrize("basis", WAYS)
async def test_it_tells_how_far_it_is_and_ends_with_what_a_query_answers(
    house: House, basis: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backtests, "_PACE_SECONDS", 0)
    monkeypatch.setattr(replayed, "_PAGE", 1)
    monkeypatch.setattr(backtest, "ROWS_AT_ONCE", 1)
    *told, end = await frames(house, basis)
    *progress, found = [one["payload"]["data"]["backtest"] for one in told]
    assert end["type"] == "complete"
    assert found == (await house.ask(QUERY, {"rule": HOT, "basis": basis}))["backtest"]
    assert found["total"] == 1
    for name in ("share", "lookedAt"):
        values = [one[name] for one in progress]
        assert values
        assert values == sorted(values)
    assert 0 < progress[0]["share"] <= progress[-1]["share"] <= 1
    assert progress[-1]["lookedAt"] <= found["lookedAt"]


@pytest.mark.parametrize("basis", WAYS)
async def test_many_alerts_come_as_a_query_tells_them(house: House, basis: str) -> None:
    await house.says([reading(f"other-{number}", number, temperature=31.0) for number in range(60)])
    *_, found, end = await frames(house, basis)
    assert end["type"] == "complete"
    found = found["payload"]["data"]["backtest"]
    assert len(found["alerts"]) == 61
    assert found == (await house.ask(QUERY, {"rule": HOT, "basis": basis}))["backtest"]


async def test_what_is_refused_ends_it_with_the_reason(house: House) -> None:
    (end,) = await frames(house, "AS_CORRECTED", {"ruleId": "hot", "name": "Too hot"})
    assert (end["type"], end["payload"][0]["extensions"]["code"]) == ("error", "INVALID_INPUT")


async def test_nobody_works_on_for_who_left(house: House, log: HeldLog) -> None:
    log.left.clear()
    log.held = True
    async with AsgiSocket(house.app, subprotocols=["graphql-transport-ws"]) as socket:
        await socket.init(house.keys[Role.VIEWER])
        socket.subscribe(FOLLOW, {"rule": HOT, "basis": "AS_KNOWN"})
        await log.reached.wait()
        socket.send({"id": "1", "type": "complete"})
        await log.left.wait()
