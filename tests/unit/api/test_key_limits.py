"""One key cannot take all the room: what it may do at once, and over time."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from api.errors import ApiError
from api.execution.admission import Admission
from api.execution.rates import Rates
from api.limits import Limits
from api.roles import Role
from tests.support.api import AsgiSocket, small_house
from tests.support.event_stream import EventStream

ASK = "{ sites { id } }"
FOLLOW = "subscription { readings { __typename } }"


async def test_a_key_that_has_spent_its_cost_is_told_when_to_come_again(tmp_path: Path) -> None:
    async with small_house(tmp_path, limits=Limits(key_cost_per_second=0.01)) as house:
        async with house.client() as client:
            assert (await client.post("/graphql", json={"query": ASK})).json() == {"data": {"sites": []}}
            refused = await client.post("/graphql", json={"query": ASK})
        told = refused.json()["errors"][0]["extensions"]
        assert (told["code"], told["limit"], told["allowed"]) == ("LIMIT_EXCEEDED", "cost per second of one key", 0.01)
        assert (refused.status_code, refused.headers["retry-after"]) == (429, str(told["retryAfter"]))
        assert told["asked"] == 11
        assert await house.ask(ASK, role=Role.ADMIN) == {"sites": []}
        async with AsgiSocket(house.app, subprotocols=["graphql-transport-ws"]) as socket:
            await socket.init(house.keys[Role.VIEWER])
            socket.subscribe(FOLLOW)
            assert (await socket.receive())["payload"][0]["extensions"]["limit"] == "cost per second of one key"
        async with house.client(accept="text/event-stream") as client:
            [(_, result), _] = EventStream.read((await client.post("/graphql", json={"query": ASK})).text)
            assert result["errors"][0]["extensions"]["retryAfter"] >= 1


async def test_a_key_runs_so_many_operations_at_once_and_leaves_room_for_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with small_house(tmp_path, limits=Limits(key_operations=1)) as house:
        begun, go_on = asyncio.Event(), asyncio.Event()

        async def slow(_query: object) -> Any:
            begun.set()
            await go_on.wait()
            return []

        monkeypatch.setattr(house.services.history, "readings", slow)
        first = asyncio.create_task(house.ask('{ readings(deviceId: "a") { nodes { value } } }'))
        await begun.wait()
        async with house.client() as client:
            refused = await client.post("/graphql", json={"query": ASK})
        told = refused.json()["errors"][0]["extensions"]
        assert (told["limit"], told["allowed"], told["asked"]) == ("concurrent operations of one key", 1, 2)
        assert (refused.status_code, refused.headers["retry-after"]) == (429, "1")
        assert await house.ask(ASK, role=Role.ADMIN) == {"sites": []}
        go_on.set()
        await first
        assert await house.ask(ASK) == {"sites": []}


async def test_a_key_has_so_many_subscriptions_whatever_they_come_over(tmp_path: Path) -> None:
    async with small_house(tmp_path, limits=Limits(key_subscriptions=1, progress_seconds=0.0)) as house:
        async with AsgiSocket(house.app, subprotocols=["graphql-transport-ws"]) as socket:
            await socket.init(house.keys[Role.VIEWER])
            socket.subscribe(FOLLOW, name="1")
            assert (await socket.receive())["type"] == "next"
            async with EventStream.open(house.app, house.keys[Role.VIEWER], FOLLOW, {}) as stream:
                [result, _] = await stream.ending()
                assert result["errors"][0]["extensions"]["limit"] == "subscriptions of one key"
            async with EventStream.open(house.app, house.keys[Role.ADMIN], FOLLOW, {}) as stream:
                assert "data" in (await stream.event())[1]
        async with EventStream.open(house.app, house.keys[Role.VIEWER], FOLLOW, {}) as stream:
            assert "data" in (await stream.event())[1]


def test_who_has_left_is_not_remembered() -> None:
    room = Admission("places", 2, 1)
    for number in range(1_000):
        with room.enter(f"key-{number}"), room.enter("another"), pytest.raises(ApiError):
            room.enter("a third").__enter__()
    assert len(room._inside) == 0


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@example(steps=[(1.9, 111), (0.0, 400), (0.5, 1)], per_second=2.0, seconds=1.0)
@given(
    steps=st.lists(st.tuples(st.floats(0, 5), st.integers(1, 400)), max_size=60),
    per_second=st.floats(1, 100),
    seconds=st.floats(1, 20),
)
def test_no_key_spends_more_than_its_rate_a_full_bucket_and_one_operation(
    steps: list[tuple[float, int]], per_second: float, seconds: float
) -> None:
    clock, spent = Clock(), 0
    rates = Rates(per_second, seconds, clock)
    for pause, cost in steps:
        clock.now += pause
        try:
            rates.spend("key", cost)
        except ApiError as refused:
            clock.now += (refused.extensions or {})["retryAfter"]
            rates.spend("key", cost)  # as it was told
        spent += cost
        assert spent <= per_second * (clock.now + seconds) + cost + 1e-6


def test_a_rested_key_may_spend_a_full_bucket_at_once_and_no_more_than_that_adds_up() -> None:
    clock = Clock()
    rates = Rates(10, 10, clock)
    clock.now = 1e6
    for _ in range(10):
        rates.spend("key", 10)
    with pytest.raises(ApiError, match="overdrawn its cost of 10 per second; it may go on in 1 s"):
        rates.spend("key", 1)
    rates.spend("another", 1)


def test_no_more_keys_are_remembered_than_there_is_room_for() -> None:
    rates = Rates(1, 1, Clock())
    for number in range(10_500):
        rates.spend(f"key-{number}", 100)
    rates.spend("key-0", 100)
    with pytest.raises(ApiError):
        rates.spend("key-10499", 1)
    assert len(rates._spent_until) == 10_000
