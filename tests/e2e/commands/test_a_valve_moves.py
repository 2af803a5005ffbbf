"""From a mutation to a valve that moved, through a house that runs, and one that is killed on the way."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from tests.support.up import UpProcess, running_up
from tests.support.valve import Operator, Valve

DECLARE = """mutation { registerDevice(input: { deviceId: "box", location: "north/house",
  actuators: [{ actuatorId: "vent", type: LEVEL }] }) { __typename } }"""
OPEN = """mutation ($id: ID!, $cause: ID) { issueCommand(input: { deviceId: "box", actuatorId: "vent", value: 40,
  correlationId: $id, causationId: $cause, whenOffline: HOLD }) { __typename
  ... on IssueCommandSuccess { command { id state } } ... on OperationError { code message } } }"""
ENDED = """query ($id: ID!) { commands(correlationId: $id, state: SUCCEEDED) { nodes { id reachedState steps { state } } } }"""
TRACE = """query ($id: ID!) { trace(correlationId: $id) { entries { __typename
  ... on Traced { eventId causationId } ... on TracedStep { state } ... on TracedReading { after readings { value } } } } }"""


@asynccontextmanager
async def operator_of(up: UpProcess, key: str) -> AsyncIterator[Operator]:
    operator = Operator(up, key)
    try:
        yield operator
    finally:
        await operator.close()


async def test_a_valve_moves_and_the_trace_says_why_and_what_came_of_it(tmp_path: Path) -> None:
    async with running_up(tmp_path / "house", errors=tmp_path / "errors") as up:
        async with operator_of(up, up.ready["admin_key"]) as operator, Valve(up).at_work() as valve:
            await operator.ask(DECLARE)
            await valve.measures(31.0)
            measured = await operator.until(_has_some, '{ readings(deviceId: "box") { nodes { eventId } } }')
            cause = measured["nodes"][0]["eventId"]
            for _ in range(3):
                await operator.ask(OPEN, id="airing", cause=cause)
            [command] = (await operator.until(_has_some, ENDED, id="airing"))["nodes"]
            assert (command["reachedState"], command["steps"][-1]["state"]) == (40.0, "SUCCEEDED")
            assert [one["commandId"] for one in valve.told] == [command["id"]]
            await valve.measures(24.0)
            entries = (await operator.until(_is_whole, TRACE, id="airing"))["entries"]
            assert [entry["readings"][0]["value"] for entry in entries if "after" in entry] == [31.0, 24.0]
            steps = [entry["state"] for entry in entries if entry["__typename"] == "TracedStep"]
            assert sorted(steps) == ["ACKNOWLEDGED", "DISPATCHED", "DISPATCHING", "SUCCEEDED"]
            ids = [entry["eventId"] for entry in entries]
            assert all(entry["causationId"] in ids[:number] for number, entry in enumerate(entries[1:-1], 1))
        assert await up.stop() == 0


async def test_a_request_outlives_the_house_and_is_answered_the_same(tmp_path: Path) -> None:
    async with running_up(tmp_path / "house", errors=tmp_path / "errors") as up:
        key = up.ready["admin_key"]
        async with operator_of(up, key) as operator:
            await operator.ask(DECLARE)
            first = (await operator.ask(OPEN, id="airing"))["issueCommand"]["command"]["id"]
        await up.kill()
    async with running_up(tmp_path / "house", errors=tmp_path / "errors") as up, operator_of(up, key) as operator:
        again = (await operator.ask(OPEN, id="airing"))["issueCommand"]["command"]
        listed = (await operator.ask("{ commands { nodes { id } } }"))["commands"]["nodes"]
        assert (again["id"], [one["id"] for one in listed]) == (first, [first])


def _has_some(page: Any) -> object:
    return page["nodes"]


def _is_whole(trace: Any) -> bool:
    """With the end of the request, and with a reading after."""
    kinds = [entry["__typename"] for entry in trace["entries"]]
    return kinds[-2:] == ["TracedEnd", "TracedReading"]
