"""Who read and changed what, and who was refused, is in the audit trail."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from prometheus_client import generate_latest

from adapters.audit.port import AuditError, Tally
from api import audit_trail
from api.limits import Limits
from api.roles import Role
from tests.support.api import NOW, AsgiSocket, House, small_house
from tests.support.house_events import reading

TRAIL = """query ($actor: String, $action: AuditAction, $outcome: AuditOutcome, $first: Int, $after: String) {
  auditTrail(actor: $actor, action: $action, outcome: $outcome, first: $first, after: $after) {
    nodes { actor address action outcome code message count firstAt lastAt operationName fields document variables }
    pageInfo { hasNextPage endCursor } } }"""
ISSUE = """mutation ($role: Role!, $expires: DateTime) { issueKey(input: {name: "k", role: $role, expiresAt: $expires}) {
  ... on IssueKeySuccess { secret key { id } } } }"""
REVOKE = "mutation Away($id: ID!) { revokeKey(input: {keyId: $id}) { __typename } }"
LIVE = "subscription Live { readings { __typename } }"


async def trail(house: House, **asked: Any) -> list[dict[str, Any]]:
    """Newest first, without who asks for it."""
    found: list[dict[str, Any]] = (await house.ask(TRAIL, asked, role=Role.ADMIN))["auditTrail"]["nodes"]
    return [each for each in found if each["fields"] != ["auditTrail"]]


def id_of(key: str) -> str:
    return key.split("_")[1]


async def issued(house: House, **wanted: Any) -> str:
    answer = await house.ask(ISSUE, {"role": "VIEWER", **wanted}, role=Role.ADMIN)
    return str(answer["issueKey"]["secret"])


async def refused(house: House, **headers: str) -> dict[str, Any]:
    """What is noted of a request with these headers, which is refused."""
    async with house.client(None, **headers) as client:
        response = await client.post("/graphql", json={"query": "{ sites { id } }"})
    assert response.status_code in {401, 403}
    newest, *_ = await trail(house)
    assert (newest["action"], newest["outcome"], newest["address"]) == ("ENTER", "REFUSED", "127.0.0.1")
    assert newest["code"] == response.json()["errors"][0]["extensions"]["code"]
    assert newest["message"] == response.json()["errors"][0]["message"]
    return newest


async def test_whoever_is_not_let_in_is_noted_with_the_reason(house: House) -> None:
    viewer = house.keys[Role.VIEWER]
    none = await refused(house)
    assert (none["actor"], none["code"]) == (None, "UNAUTHENTICATED")
    wrong = await refused(house, authorization=f"Bearer gh_{id_of(viewer)}_{'x' * 40}")
    assert (wrong["actor"], wrong["message"]) == (f"key:{id_of(viewer)}", "the key is wrong")
    long = await refused(house, authorization=f"Bearer gh_{'x' * 5000}_{'x' * 40}")
    assert len(long["actor"] or "") <= len("key:") + 64
    expiring = await issued(house, expires=(NOW + timedelta(hours=1)).isoformat())
    revoked = await issued(house)
    await house.ask(REVOKE, {"id": id_of(revoked)}, role=Role.ADMIN)
    gone = await refused(house, authorization=f"Bearer {revoked}")
    assert (gone["actor"], gone["message"]) == (f"key:{id_of(revoked)}", "the key is revoked")
    house.now += timedelta(hours=2)
    over = await refused(house, authorization=f"Bearer {expiring}")
    assert (over["actor"], over["message"]) == (f"key:{id_of(expiring)}", "the key has expired")
    foreign = await refused(house, authorization=f"Bearer {viewer}", origin="https://elsewhere.test")
    assert foreign["code"] == "FORBIDDEN"


async def test_no_secret_is_in_the_trail(house: House) -> None:
    key = await issued(house)
    await refused(house, authorization=f"Bearer {key}x")
    async with house.client(None) as client:
        assert (await client.post("/session", json={"key": key})).status_code == 200
        assert (await client.post("/session", json={"key": f"{key}x"})).status_code == 401
    told = msgspec.json.encode(await trail(house)).decode()
    assert key.split("_", 2)[2] not in told


async def test_a_login_is_noted_whether_it_succeeds_or_not(house: House) -> None:
    key = house.keys[Role.VIEWER]
    async with house.client(None) as client:
        await client.post("/session", json={"key": key})
        await client.post("/session", json={"key": "gh_nobody_x"})
        await client.post("/session", json={"key": key}, headers={"origin": "https://elsewhere.test"})
    found = [(each["outcome"], each["code"], each["actor"]) for each in await trail(house, action="LOG_IN")]
    assert found == [
        ("REFUSED", "FORBIDDEN", None),
        ("REFUSED", "UNAUTHENTICATED", "key:nobody"),
        ("ALLOWED", None, f"key:{id_of(key)}"),
    ]


async def test_a_role_that_is_too_weak_is_noted_with_what_it_wanted(house: House) -> None:
    await house.answer("query Peek { keys { id } }")
    await house.answer("mutation Try($id: ID!) { revokeKey(input: {keyId: $id}) { __typename } }", {"id": "x"})
    change, read = await trail(house, outcome="REFUSED")
    assert (read["action"], read["operationName"], read["fields"]) == ("READ", "Peek", ["keys"])
    assert (change["action"], change["operationName"], change["fields"]) == ("CHANGE", "Try", ["revokeKey"])
    assert change["variables"] == '{"id":"x"}'
    assert {read["code"], change["code"]} == {"FORBIDDEN"}
    assert {read["actor"], change["actor"]} == {f"key:{id_of(house.keys[Role.VIEWER])}"}


async def test_what_was_read_and_changed_is_noted_with_its_document(house: House) -> None:
    await house.says([reading("a", 0, temperature=1.0)])
    text = "query One($id: ID!) { device(id: $id) { id } ...S } fragment S on Query { sites { id } }"
    await house.ask(text, {"id": "a"})
    await house.answer('mutation { defineSite(input: {siteId: "?"}) { ... on OperationError { code } } }', role=Role.OPERATOR)
    change, read = await trail(house)
    assert (read["action"], read["outcome"], read["document"]) == ("READ", "ALLOWED", text)
    assert read["fields"] == ["device", "sites"]
    assert (change["action"], change["outcome"], change["code"]) == ("CHANGE", "FAILED", "INVALID_INPUT")


async def test_the_same_deed_of_one_minute_is_one_entry(house: House) -> None:
    for _ in range(3):
        await house.ask("{ sites { id } }")
        house.now += timedelta(seconds=10)
    await trail(house)  # which writes what is noted so far
    await house.ask("{ sites { id } }")
    house.now += timedelta(minutes=1)
    await house.ask("{ sites { id } }")
    latest, first = await trail(house, action="READ")
    assert (first["count"], first["firstAt"], first["lastAt"]) == (4, "2026-06-02T00:00:00Z", "2026-06-02T00:00:30Z")
    assert latest["count"] == 1


async def test_the_trail_is_read_in_pages(house: House) -> None:
    names = [f"Q{number}" for number in range(7)]
    for name in names:
        await house.ask(f"query {name} {{ sites {{ id }} }}")
    seen: list[str] = []
    after = None
    while True:
        asked = {"first": 3, "after": after, "actor": f"key:{id_of(house.keys[Role.VIEWER])}"}
        page = (await house.ask(TRAIL, asked, role=Role.ADMIN))["auditTrail"]
        seen += [each["operationName"] for each in page["nodes"]]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert seen == names[::-1]


async def test_a_key_that_is_revoked_while_its_socket_is_open_is_noted(tmp_path: Any) -> None:
    limits = Limits(init_seconds=0.01, recheck_seconds=0.01, progress_seconds=0.0)
    async with small_house(tmp_path, limits=limits) as house:
        key = await issued(house)
        async with AsgiSocket(house.app, subprotocols=["graphql-transport-ws"]) as socket:
            await socket.init(key)
            socket.subscribe(LIVE)
            await house.says([reading("a", 0, temperature=1.0)])
            assert (await socket.receive())["type"] == "next"
            await house.ask(REVOKE, {"id": id_of(key)}, role=Role.ADMIN)
            while (event := await socket.receive())["type"] == "next":
                pass
            assert event["code"] == 4403
        mine = await trail(house, actor=f"key:{id_of(key)}")
        assert [(each["action"], each["outcome"], each["code"]) for each in mine] == [
            ("ENTER", "REFUSED", "UNAUTHENTICATED"),
            ("WATCH", "ALLOWED", None),
        ]
        assert (mine[1]["operationName"], mine[1]["fields"]) == ("Live", ["readings"])


async def test_a_key_says_when_it_was_used_last_and_a_refusal_is_no_use(house: House) -> None:
    key = await issued(house)
    query = "{ keys { id lastUsedAt } }"
    used = {each["id"]: each["lastUsedAt"] for each in (await house.ask(query, role=Role.ADMIN))["keys"]}
    assert used[id_of(key)] is None
    async with house.client(None, authorization=f"Bearer {key}x") as client:
        await client.post("/graphql", json={"query": "{ sites { id } }"})
    async with house.client(None, authorization=f"Bearer {house.keys[Role.VIEWER]}") as client:
        await client.post("/graphql", json={"query": "{ sites { id } }"})
    used = {each["id"]: each["lastUsedAt"] for each in (await house.ask(query, role=Role.ADMIN))["keys"]}
    assert used[id_of(key)] is None
    assert used[id_of(house.keys[Role.VIEWER])] == "2026-06-02T00:00:00Z"


async def test_what_cannot_be_written_is_kept_until_it_can(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = house.services.audit
    assert kept is not None
    real, failing = kept.store.write, [AuditError("the disk is full")]

    async def write(tallies: Sequence[Tally]) -> None:
        if failing:
            raise failing[0]
        await real(tallies)

    monkeypatch.setattr(kept.store, "write", write)
    await house.ask("query During { sites { id } }")
    await kept.write()
    failing.clear()
    [during] = await trail(house, action="READ")
    assert (during["operationName"], during["count"]) == ("During", 1)


async def test_who_asks_more_than_is_told_apart_is_still_counted(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(audit_trail._ROOMS, "others", 2)
    for number in range(5):
        await house.ask(f"query Q{number} {{ sites {{ id }} }}")
    assert b"glasshouse_audit_left_out_total 3.0" in generate_latest(house.services.registry)
    more, *_ = await trail(house, action="READ", actor=f"key:{id_of(house.keys[Role.VIEWER])}")
    assert (more["count"], more["operationName"], more["message"]) == (3, None, "more in one minute than are told apart")


async def test_strangers_crowd_out_nobody(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(audit_trail._ROOMS, "strangers", 3)
    async with house.client(None) as client:
        for number in range(9):
            await client.post(
                "/graphql", json={"query": "{ sites { id } }"}, headers={"authorization": f"Bearer gh_x{number}_y"}
            )
    await house.ask('mutation Do { defineSite(input: {siteId: "s"}) { __typename } }', role=Role.OPERATOR)
    done, *strangers = await trail(house)
    assert (done["operationName"], done["outcome"]) == ("Do", "ALLOWED")
    assert [(each["actor"], each["count"]) for each in strangers] == [(None, 6), ("key:x2", 1), ("key:x1", 1), ("key:x0", 1)]


@pytest.mark.parametrize("leaving", ["complete", "hanging up"])
async def test_a_change_is_noted_though_whoever_made_it_goes_before_the_answer(house: House, leaving: str) -> None:
    head = await house.log.head()
    async with AsgiSocket(house.app, subprotocols=["graphql-transport-ws"]) as socket:
        await socket.init(house.keys[Role.ADMIN])
        socket.subscribe('mutation Gone { defineSite(input: {siteId: "x"}) { __typename } }')
        while await house.log.head() == head:
            await asyncio.sleep(0)
        if leaving == "complete":
            socket.send({"id": "1", "type": "complete"})
            socket.send({"type": "ping"})
            while (await socket.receive())["type"] != "pong":
                pass
    [entry] = await trail(house, action="CHANGE")
    assert entry["operationName"] == "Gone"
    assert entry["outcome"] in {"ALLOWED", "FAILED"}


async def test_a_subscription_that_is_refused_is_no_watching(house: House) -> None:
    async with AsgiSocket(house.app, subprotocols=["graphql-transport-ws"]) as socket:
        await socket.init(house.keys[Role.INGEST])
        socket.subscribe(LIVE)
        assert (await socket.receive())["type"] == "error"
    [entry] = await trail(house, action="WATCH")
    assert (entry["outcome"], entry["code"], entry["fields"]) == ("REFUSED", "FORBIDDEN", ["readings"])


async def test_what_is_noted_while_the_trail_is_written_and_left_is_not_lost(house: House) -> None:
    kept = house.services.audit
    assert kept is not None
    for number in range(3):
        await house.ask("{ sites { id } }")
        writing = [asyncio.create_task(kept.write(), name=f"write-{number}-{turn}") for turn in range(3)]
        await asyncio.sleep(0)
        writing[0].cancel()
        await asyncio.gather(*writing, return_exceptions=True)
    [entry] = await trail(house, action="READ")
    assert entry["count"] == 3


async def test_of_a_mutation_each_change_is_noted_for_itself(house: House) -> None:
    both = """mutation Two { defineSite(input: {siteId: "s"}) { __typename }
      retireDevice(input: {deviceId: "nobody", reason: "x"}) { ... on OperationError { code } } }"""
    await house.ask(both, role=Role.OPERATOR)
    refused, made = await trail(house, action="CHANGE")
    assert (made["fields"], made["outcome"]) == (["defineSite"], "ALLOWED")
    assert (refused["fields"], refused["outcome"], refused["code"]) == (["retireDevice"], "FAILED", "NOT_FOUND")
