"""A provider of OpenID Connect as the settings name it, and what it publishes about itself."""

import asyncio
from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal, TypeVar
from urllib.parse import urlsplit

import httpx
import msgspec

Algorithm = Literal["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]
"""Those with a public key. With a shared secret, or with none, anybody who checks a token could make one."""
Jwk = Mapping[str, Any]

_SECONDS: Final = 5.0
_BYTES_MOST: Final = 1024 * 1024
_KEYS_MOST: Final = 100
_WELL_KNOWN: Final = "/.well-known/openid-configuration"
_T = TypeVar("_T")


class OpenId(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whose tokens are taken, and how their claims are read.

    `jwks_url` None: as the issuer says under its well-known address. `roles` is {value of the claim: role}; empty: the values
    are roles themselves. `sites_claim` None: tokens are good for all sites.
    """

    issuer: str
    audience: str
    jwks_url: str | None = None
    algorithms: tuple[Algorithm, ...] = ("RS256",)
    role_claim: str = "roles"
    roles: Mapping[str, Literal["viewer", "operator", "ingest", "admin"]] = {}
    sites_claim: str | None = None
    leeway_seconds: Annotated[float, msgspec.Meta(ge=0, le=300)] = 60.0


class ProviderAwayError(Exception):
    """The provider does not say, or not in a way that can be understood, what it is asked for."""


class _Discovered(msgspec.Struct):
    issuer: str
    jwks_uri: str


class _Jwks(msgspec.Struct):
    keys: Annotated[list[dict[str, Any]], msgspec.Meta(max_length=_KEYS_MOST)]


async def fetch_keys(provider: OpenId) -> list[Jwk]:
    """The keys that it signs with now; ProviderAwayError in plain words."""
    url = provider.jwks_url or await _discovered(provider)
    return [jwk for jwk in (await _fetch(url, _Jwks)).keys if jwk.get("use", "sig") == "sig"]


async def _discovered(provider: OpenId) -> str:
    """Where the issuer says that its keys are; nobody else may say so in its name."""
    url = provider.issuer.rstrip("/") + _WELL_KNOWN
    found = await _fetch(url, _Discovered)
    if found.issuer != provider.issuer:
        raise ProviderAwayError(f"{url} is of the issuer {found.issuer[:200]!r}, not of {provider.issuer!r}")
    scheme = urlsplit(provider.issuer).scheme
    if urlsplit(found.jwks_uri).scheme != scheme:
        raise ProviderAwayError(f"{url} names its keys at {found.jwks_uri[:200]!r}, which is no {scheme} address")
    return found.jwks_uri


async def _fetch(url: str, kind: type[_T]) -> _T:
    try:
        async with asyncio.timeout(_SECONDS), httpx.AsyncClient(timeout=_SECONDS) as client:
            return msgspec.json.decode(await _read(client, url), type=kind)
    except (httpx.HTTPError, httpx.InvalidURL, TimeoutError, ValueError, RecursionError) as error:
        raise ProviderAwayError(f"{url}: {str(error) or type(error).__name__}") from error


async def _read(client: httpx.AsyncClient, url: str) -> bytes:
    """What is there, as long as it is not too much; ValueError for anything else, a redirect included."""
    plain = {"accept": "application/json", "accept-encoding": "identity"}
    async with client.stream("GET", url, headers=plain) as response:
        if response.status_code != httpx.codes.OK:
            raise ValueError(f"it answers with status {response.status_code}")
        body = bytearray()
        async for chunk in response.aiter_raw():
            body += chunk
            if len(body) > _BYTES_MOST:
                raise ValueError(f"it sends more than {_BYTES_MOST} bytes")
    return bytes(body)
