"""A provider's keys, kept: asked for seldom, found anew when they change, and good for a while without the provider."""

import asyncio
import re
from collections.abc import Callable
from itertools import count

import pytest

from adapters.openid import key_set
from adapters.openid.key_set import KeySet
from adapters.openid.provider import Jwk, OpenId, ProviderAwayError
from tests.support.openid_provider import Provider, SigningKey

WELL_KNOWN = "/.well-known/openid-configuration"


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


async def kid_of(keys: KeySet, kid: str | None) -> object:
    found = await keys.find(kid)
    return None if found is None else found.get("kid")


async def test_keys_are_found_where_the_issuer_says_and_asked_for_once(
    provider: Provider, key: SigningKey, clock: Clock
) -> None:
    provider.publish(key.jwk())
    keys = KeySet(provider.setting(), clock=clock)
    assert await asyncio.gather(*(kid_of(keys, "first") for _ in range(20))) == ["first"] * 20
    assert provider.asked == {WELL_KNOWN: 1, "/keys": 1}


async def test_with_an_address_of_its_own_the_issuer_is_not_asked(provider: Provider, key: SigningKey, clock: Clock) -> None:
    provider.publish(key.jwk())
    assert await kid_of(KeySet(provider.setting(jwks_url=f"{provider.url}/keys"), clock=clock), "first") == "first"
    assert provider.asked == {"/keys": 1}


async def test_a_new_key_is_found_at_once_but_the_provider_is_not_asked_for_each_that_nobody_knows(
    provider: Provider, key: SigningKey, other_key: SigningKey, clock: Clock
) -> None:
    provider.publish(key.jwk())
    keys = KeySet(provider.setting(), clock=clock)
    await keys.find("first")
    provider.publish(key.jwk(), other_key.jwk())
    clock.now = 31.0
    assert await kid_of(keys, "second") == "second"
    assert await asyncio.gather(*(kid_of(keys, f"unknown {number}") for number in range(20))) == [None] * 20
    assert provider.asked["/keys"] == 2
    clock.now = 62.0
    assert await kid_of(keys, "unknown") is None
    assert provider.asked["/keys"] == 3


async def test_a_key_that_was_given_up_is_forgotten(
    provider: Provider, key: SigningKey, other_key: SigningKey, clock: Clock
) -> None:
    provider.publish(key.jwk())
    keys = KeySet(provider.setting(), clock=clock)
    await keys.find("first")
    provider.publish(other_key.jwk())
    clock.now = 601.0
    while await kid_of(keys, "first") is not None:
        await asyncio.sleep(0.01)


async def test_while_the_provider_is_away_what_it_said_holds_for_a_day(
    provider: Provider, key: SigningKey, clock: Clock
) -> None:
    provider.publish(key.jwk())
    keys = KeySet(provider.setting(), clock=clock)
    await keys.find("first")
    provider.answers.clear()
    clock.now = 23 * 3600.0
    assert await asyncio.gather(*(kid_of(keys, "first") for _ in range(20))) == ["first"] * 20
    with pytest.raises(ProviderAwayError, match="status 404"):
        await keys.find("second")
    assert provider.asked[WELL_KNOWN] == 2
    clock.now = 25 * 3600.0
    with pytest.raises(ProviderAwayError, match="status 404"):
        await keys.find("first")


async def test_one_that_was_away_at_first_is_asked_again(provider: Provider, key: SigningKey, clock: Clock) -> None:
    answers, provider.answers = provider.answers, {}
    keys = KeySet(provider.setting(), clock=clock)
    for _ in range(3):
        with pytest.raises(ProviderAwayError, match="status 404"):
            await keys.find("first")
    assert provider.asked[WELL_KNOWN] == 1
    provider.answers = answers
    provider.publish(key.jwk())
    clock.now = 31.0
    assert await kid_of(keys, "first") == "first"


async def test_a_token_that_names_no_key_is_held_against_the_only_one(
    provider: Provider, key: SigningKey, other_key: SigningKey, clock: Clock
) -> None:
    provider.publish(key.jwk(), other_key.jwk(use="enc"))
    keys = KeySet(provider.setting(), clock=clock)
    assert await kid_of(keys, None) == "first"
    provider.publish(key.jwk(), other_key.jwk())
    clock.now = 601.0
    while await kid_of(keys, None) is not None:
        await asyncio.sleep(0.01)


async def test_nobody_whose_key_is_known_waits_for_a_provider_that_does_not_answer(
    provider: Provider, key: SigningKey, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider.publish(key.jwk())
    keys, asked = KeySet(provider.setting(), clock=clock), count()
    await keys.find("first")

    async def silent(_: OpenId) -> list[Jwk]:
        next(asked)
        await asyncio.Event().wait()
        return []

    monkeypatch.setattr(key_set, "fetch_keys", silent)
    clock.now = 601.0
    assert [await kid_of(keys, "first") for _ in range(3)] == ["first"] * 3
    strangers = [asyncio.create_task(kid_of(keys, f"unknown {number}")) for number in range(3)]
    await asyncio.sleep(0)
    strangers[0].cancel()
    await asyncio.wait([strangers[0]])
    clock.now = 650.0
    assert await kid_of(keys, "first") == "first"
    assert next(asked) == 1, "who gives up ends it for nobody, and nobody begins it anew"
    await keys.close()
    await asyncio.gather(*strangers, return_exceptions=True)
    assert "openid-keys" not in {task.get_name() for task in asyncio.all_tasks()}


def _other_issuer(provider: Provider) -> None:
    provider.discover(issuer="http://127.0.0.1:1", jwks_uri=f"{provider.url}/keys")


def _other_scheme(provider: Provider) -> None:
    provider.discover(issuer=provider.url, jwks_uri="file:///etc/passwd")


def _saying(status: int, body: bytes) -> Callable[[Provider], None]:
    return lambda provider: provider.answers.update({"/keys": (status, body)})


@pytest.mark.parametrize(
    ("broken", "told"),
    [
        (_other_issuer, "is of the issuer 'http://127.0.0.1:1'"),
        (_other_scheme, "which is no http address"),
        (_saying(500, b""), "status 500"),
        (_saying(302, b""), "status 302"),
        (_saying(200, b"<html>"), "malformed"),
        (_saying(200, b"[" * 100_000), "/keys"),
        (_saying(200, b'{"keys": 1}'), "array"),
        (_saying(200, b'{"keys": [' + b",".join([b"{}"] * 101) + b"]}"), "length <= 100"),
        (_saying(200, b" " * (1024 * 1024 + 1)), "more than 1048576 bytes"),
    ],
    ids=["issuer", "scheme", "error", "redirect", "html", "deep", "kind", "many", "large"],
)
async def test_what_a_provider_may_not_say_is_named(
    provider: Provider, clock: Clock, broken: Callable[[Provider], None], told: str
) -> None:
    broken(provider)
    with pytest.raises(ProviderAwayError) as away:
        await KeySet(provider.setting(), clock=clock).find("first")
    assert told in str(away.value)


async def test_one_that_does_not_listen_is_named(clock: Clock) -> None:
    setting = OpenId(issuer="http://127.0.0.1:9", audience="x")
    with pytest.raises(ProviderAwayError, match=re.escape("http://127.0.0.1:9/.well-known/openid-configuration: ")):
        await KeySet(setting, clock=clock).find("first")
