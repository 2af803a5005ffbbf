"""Nobody gets in without a good key, and nobody further than its role."""

import base64
from datetime import timedelta
from pathlib import Path

import pytest

from api.policy import Policy
from api.roles import Role
from api.schema import build_schema, role_of, root_fields
from api.sessions import SessionSigner
from tests.support.api import NOW, House, small_house

ASK = {"query": "{ projections { name } }"}


def test_every_root_field_names_the_role_that_it_needs() -> None:
    roles = {path: role_of(field) for path, field in root_fields(build_schema()).items()}
    assert roles.pop("Query.keys") is roles.pop("Query.auditTrail") is Role.ADMIN
    assert roles.pop("Query.mqttLogins") is Role.ADMIN
    assert roles.pop("Query.recipients") is Role.OPERATOR
    assert {path: role for path, role in roles.items() if role is not Role.VIEWER} == {
        "Mutation.defineSite": Role.OPERATOR,
        "Mutation.registerDevice": Role.OPERATOR,
        "Mutation.correctReadings": Role.OPERATOR,
        "Mutation.replaceSensor": Role.OPERATOR,
        "Mutation.retireDevice": Role.OPERATOR,
        "Mutation.issueCommand": Role.OPERATOR,
        "Mutation.issueCommands": Role.OPERATOR,
        "Mutation.cancelCommand": Role.OPERATOR,
        "Mutation.replayDeadLetters": Role.OPERATOR,
        "Mutation.repairDeadLetter": Role.OPERATOR,
        "Mutation.defineAlertRule": Role.OPERATOR,
        "Mutation.acknowledgeAlert": Role.OPERATOR,
        "Mutation.silenceAlert": Role.OPERATOR,
        "Mutation.defineRecipient": Role.ADMIN,
        "Mutation.applyRetention": Role.ADMIN,
        "Mutation.issueKey": Role.ADMIN,
        "Mutation.revokeKey": Role.ADMIN,
        "Mutation.rotateKey": Role.ADMIN,
        "Mutation.rebuildProjection": Role.ADMIN,
        "Mutation.verifyProjection": Role.ADMIN,
        "Mutation.rollBackProjection": Role.ADMIN,
    }


@pytest.mark.parametrize(
    ("role", "reads", "changes", "administers"),
    [
        (Role.VIEWER, True, False, False),
        (Role.OPERATOR, True, True, False),
        (Role.INGEST, False, False, False),
        (Role.ADMIN, True, True, True),
    ],
)
async def test_a_role_opens_what_it_names_and_no_more(
    house: House, role: Role, reads: bool, changes: bool, administers: bool
) -> None:
    assert ("errors" not in await house.answer(ASK["query"], role=role)) is reads
    site = await house.ask(
        'mutation { defineSite(input: {siteId: "s"}) { __typename ... on OperationError { code } } }', role=role
    )
    assert site["defineSite"] == ({"__typename": "DefineSiteSuccess"} if changes else _forbidden())
    key = await house.ask('mutation { revokeKey(input: {keyId: "x"}) { ... on OperationError { code } } }', role=role)
    assert key["revokeKey"]["code"] == ("NOT_FOUND" if administers else "FORBIDDEN")
    assert ("errors" not in await house.answer("{ keys { id } }", role=role)) is administers


async def test_a_field_that_is_forbidden_says_which_role_it_needs(house: House) -> None:
    [error] = (await house.answer("{ keys { id } }"))["errors"]
    assert error["extensions"] == {"code": "FORBIDDEN"}
    assert (error["message"], error["path"]) == ("keys needs the role admin; this key is viewer", ["keys"])


def bad_headers(house: House) -> list[str]:
    key = house.keys[Role.VIEWER]
    _, key_id, secret = key.split("_", 2)
    other = house.keys[Role.ADMIN].split("_", 2)[2]
    basic = base64.b64encode(key.encode()).decode()
    return ["", "Bearer", "Bearer ", "Bearer x", "Bearer gh_x_y", f"Bearer gh_{key_id}_{other}", f"Bearer gh_{key_id}_",
            f"Bearer {key}x", f"Bearer {key[:-1]}", f"Basic {basic}", key, f"Bearer gh_{'x' * 5000}_{secret}",
            f"Bearer {key.upper()}"]  # fmt: skip


async def test_a_wrong_key_is_unauthenticated_and_told_so_in_a_typed_error(house: House) -> None:
    for header in bad_headers(house):
        async with house.client(None, authorization=header) as client:
            response = await client.post("/graphql", json=ASK)
        assert response.status_code == 401, header
        assert response.headers["www-authenticate"] == 'Bearer realm="glasshouse"'
        assert response.json()["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"


async def test_without_a_key_not_even_the_schema_is_told(house: House) -> None:
    async with house.client(None) as client:
        for query in ("{ __schema { types { name } } }", "{ __typename }", "{"):
            assert (await client.post("/graphql", json={"query": query})).status_code == 401
            assert (await client.get("/graphql", params={"query": query})).status_code == 401


async def test_a_key_opens_nothing_once_it_expired(house: House) -> None:
    key = await issue(house, expires=(NOW + timedelta(hours=1)).isoformat())
    async with house.client(None, authorization=f"Bearer {key}") as client:
        assert (await client.post("/graphql", json=ASK)).status_code == 200
        house.now = NOW + timedelta(hours=1)
        response = await client.post("/graphql", json=ASK)
    assert (response.status_code, "expired" in response.text) == (401, True)


async def test_a_key_opens_nothing_once_it_is_revoked(house: House) -> None:
    key = await issue(house)
    revoke = "mutation ($id: ID!) { revokeKey(input: {keyId: $id}) { ... on RevokeKeySuccess { key { revoked } } } }"
    assert await house.ask(revoke, {"id": key.split("_")[1]}, role=Role.ADMIN) == {"revokeKey": {"key": {"revoked": True}}}
    async with house.client(None, authorization=f"Bearer {key}") as client:
        response = await client.post("/graphql", json=ASK)
    assert (response.status_code, "revoked" in response.text) == (401, True)


async def test_a_session_is_opened_with_a_key_and_closed_again(house: House) -> None:
    async with house.client(None) as client:
        opened = await client.post("/session", json={"key": house.keys[Role.OPERATOR]})
        cookie = opened.headers["set-cookie"].lower()
        assert opened.json() == {"name": "operator", "role": "operator", "expiresAt": "2026-06-02T12:00:00Z"}
        assert all(part in cookie for part in ("httponly", "samesite=strict", "path=/", "max-age=43200"))
        assert house.keys[Role.OPERATOR].split("_", 2)[2] not in opened.text + cookie
        assert (await client.post("/graphql", json=ASK)).status_code == 200
        assert (await client.delete("/session")).status_code == 204
        assert (await client.post("/graphql", json=ASK)).status_code == 401


async def test_a_session_is_no_use_to_another_site(house: House) -> None:
    async with house.client(None) as client:
        await client.post("/session", json={"key": house.keys[Role.OPERATOR]})
        for origin in ("http://evil.test", "null", "http://house.test.evil.test"):
            assert (await client.post("/graphql", json=ASK, headers={"origin": origin})).status_code == 403, origin
        assert (await client.post("/graphql", json=ASK, headers={"origin": "http://house.test"})).status_code == 200
        form = {"content-type": "text/plain"}
        assert (await client.post("/graphql", content=b'{"query":"{a}"}', headers=form)).status_code == 415


PANEL = "https://panel.example"


async def test_pages_of_other_origins_are_refused_whatever_their_key(house: House) -> None:
    async with house.client() as client:
        response = await client.post("/graphql", json=ASK, headers={"origin": PANEL})
        assert response.status_code == 403
        assert response.json()["errors"][0]["extensions"]["code"] == "FORBIDDEN"
        assert "access-control-allow-origin" not in response.headers
        assert (await client.get("/export", headers={"origin": PANEL})).status_code == 403
        for odd in ("http://[", "://house.test", "house.test", "", "http://"):
            assert (await client.post("/graphql", json=ASK, headers={"origin": odd})).status_code == 403, odd


async def test_pages_of_an_allowed_origin_may_ask_with_a_key(tmp_path: Path) -> None:
    wanted = {"access-control-request-method": "POST", "access-control-request-headers": "authorization,content-type"}
    asking = {"origin": PANEL, **wanted}
    async with small_house(tmp_path, policy=Policy(allowed_origins=(PANEL,))) as house:
        async with house.client(None) as client:
            preflight = await client.options("/graphql", headers=asking)
            assert (preflight.status_code, preflight.headers["access-control-allow-origin"]) == (200, PANEL)
            assert "authorization" in preflight.headers["access-control-allow-headers"]
            assert (await client.options("/graphql", headers={**asking, "origin": "https://evil.test"})).status_code == 400
            await client.post("/session", json={"key": house.keys[Role.VIEWER]})
            assert (await client.post("/graphql", json=ASK, headers={"origin": PANEL})).status_code == 401
        async with house.client() as client:
            answer = await client.post("/graphql", json=ASK, headers={"origin": PANEL})
            assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (200, PANEL)
            assert "access-control-allow-credentials" not in answer.headers
            assert (await client.post("/graphql", json=ASK, headers={"origin": "https://evil.test"})).status_code == 403


async def test_a_session_that_we_did_not_sign_or_that_is_over_opens_nothing(house: House) -> None:
    key_id = house.keys[Role.ADMIN].split("_")[1]
    later = NOW + timedelta(hours=1)
    ours, theirs = SessionSigner(house.services.session_secret), SessionSigner(b"another secret")
    good = ours.sign(key_id, later)
    forged = [theirs.sign(key_id, later), good[:-1], good.replace(key_id, "x" * 12), "", "~", "~~", "a" * 10_000, "é~1~2"]
    for token in [*forged, ours.sign(key_id, NOW), ours.sign("nobody", later)]:
        async with house.client(None) as client:
            cookie = f"glasshouse_session={token}".encode("latin-1", "replace")
            response = await client.post("/graphql", json=ASK, headers={b"cookie": cookie})
        assert response.status_code == 401, token[:80]


async def test_logging_in_with_what_is_no_key_fails_in_plain_words(house: House) -> None:
    async with house.client(None) as client:
        for body, status in (({"key": "gh_a_b"}, 401), ({"key": 1}, 400), ({}, 400), ([], 400)):
            response = await client.post("/session", json=body)
            assert (response.status_code, "set-cookie" in response.headers) == (status, False)
        evil = await client.post("/session", json={"key": house.keys[Role.ADMIN]}, headers={"origin": "http://evil.test"})
        assert (evil.status_code, "set-cookie" in evil.headers) == (403, False)


async def issue(house: House, expires: str | None = None) -> str:
    issued = await house.ask(
        """mutation ($until: DateTime) { issueKey(input: {name: "test", role: OPERATOR, expiresAt: $until}) {
             ... on IssueKeySuccess { secret } } }""",
        {"until": expires},
        role=Role.ADMIN,
    )
    return str(issued["issueKey"]["secret"])


def _forbidden() -> dict[str, str]:
    return {"__typename": "OperationError", "code": "FORBIDDEN"}
