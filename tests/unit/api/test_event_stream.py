"""GraphQL as server-sent events: what a client's library and a browser's EventSource meet."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from api.execution.streams import Streams
from api.limits import Limits
from api.roles import Role
from tests.support.api import House, small_house
from tests.support.event_stream import EventStream
from tests.support.house_events import reading

EVENTS = "text/event-stream"
REVOKE = "mutation ($id: ID!) { revokeKey(input: {keyId: $id}) { __typename } }"
ASK = {"query": "{ projections { name } }"}
READINGS = """subscription ($after: String, $device: ID) { readings(after: $after, deviceId: $device) {
  __typename ... on ReadingReceived { cursor reading { deviceId value } } ... on ReadingProgress { cursor } } }"""


def values(results: list[Any]) -> list[float]:
    found = [one["data"]["readings"] for one in results]
    return [one["reading"]["value"] for one in found if one["__typename"] == "ReadingReceived"]


async def asked(house: House, body: dict[str, Any], *, accept: str = EVENTS) -> list[tuple[str, Any]]:
    """The events that answer what is no subscription."""
    async with house.client(accept=accept) as client:
        response = await client.post("/graphql", json=body)
    assert response.status_code == 200
    assert response.headers["content-type"] == f"{EVENTS}; charset=utf-8"
    return EventStream.read(response.text)


async def test_a_query_is_answered_by_one_result_and_the_end(house: House) -> None:
    [(kind, result), end] = await asked(house, ASK)
    assert kind == "next"
    assert {one["name"] for one in result["data"]["projections"]} >= {"history", "latest"}
    assert end == ("complete", None)


async def test_what_cannot_run_is_told_as_a_result(house: House) -> None:
    for query in ("{", "{ nonsense }", "subscription { nonsense }"):
        [(_, result), _] = await asked(house, {"query": query})
        assert result["errors"][0]["extensions"]["code"] == "INVALID_INPUT"
        assert "data" not in result


async def test_a_query_of_whoever_also_takes_json_comes_as_json(house: House) -> None:
    async with house.client(accept=f"application/json, {EVENTS}") as client:
        response = await client.post("/graphql", json=ASK)
    assert response.headers["content-type"] == "application/json; charset=utf-8"


async def test_a_stranger_is_refused_before_there_is_a_stream(house: House) -> None:
    async with house.client(None, accept=EVENTS) as client:
        assert (await client.post("/graphql", json={"query": READINGS})).status_code == 401


async def test_a_subscription_without_events_in_accept_says_what_to_send(house: House) -> None:
    async with house.client() as client:
        response = await client.post("/graphql", json={"query": READINGS})
    assert response.status_code == 400
    assert EVENTS in response.json()["errors"][0]["message"]


@asynccontextmanager
async def watching(house: House, method: str = "POST", **variables: Any) -> AsyncIterator[EventStream]:
    async with EventStream.open(house.app, house.keys[Role.VIEWER], READINGS, variables, method=method) as stream:
        assert stream.status == 200
        yield stream


@pytest.mark.parametrize("method", ["POST", "GET"])
async def test_readings_come_as_they_are_recorded_and_go_on_from_a_cursor(house: House, method: str) -> None:
    async with watching(house, method, device="a") as stream:
        await house.says(
            [reading("a", 0, temperature=20.0), reading("b", 0, temperature=5.0), reading("a", 1, temperature=21.0)]
        )
        first = await stream.readings(2)
        await house.says([reading("a", 2, temperature=22.0), reading("a", 3, temperature=23.0)])
    assert values(first) == [20.0, 21.0]
    after = first[0]["data"]["readings"]["cursor"]
    async with watching(house, method, device="a", after=after) as again:
        assert values(await again.readings(3)) == [21.0, 22.0, 23.0]


async def test_a_mutation_over_get_is_refused(house: House) -> None:
    async with house.client(Role.ADMIN, accept=EVENTS) as client:
        response = await client.get("/graphql", params={"query": 'mutation { revokeKey(input: {keyId: "x"}) { __typename } }'})
    assert (response.status_code, response.headers["allow"]) == (405, "POST")


async def test_a_head_request_runs_neither_mutations_nor_subscriptions(house: House) -> None:
    mutation = 'mutation { issueKey(input: {name: "x", role: ADMIN}) { __typename } }'
    before = len((await house.ask("{ keys { id } }", role=Role.ADMIN))["keys"])
    async with house.client(Role.ADMIN, accept=EVENTS) as client:
        for query in (mutation, READINGS):
            assert (await client.head("/graphql", params={"query": query})).status_code == 405
    assert len((await house.ask("{ keys { id } }", role=Role.ADMIN))["keys"]) == before


async def test_a_subscription_that_takes_its_time_to_end_is_waited_for(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    closed: list[str] = []

    async def payloads(*_: object) -> AsyncIterator[str]:
        try:
            yield '{"data":{"readings":{"__typename":"ReadingProgress"}}}'
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0.03)
            closed.append("in order")

    monkeypatch.setattr(Streams, "payloads", payloads)
    with capture_logs() as logs:
        async with watching(house) as stream:
            await stream.event()
    assert (closed, logs) == (["in order"], [])
    assert not [task for task in asyncio.all_tasks() if task.get_name().startswith("event-stream")]


async def test_a_stream_ends_with_its_key(tmp_path: Path) -> None:
    async with small_house(tmp_path, limits=Limits(recheck_seconds=0.01)) as house, watching(house) as stream:
        key_id = house.keys[Role.VIEWER].split("_")[1]
        await house.ask(REVOKE, {"id": key_id}, role=Role.ADMIN)
        last, end = await stream.ending()
        assert last["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
        assert end == "complete"


async def test_a_stream_that_says_nothing_shows_that_it_lives(tmp_path: Path) -> None:
    async with small_house(tmp_path, limits=Limits(recheck_seconds=0.01)) as house, watching(house, device="x") as stream:
        for _ in range(3):
            await stream.comment()


async def test_one_too_many_is_told_to_come_later(tmp_path: Path) -> None:
    async with small_house(tmp_path, limits=Limits(connections=1)) as house:
        async with watching(house), EventStream.open(house.app, house.keys[Role.VIEWER], READINGS, {}) as second:
            assert (second.status, second.headers["retry-after"]) == (429, "1")
        async with watching(house):
            pass


async def test_who_hangs_up_leaves_nothing_behind(house: House) -> None:
    before = {task.get_name() for task in asyncio.all_tasks()}
    async with watching(house):
        assert house.services.registry.get_sample_value("glasshouse_api_event_streams") == 1
    assert house.services.registry.get_sample_value("glasshouse_api_event_streams") == 0
    assert house.services.registry.get_sample_value("glasshouse_api_subscribers") == 0
    assert {task.get_name() for task in asyncio.all_tasks()} == before
