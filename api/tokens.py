"""Tokens of an OpenID provider: a JWT in the place of a key, to who it is of, and what that one may do."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final

import jwt
import msgspec

from adapters.openid.key_set import KeySet
from adapters.openid.provider import Jwk, OpenId, ProviderAwayError
from api.errors import ApiError, ErrorCode, away_error
from api.roles import Role
from schema.ids import is_valid_id

_LONGEST: Final = 16 * 1024
_LONGEST_SUBJECT: Final = 255
_DOTS: Final = 2
_STRONGEST_FIRST: Final = (Role.ADMIN, Role.OPERATOR, Role.VIEWER, Role.INGEST)
_LATEST: Final = datetime(9999, 1, 1, tzinfo=UTC)
_REASONS: Final[Mapping[type[Exception], str]] = {
    jwt.ExpiredSignatureError: "the token has expired",
    jwt.ImmatureSignatureError: "the token is not good yet: one of the clocks may be wrong",
    jwt.InvalidAudienceError: "the token is meant for somebody else: its audience is not the one of the setting openid",
    jwt.InvalidIssuerError: "the token is from somebody else: its issuer is not the one of the setting openid",
    jwt.InvalidSignatureError: "the token's signature is wrong",
}


class Holder(msgspec.Struct, frozen=True):
    """Whom a token is of, and until when it is good. No sites: all."""

    subject: str
    role: Role
    expires_at: datetime
    sites: tuple[str, ...] = ()


def is_token(text: str) -> bool:
    """Whether this is written like a JWT, which no key of ours is."""
    return text.count(".") == _DOTS and not text.startswith("gh_")


class Tokens:
    """Takes the tokens of one provider; ApiError UNAUTHENTICATED for others, UNAVAILABLE where its keys cannot be had."""

    def __init__(self, provider: OpenId, keys: KeySet) -> None:
        self._provider = provider
        self._keys = keys

    async def holder(self, text: str) -> Holder:
        """Whom the token is of."""
        if len(text) > _LONGEST:
            raise _refused(f"a token may have {_LONGEST} characters; this has {len(text)}")
        claims = await self._verified(text)
        subject = claims["sub"]
        if not 0 < len(subject) <= _LONGEST_SUBJECT or not subject.isprintable():
            raise _refused(f"the token's subject must be 1 to {_LONGEST_SUBJECT} printable characters")
        role = self._role(claims)
        ends = min(int(claims["exp"]) + self._provider.leeway_seconds, _LATEST.timestamp())
        return Holder(subject, role, datetime.fromtimestamp(ends, UTC), self._sites(claims, role))

    async def close(self) -> None:
        """Fetch no more of the provider's keys."""
        await self._keys.close()

    async def _verified(self, text: str) -> Mapping[str, Any]:
        """The claims of a token that was signed for us by the provider and is good now."""
        try:
            header = jwt.get_unverified_header(text)
            algorithm = header.get("alg")
            if algorithm not in self._provider.algorithms:
                raise _refused(f"tokens are to be signed with {' or '.join(self._provider.algorithms)}")
            jwk = await self._key(header.get("kid"))
            claims: dict[str, Any] = jwt.decode(
                text,
                jwt.PyJWK(dict(jwk), None if "alg" in jwk else algorithm),
                algorithms=list(self._provider.algorithms),
                audience=self._provider.audience,
                issuer=self._provider.issuer,
                leeway=self._provider.leeway_seconds,
                options={"require": ["exp", "iss", "aud", "sub"], "enforce_minimum_key_length": True},
            )
        except jwt.MissingRequiredClaimError as error:
            raise _refused(f"the token lacks the claim {error.claim}") from error
        except (jwt.PyJWTError, ValueError, TypeError, OverflowError, RecursionError) as error:
            raise _refused(_REASONS.get(type(error), "the token cannot be read, or its key does not fit")) from error
        return claims

    async def _key(self, kid: str | None) -> Jwk:
        try:
            jwk = await self._keys.find(kid)
        except ProviderAwayError as error:
            raise away_error("the keys of the OpenID provider cannot be had now; try again later") from error
        if jwk is None:
            raise _refused("the token is signed with a key that the provider does not publish")
        return jwk

    def _role(self, claims: Mapping[str, Any]) -> Role:
        provider = self._provider
        words = {provider.roles.get(value, "") if provider.roles else value for value in _values(claims, provider.role_claim)}
        for role in _STRONGEST_FIRST:
            if role.word in words:
                return role
        raise _refused(f"the token names no role that is known here: its claim {provider.role_claim!r} says which")

    def _sites(self, claims: Mapping[str, Any], role: Role) -> tuple[str, ...]:
        """Those of the claim, where the settings name one; a token without it is for none rather than for all."""
        if self._provider.sites_claim is None:
            return ()
        sites = set(_values(claims, self._provider.sites_claim))
        if "*" in sites:
            return ()
        if not sites or not all(map(is_valid_id, sites)):
            raise _refused(f"the token names no sites: its claim {self._provider.sites_claim!r} must hold ids of sites, or *")
        if role is Role.ADMIN:
            raise _refused(f"an admin is good for all sites: the claim {self._provider.sites_claim!r} of the token must be *")
        return tuple(sorted(sites))


def _values(claims: Mapping[str, Any], name: str) -> Iterator[str]:
    """The words of a claim, a list or a text with spaces; `a.b` is `b` in `a`, where no claim has that name itself."""
    value: Any = claims.get(name)
    if value is None:
        value = claims
        for part in name.split("."):
            value = value.get(part) if isinstance(value, dict) else None
    if isinstance(value, str):
        yield from value.split()
    elif isinstance(value, list):
        yield from (one for one in value if isinstance(one, str))


def _refused(message: str) -> ApiError:
    return ApiError(ErrorCode.UNAUTHENTICATED, message)
