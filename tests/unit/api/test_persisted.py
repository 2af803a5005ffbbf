"""Documents by name: automatic persisted queries, trusted documents, and keys that run nothing else."""

import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from api.policy import Policy
from api.roles import Role
from tests.support.api import AsgiSocket, House, small_house
from tests.support.event_stream import EventStream

RESPONSE = "application/graphql-response+json"
ASK = "{ projections { name } }"
FOLLOW = "subscription { readings { __typename } }"
TRUSTED = {"Names": ASK, "sha256:" + sha256(FOLLOW.encode()).hexdigest(): FOLLOW}


def hash_of(document: str) -> str:
    return sha256(document.encode()).hexdigest()


def automatic(document: str, *, hashed: str | None = None, query: str | None = None) -> dict[str, Any]:
    named = {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": hashed or hash_of(document)}}}
    return named if query is None else {**named, "query": query}


async def code_of(house: House, body: dict[str, Any], role: Role = Role.VIEWER) -> str | None:
    """The code of what was refused; None where it ran."""
    async with house.client(role) as client:
        answer = (await client.post("/graphql", json=body)).json()
    return answer["errors"][0]["extensions"]["code"] if "errors" in answer else None


async def test_a_hash_is_unknown_until_its_document_was_sent_with_it(house: House) -> None:
    async with house.client(accept=RESPONSE) as client:
        unknown = await client.post("/graphql", json=automatic(ASK))
        assert (unknown.status_code, unknown.json()["errors"][0]["message"]) == (400, "PersistedQueryNotFound")
        assert unknown.json()["errors"][0]["extensions"]["code"] == "PERSISTED_QUERY_NOT_FOUND"
        sent = await client.post("/graphql", json=automatic(ASK, query=ASK))
        assert sent.json()["data"]["projections"]
        params = {"extensions": json.dumps(automatic(ASK)["extensions"])}
        for again in (
            await client.post("/graphql", json=automatic(ASK)),
            await client.get("/graphql", params=params),
            await client.get("/graphql", params={"documentId": f"sha256:{hash_of(ASK)}"}),
        ):
            assert {one["name"] for one in again.json()["data"]["projections"]} >= {"latest"}


async def test_only_what_has_that_hash_and_can_run_is_kept(house: House) -> None:
    assert await code_of(house, automatic(ASK, hashed=hash_of("another"), query=ASK)) == "INVALID_INPUT"
    assert await code_of(house, automatic(ASK)) == "PERSISTED_QUERY_NOT_FOUND"
    assert await code_of(house, automatic("{ no", query="{ no")) == "INVALID_INPUT"
    assert await code_of(house, automatic("{ no")) == "PERSISTED_QUERY_NOT_FOUND"
    for body in ({"documentId": 1}, {"documentId": ""}, {"extensions": {"persistedQuery": {"version": 2, "sha256Hash": "a"}}}):
        async with house.client() as client:
            assert (await client.post("/graphql", json=body)).status_code == 400


async def test_the_document_that_was_asked_for_least_gives_way(house: House) -> None:
    documents = [f"query Q{number} {{ __typename }}" for number in range(1_001)]
    async with house.client() as client:
        for number, document in enumerate(documents):
            await client.post("/graphql", json=automatic(document, query=document))
            if number == 500:
                assert "data" in (await client.post("/graphql", json=automatic(documents[0]))).json()
    assert await code_of(house, automatic(documents[1])) == "PERSISTED_QUERY_NOT_FOUND"
    assert await code_of(house, automatic(documents[0])) is None
    assert await code_of(house, automatic(documents[-1])) is None


@pytest.mark.parametrize("others", [(), (Role.ADMIN,)])
async def test_nothing_but_trusted_documents_runs_for_roles_without_others(tmp_path: Path, others: tuple[Role, ...]) -> None:
    policy = Policy(trusted_documents=TRUSTED, other_documents=frozenset(others))
    async with small_house(tmp_path, policy=policy) as house:
        other = "{ sites { id } }"
        expected = None if others else "FORBIDDEN"
        assert await code_of(house, {"query": other}, Role.ADMIN) == expected
        assert await code_of(house, automatic(other, query=other), Role.ADMIN) == expected
        for body in ({"query": other}, automatic(other), automatic(other, query=other), {"documentId": "x"}):
            assert await code_of(house, body) == "FORBIDDEN"
        trusted = ({"documentId": "Names"}, {"documentId": f"sha256:{hash_of(ASK)}"}, automatic(ASK), {"query": ASK})
        for body in (*trusted, automatic("", hashed="Names"), {"documentId": "Names", "query": other}):
            assert await code_of(house, body) is None, body
        async with house.client() as client:
            assert (await client.get("/graphql", params={"documentId": "Names"})).json()["data"]["projections"]
            assert "errors" in (await client.get("/graphql", params={"query": other})).json()


async def test_a_socket_and_a_stream_run_what_is_trusted_and_nothing_else(tmp_path: Path) -> None:
    name = next(name for name in TRUSTED if name != "Names")
    async with small_house(tmp_path, policy=Policy(trusted_documents=TRUSTED, other_documents=frozenset())) as house:
        async with AsgiSocket(house.app, subprotocols=["graphql-transport-ws"]) as socket:
            await socket.init(house.keys[Role.VIEWER])
            socket.send({"id": "1", "type": "subscribe", "payload": {"documentId": name}})
            assert (await socket.receive())["payload"]["data"]["readings"]["__typename"] == "ReadingProgress"
            socket.send({"id": "2", "type": "subscribe", "payload": {"query": "{ sites { id } }"}})
            refused = await socket.receive()
            while refused["id"] != "2":
                refused = await socket.receive()
            assert refused["payload"][0]["extensions"]["code"] == "FORBIDDEN"
            socket.send({"id": "3", "type": "subscribe", "payload": {}})
            closing = await socket.receive()
            while closing["type"] != "websocket.close":
                closing = await socket.receive()
            assert closing["code"] == 4400
        async with house.client(accept="text/event-stream") as client:
            for body, wanted in (({"documentId": "Names"}, "data"), ({"query": "{ sites { id } }"}, "errors")):
                [(_, result), _] = EventStream.read((await client.post("/graphql", json=body)).text)
                assert wanted in result
