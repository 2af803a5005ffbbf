"""Tokens of an OpenID provider open the API as keys do, each as far as its claims say; all others open nothing."""

import base64
import hmac
import json
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from prometheus_client import CollectorRegistry

from adapters.openid.key_set import KeySet
from adapters.openid.provider import OpenId
from api.app import build_app
from api.limits import Limits
from api.roles import Role
from api.tokens import Tokens
from tests.support.api import AsgiSocket, House, small_house
from tests.support.openid_provider import Provider, SigningKey

PUBLIC = "{ sites { id } }"
DEFINE = 'mutation { defineSite(input: {siteId: "s"}) { __typename ... on OperationError { code } } }'


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with small_house(tmp_path, limits=Limits(init_seconds=1.0, recheck_seconds=0.01)) as built:
        built.now = datetime.now(UTC)
        yield built


def take(house: House, provider: OpenId) -> None:
    """From now on the house takes the tokens of that provider."""
    house.services = replace(house.services, tokens=Tokens(provider, KeySet(provider)), registry=CollectorRegistry())
    house.app = build_app(house.services)


async def ask(house: House, token: str, query: str = PUBLIC) -> httpx.Response:
    async with house.client(None, authorization=f"Bearer {token}") as client:
        return await client.post("/graphql", json={"query": query})


async def refusal(house: House, token: str) -> str:
    """What the token is refused with."""
    response = await ask(house, token)
    [error] = response.json()["errors"]
    assert (response.status_code, error["extensions"]["code"]) == (401, "UNAUTHENTICATED"), error
    assert token not in response.text
    return str(error["message"])


@pytest.fixture
def taken(house: House, provider: Provider, key: SigningKey) -> Provider:
    """The provider, whose tokens the house takes."""
    provider.publish(key.jwk(alg="RS256", use="sig"))
    take(house, provider.setting())
    return provider


async def test_a_token_opens_what_its_role_does_and_its_holder_is_named(house: House, taken: Provider, key: SigningKey) -> None:
    assert (await ask(house, taken.token(key))).json() == {"data": {"sites": []}}
    forbidden = (await ask(house, taken.token(key), DEFINE)).json()["data"]["defineSite"]
    assert forbidden == {"__typename": "OperationError", "code": "FORBIDDEN"}
    allowed = (await ask(house, taken.token(key, roles="operator"), DEFINE)).json()["data"]["defineSite"]
    assert allowed == {"__typename": "DefineSiteSuccess"}
    [defined] = await house.log.read_stream("site-s")
    assert json.loads(defined.metadata)["actor"] == "user:ada"


async def test_keys_go_on_working_beside_tokens(house: House, taken: Provider) -> None:
    assert await house.ask(PUBLIC) == {"sites": []}
    assert taken.asked == {}


async def test_a_house_that_takes_no_tokens_says_so(house: House, provider: Provider, key: SigningKey) -> None:
    assert "the setting openid names no provider" in await refusal(house, provider.token(key))


LONG_AGO, LONG_HENCE = 1_000_000_000, 4_000_000_000
CLAIMS: list[tuple[dict[str, Any], str]] = [
    ({"iss": "https://login.example"}, "its issuer is not the one"),
    ({"aud": "another"}, "its audience is not the one"),
    ({"aud": ["another", "third"]}, "its audience is not the one"),
    ({"exp": LONG_AGO}, "the token has expired"),
    ({"nbf": LONG_HENCE}, "not good yet"),
    ({"iat": LONG_HENCE}, "not good yet"),
    ({"exp": None}, "lacks the claim exp"),
    ({"aud": None}, "lacks the claim aud"),
    ({"iss": None}, "lacks the claim iss"),
    ({"sub": None}, "lacks the claim sub"),
    ({"sub": ""}, "1 to 255 printable characters"),
    ({"sub": "a\nb"}, "1 to 255 printable characters"),
    ({"sub": "a" * 256}, "1 to 255 printable characters"),
    ({"roles": None}, "names no role"),
    ({"roles": ["owner", 1, None]}, "names no role"),
    ({"roles": {"viewer": True}}, "names no role"),
]


@pytest.mark.parametrize(("claims", "told"), CLAIMS, ids=[f"{next(iter(claims.items()))}"[:40] for claims, _ in CLAIMS])
async def test_a_token_with_a_wrong_claim_is_refused_in_plain_words(
    house: House, taken: Provider, key: SigningKey, claims: dict[str, Any], told: str
) -> None:
    assert told in await refusal(house, taken.token(key, **claims))


async def test_clocks_may_differ_by_a_minute(house: House, taken: Provider, key: SigningKey) -> None:
    now = int(time.time())
    skewed: list[dict[str, Any]] = [{"exp": now - 30}, {"nbf": now + 30, "iat": now + 30}]
    for claims in skewed:
        assert (await ask(house, taken.token(key, **claims))).status_code == 200
    take(house, taken.setting(leeway_seconds=0))
    assert "expired" in await refusal(house, taken.token(key, exp=now - 30))


def _parts(header: dict[str, Any], claims: dict[str, Any]) -> str:
    encoded = (base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in (header, claims))
    return ".".join(encoded)


async def test_a_token_without_signature_or_with_one_that_anybody_could_make_opens_nothing(
    house: House, taken: Provider, key: SigningKey
) -> None:
    claims = jwt.decode(taken.token(key), options={"verify_signature": False})
    for none in ("none", "None", "NONE", ""):
        assert "signed with RS256" in await refusal(house, f"{_parts({'alg': none, 'kid': 'first'}, claims)}.")
    unsigned = _parts({"alg": "HS256", "kid": "first", "typ": "JWT"}, claims)
    for secret in (key.pem(), key.pem().strip(), json.dumps(key.jwk()).encode()):
        mac = base64.urlsafe_b64encode(hmac.new(secret, unsigned.encode(), sha256).digest()).decode().rstrip("=")
        assert "signed with RS256" in await refusal(house, f"{unsigned}.{mac}")
    assert "signed with RS256" in await refusal(house, taken.token(key, algorithm="PS256"))


async def test_a_token_that_was_changed_or_signed_by_another_opens_nothing(
    house: House, taken: Provider, key: SigningKey, other_key: SigningKey
) -> None:
    header, claims, signature = taken.token(key).split(".")
    stronger = taken.token(key, roles=["admin"]).split(".")[1]
    assert await refusal(house, f"{header}.{stronger}.{signature}") == "the token's signature is wrong"
    forged = taken.token(other_key, header={"kid": "first"})
    assert await refusal(house, forged) == "the token's signature is wrong"
    assert "does not publish" in await refusal(house, taken.token(other_key))
    own = taken.token(other_key, header={"jwk": other_key.jwk(), "jku": "http://127.0.0.1:9/keys", "kid": "first"})
    assert await refusal(house, own) == "the token's signature is wrong"
    for text in ("..", "a.b.c", f"{header}.{claims}.", f"{header}..{signature}", "é.é.é", f"{'A' * 9000}.{'A' * 9000}.A"):
        async with house.client(None) as client:
            sent = {b"authorization": b"Bearer " + text.encode("latin-1", "replace")}
            response = await client.post("/graphql", json={"query": PUBLIC}, headers=sent)
        assert response.status_code == 401, text[:40]
    deep = base64.urlsafe_b64encode(b"[" * 10_000).decode()
    assert "cannot be read" in await refusal(house, f"{deep}.{claims}.{signature}")
    assert "cannot be read" in await refusal(house, taken.token(key, header={"crit": ["x"], "x": 1}))


async def test_a_key_for_another_algorithm_or_too_short_is_not_used(house: House, provider: Provider, key: SigningKey) -> None:
    short = SigningKey("short", bits=1024)
    provider.publish(short.jwk(), key.jwk(alg="RS512"), {"kty": "oct", "kid": "shared", "k": "c2VjcmV0"}, {"kid": "odd"})
    take(house, provider.setting(algorithms=["RS256", "RS512", "ES256"]))
    with pytest.warns(jwt.InsecureKeyLengthWarning):
        weak = provider.token(short)
    for token in (weak, provider.token(key), *(provider.token(key, header={"kid": kid}) for kid in ("shared", "odd"))):
        assert "its key does not fit" in await refusal(house, token)
    assert (await ask(house, provider.token(key, algorithm="RS512"))).status_code == 200


async def test_other_algorithms_are_taken_where_the_settings_name_them(
    house: House, provider: Provider, key: SigningKey
) -> None:
    curve = generate_private_key(SECP256R1())
    elliptic: dict[str, Any] = jwt.algorithms.ECAlgorithm.to_jwk(curve.public_key(), as_dict=True)
    provider.publish(key.jwk(), {**elliptic, "kid": "curve"})
    take(house, provider.setting(algorithms=["PS256", "ES256"]))
    assert (await ask(house, provider.token(key, algorithm="PS256"))).status_code == 200
    now = int(time.time())
    claims = {"iss": provider.url, "aud": "greenhouse", "sub": "ada", "exp": now + 60, "roles": ["viewer"]}
    assert (await ask(house, jwt.encode(claims, curve, algorithm="ES256", headers={"kid": "curve"}))).status_code == 200
    assert "signed with PS256 or ES256" in await refusal(house, provider.token(key))


async def test_tokens_go_on_when_the_provider_changes_its_keys_and_when_it_is_away(
    house: House, taken: Provider, key: SigningKey
) -> None:
    assert (await ask(house, taken.token(key))).status_code == 200
    taken.answers.clear()
    assert (await ask(house, taken.token(key))).status_code == 200


async def test_a_provider_that_was_never_there_is_unavailable_and_not_a_stranger(
    house: House, provider: Provider, key: SigningKey
) -> None:
    provider.answers.clear()
    take(house, provider.setting())
    response = await ask(house, provider.token(key))
    assert (response.status_code, response.json()["errors"][0]["extensions"]["code"]) == (503, "UNAVAILABLE")
    assert response.headers["retry-after"] == "5"
    async with AsgiSocket(house.app, subprotocols=["graphql-transport-ws"]) as socket:
        socket.send({"type": "connection_init", "payload": {"authorization": f"Bearer {provider.token(key)}"}})
        code, reason = await socket.closed()
    assert (code, "try again later" in reason) == (1013, True)
    assert await house.ask(PUBLIC) == {"sites": []}


ROLES: list[tuple[dict[str, Any], dict[str, Any], Role | None]] = [
    ({}, {"roles": ["viewer", "admin", "operator"]}, Role.ADMIN),
    ({}, {"roles": "openid operator viewer"}, Role.OPERATOR),
    ({}, {"roles": "Admin"}, None),
    ({"role_claim": "realm_access.roles"}, {"realm_access": {"roles": ["operator"]}}, Role.OPERATOR),
    ({"role_claim": "realm_access.roles"}, {"realm_access": ["operator"]}, None),
    ({"role_claim": "https://farm.example/roles"}, {"https://farm.example/roles": ["viewer"]}, Role.VIEWER),
    ({"role_claim": "groups", "roles": {"growers": "operator"}}, {"groups": ["growers", "admin"]}, Role.OPERATOR),
    ({"role_claim": "groups", "roles": {"growers": "operator"}}, {"groups": ["operator"]}, None),
]


@pytest.mark.parametrize(("setting", "claims", "role"), ROLES)
async def test_the_settings_say_which_claim_makes_which_role(
    provider: Provider, key: SigningKey, setting: dict[str, Any], claims: dict[str, Any], role: Role | None
) -> None:
    provider.publish(key.jwk())
    chosen = provider.setting(**setting)
    holding = Tokens(chosen, KeySet(chosen)).holder(provider.token(key, **{"roles": None, **claims}))
    if role is None:
        with pytest.raises(Exception, match="names no role"):
            await holding
    else:
        assert (await holding).role is role


SITES: list[tuple[dict[str, Any], tuple[str, ...] | None]] = [
    ({"sites": ["north", "farm"]}, ("farm", "north")),
    ({"sites": "north farm"}, ("farm", "north")),
    ({"sites": "*"}, ()),
    ({"sites": "*", "roles": ["admin"]}, ()),
    ({"sites": ["north"], "roles": ["admin"]}, None),
    ({"sites": []}, None),
    ({"sites": ["a/b"]}, None),
    ({}, None),
]


@pytest.mark.parametrize(("claims", "sites"), SITES)
async def test_where_a_claim_names_the_sites_a_token_without_it_is_for_none(
    provider: Provider, key: SigningKey, claims: dict[str, Any], sites: tuple[str, ...] | None
) -> None:
    provider.publish(key.jwk())
    chosen = provider.setting(sites_claim="sites")
    holding = Tokens(chosen, KeySet(chosen)).holder(provider.token(key, **claims))
    if sites is None:
        with pytest.raises(Exception, match="claim 'sites'"):
            await holding
    else:
        assert (await holding).sites == sites


async def test_a_socket_is_opened_with_a_token_and_closed_when_it_ends(house: House, taken: Provider, key: SigningKey) -> None:
    assert (await ask(house, taken.token(key))).status_code == 200  # its keys are there now
    async with AsgiSocket(house.app, subprotocols=["graphql-transport-ws"]) as socket:
        await socket.init(taken.token(key))
        house.now += timedelta(seconds=359)
        socket.send({"type": "ping"})
        assert await socket.receive() == {"type": "pong"}
        house.now += timedelta(seconds=2)
        assert (await socket.closed())[0] == 4403
    async with AsgiSocket(house.app, subprotocols=["graphql-transport-ws"]) as socket:
        socket.send({"type": "connection_init", "payload": {"authorization": f"Bearer {taken.token(key, aud='x')}"}})
        assert (await socket.closed())[0] == 4403


async def test_no_session_of_the_page_is_opened_with_a_token(house: House, taken: Provider, key: SigningKey) -> None:
    async with house.client(None) as client:
        assert (await client.post("/session", json={"key": taken.token(key)})).status_code == 401
