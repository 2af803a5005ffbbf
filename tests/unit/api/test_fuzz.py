"""Whatever is sent, over HTTP or websocket, is answered cleanly, and whoever comes next is served."""

import os
from typing import Final

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api.roles import Role
from tests.support.any_operation import any_operation
from tests.support.api import AsgiSocket, House

CASES: Final = int(os.environ.get("GLASSHOUSE_TEST_CASES", "60"))
QUIET = settings(max_examples=CASES, suppress_health_check=list(HealthCheck))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)
TOKENS = """query mutation { } ( ) devices nodes id first: 1 $x : Int @include ... on Device fragment " __schema \\ é # readings
    deviceId: "a" audit keys"""
WORDS = st.sampled_from(TOKENS.split())
QUERIES = st.lists(WORDS, max_size=20).map(" ".join) | st.text(max_size=30)
REQUESTS = st.fixed_dictionaries(
    {}, optional={"query": QUERIES | JSON, "variables": JSON, "operationName": JSON, "extensions": JSON}
)
FRAMES = st.fixed_dictionaries(
    {"type": st.sampled_from(["connection_init", "subscribe", "complete", "ping", "pong", "next", "x"]) | JSON},
    optional={"id": st.sampled_from(["1", "2", ""]) | JSON, "payload": REQUESTS | JSON},
)
CLOSE_CODES = {4400, 4401, 4403, 4409, 4429}


@QUIET
@given(body=st.binary(max_size=60) | (REQUESTS | JSON).map(msgspec.json.encode))
async def test_no_body_is_answered_with_anything_but_json_and_a_status_that_fits(house: House, body: bytes) -> None:
    async with house.client() as client:
        response = await client.post("/graphql", content=body, headers={"content-type": "application/json"})
    assert response.status_code in {200, 400}
    answer = response.json()
    codes = {error["extensions"]["code"] for error in answer.get("errors", [])}
    assert "INTERNAL" not in codes
    assert "data" in answer or codes


@QUIET
@given(query=any_operation())
async def test_whatever_the_schema_allows_is_answered_or_refused_with_a_code(house: House, query: str) -> None:
    async with house.client(Role.ADMIN, accept="application/graphql-response+json") as client:
        response = await client.post("/graphql", json={"query": query})
    assert response.status_code in {200, 400}
    for error in response.json().get("errors", []):
        assert error["extensions"]["code"] != "INTERNAL", error


@QUIET
@given(frames=st.lists(FRAMES | JSON, max_size=6))
async def test_no_frames_do_more_than_end_their_own_socket(house: House, frames: list[object]) -> None:
    async with AsgiSocket(house.app, subprotocols=["graphql-transport-ws"]) as socket:
        await socket.init(house.keys[Role.VIEWER])
        for frame in frames:
            socket.send(frame)
        socket.send({"type": "ping", "payload": {"last": True}})
        while (answer := await socket.receive()) != {"type": "pong", "payload": {"last": True}}:
            if answer["type"] == "websocket.close":
                assert answer["code"] in CLOSE_CODES
                break
            assert answer["type"] in {"pong", "next", "error", "complete"}
            assert "INTERNAL" not in str(answer)
