"""Commands over real event logs: however often and from how many places one request is sent, it is made once."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from adapters.event_log.port import EventLog
from api.roles import Role
from schema.actuators import ActuatorSpec
from schema.events import DeviceMetadata
from tests.contract.event_log.stores import MakeStore, OnTheDouble, Sqlite
from tests.support.api import House, small_house
from tests.support.commanding import ISSUE_SEVERAL, asked_of, issue, registered, wanted
from tests.support.house_events import pack


@pytest.fixture(params=[Sqlite, OnTheDouble], ids=["sqlite", "eventstoredb"])
async def log(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[EventLog]:
    make: MakeStore = request.param
    store = make()
    opened = await store.open_in(tmp_path)
    yield opened
    await opened.close()
    await store.end()


async def test_one_request_from_two_servers_many_times_is_made_once(log: EventLog, tmp_path: Path) -> None:
    several = {"input": {"commands": [wanted(), wanted("fan", device="shed"), wanted("vent", 7)], "correlationId": "night"}}

    async def send(house: House) -> Any:
        return (await house.ask(ISSUE_SEVERAL, several, role=Role.OPERATOR))["issueCommands"]

    for name in ("one", "other"):
        (tmp_path / name).mkdir()
    async with small_house(tmp_path / "one", log=log) as one, small_house(tmp_path / "other", log=log) as other:
        await one.says([registered(), registered("shed")])
        await other.settle()
        answers = await asyncio.gather(*(send(house) for house in (one, other) * 3))
        made = [[command["id"] for command in answer["commands"]] for answer in answers]
        assert made == [made[0]] * 6
        busy = await asyncio.gather(issue(one, value="off"), issue(other, actuator="vent", value=9))
        assert [answer["code"] for answer in busy] == ["ACTUATOR_BUSY"] * 2
        assert (len(await asked_of(one)), len(await asked_of(one, "shed"))) == (2, 1)


async def test_of_two_that_want_one_actuator_at_once_one_is_told_that_it_is_busy(log: EventLog, tmp_path: Path) -> None:
    async with small_house(tmp_path, log=log) as house:
        await house.says([registered()])
        answers = await asyncio.gather(*(issue(house, value=value) for value in ("on", "off", "on", "off")))
        assert sorted(answer.get("code", "") for answer in answers) == ["", *["ACTUATOR_BUSY"] * 3]
        assert len(await asked_of(house)) == 1


async def test_all_actuators_of_a_device_may_be_asked_for_something_at_once(log: EventLog, tmp_path: Path) -> None:
    valves = [f"valve-{number}" for number in range(32)]
    actuators = tuple(ActuatorSpec(actuator_id=valve) for valve in valves)
    async with small_house(tmp_path, log=log) as house:
        await house.says([pack("control-box", DeviceMetadata(device_id="box", location="farm/house", actuators=actuators))])
        answers = await asyncio.gather(*(issue(house, actuator=valve) for valve in valves))
        assert [answer.get("code") for answer in answers] == [None] * 32
        assert {event.actuator_id for event in await asked_of(house)} == set(valves)
