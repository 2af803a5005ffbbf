"""A key that is rotated: the new secret opens what the old one did, and the old one does so for a while."""

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from api.limits import Limits
from api.roles import Role
from tests.support.api import NOW, AsgiSocket, House, small_house

ROTATE = """mutation ($id: ID!, $grace: Duration! = "PT1H") { rotateKey(input: {keyId: $id, grace: $grace}) {
  ... on RotateKeySuccess { secret key { id name role oldSecretUntil } } ... on OperationError { code message } } }"""
LOGINS = "{ mqttLogins { user passwordHash devices } }"
REVOKE = "mutation ($id: ID!) { revokeKey(input: {keyId: $id}) { __typename } }"


def id_of(key: str) -> str:
    return key.split("_")[1].partition(".")[0]


async def rotate(house: House, key: str, grace: str = "PT1H") -> Any:
    return (await house.ask(ROTATE, {"id": id_of(key), "grace": grace}, role=Role.ADMIN))["rotateKey"]


async def refusal(house: House, key: str) -> str:
    """What is answered to the key; empty where it opens."""
    async with house.client(None, authorization=f"Bearer {key}") as client:
        response = await client.post("/graphql", json={"query": "{ sites { id } }"})
    return "" if response.status_code == 200 else str(response.json()["errors"][0]["message"])


async def test_both_secrets_open_until_the_old_one_is_over(house: House) -> None:
    old = house.keys[Role.VIEWER]
    rotated = await rotate(house, old)
    new = rotated["secret"]
    assert rotated["key"] == {"id": id_of(old), "name": "viewer", "role": "VIEWER", "oldSecretUntil": "2026-06-02T01:00:00Z"}
    assert new.startswith(f"gh_{id_of(old)}.2_")
    assert [await refusal(house, key) for key in (old, new)] == ["", ""]
    house.now = NOW + timedelta(hours=1)
    assert await refusal(house, old) == "the key was rotated, and this secret is over; take the new one"
    assert await refusal(house, new) == ""


async def test_without_grace_the_old_one_is_over_at_once(house: House) -> None:
    old = house.keys[Role.VIEWER]
    new = (await rotate(house, old, "PT0S"))["secret"]
    assert "rotated" in await refusal(house, old)
    assert await refusal(house, new) == ""


async def test_a_second_rotation_ends_the_secret_before_the_last(house: House) -> None:
    first = house.keys[Role.VIEWER]
    second = (await rotate(house, first, "P30D"))["secret"]
    third = (await rotate(house, second, "P30D"))["secret"]
    assert [await refusal(house, key) for key in (first, second, third)] == ["the key is wrong", "", ""]


async def test_of_two_who_rotate_at_once_both_get_a_secret_that_opens(house: House) -> None:
    old = house.keys[Role.VIEWER]
    both = [answer["secret"] for answer in await asyncio.gather(rotate(house, old), rotate(house, old))]
    assert sorted(key.split("_")[1] for key in both) == [f"{id_of(old)}.2", f"{id_of(old)}.3"]
    assert [await refusal(house, key) for key in (*both, old)] == ["", "", "the key is wrong"]


async def test_the_secret_of_one_number_is_wrong_under_another(house: House) -> None:
    old = house.keys[Role.VIEWER]
    new = (await rotate(house, old))["secret"]
    secret = {key: key.split("_", 2)[2] for key in (old, new)}
    for handle, of in (("", new), (".2", old), (".3", new)):
        assert await refusal(house, f"gh_{id_of(old)}{handle}_{secret[of]}") == "the key is wrong"
    for handle in (".1", ".02", ".", ".x", ".2.2"):
        assert "form gh_ID_SECRET" in await refusal(house, f"gh_{id_of(old)}{handle}_{secret[new]}")


async def test_a_revoked_key_opens_nothing_with_any_of_its_secrets(house: House) -> None:
    old = house.keys[Role.VIEWER]
    new = (await rotate(house, old))["secret"]
    await house.ask(REVOKE, {"id": id_of(old)}, role=Role.ADMIN)
    assert [await refusal(house, key) for key in (old, new)] == ["the key is revoked"] * 2
    answer = await rotate(house, old)
    assert (answer["code"], "issue a new one" in answer["message"]) == ("CONFLICT", True)


async def test_what_cannot_be_rotated_says_why(house: House) -> None:
    assert await rotate(house, "gh_nobody_x") == {"code": "NOT_FOUND", "message": "account 'main' has no key 'nobody'"}
    for grace in ("P31D", "P999999D"):
        answer = await rotate(house, house.keys[Role.VIEWER], grace)
        assert answer == {"code": "INVALID_INPUT", "message": "an old secret can be good for another 30 days at most"}


async def test_a_session_ends_with_the_secret_that_it_was_opened_with(house: House) -> None:
    old = house.keys[Role.VIEWER]
    async with house.client(None) as before, house.client(None) as after:
        await before.post("/session", json={"key": old})
        new = (await rotate(house, old))["secret"]
        late = await after.post("/session", json={"key": old})
        assert late.json()["expiresAt"] == "2026-06-02T01:00:00Z"
        assert (await after.post("/session", json={"key": new})).json()["expiresAt"] == "2026-06-02T12:00:00Z"
        house.now = NOW + timedelta(hours=1)
        for client, status in ((before, 401), (after, 200)):
            assert (await client.post("/graphql", json={"query": "{ sites { id } }"})).status_code == status


@pytest.mark.parametrize("rotated_before", [False, True])
async def test_a_socket_is_closed_once_the_secret_that_opened_it_is_over(tmp_path: Path, *, rotated_before: bool) -> None:
    limits = Limits(init_seconds=1.0, recheck_seconds=0.01)
    async with small_house(tmp_path, limits=limits) as house:
        old = house.keys[Role.VIEWER]
        if rotated_before:
            await rotate(house, old)
        async with AsgiSocket(house.app, subprotocols=["graphql-transport-ws"]) as socket:
            await socket.init(old)
            if not rotated_before:
                await rotate(house, old)
            house.now = NOW + timedelta(hours=1)
            async with asyncio.timeout(30):
                assert (await socket.closed())[0] == 4403


async def test_a_device_may_log_in_at_the_broker_with_both_each_under_its_own_name(house: House) -> None:
    async def users() -> list[str]:
        return [login["user"] for login in (await house.ask(LOGINS, role=Role.ADMIN))["mqttLogins"]]

    old = house.keys[Role.INGEST]
    assert await users() == [id_of(old)]
    new = (await rotate(house, old))["secret"]
    assert await users() == [new.split("_")[1], id_of(old)]
    house.now = NOW + timedelta(hours=1)
    assert await users() == [new.split("_")[1]]
    await house.ask(REVOKE, {"id": id_of(old)}, role=Role.ADMIN)
    assert await users() == []
