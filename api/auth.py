"""Who asks: a key or a token in `Authorization: Bearer`, or the page's session cookie, to a principal with a role."""

import hmac
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

import msgspec

from api.errors import ApiError, ErrorCode
from api.keys import handle_of, read_handle, read_key
from api.roles import Role
from api.scope import EVERYTHING, Scope
from api.sessions import LIFETIME, SessionSigner
from api.tokens import Tokens, is_token
from projections.account_queries import AccountQueries, KeySecret, KeyView

_NO_HASH: Final = "0" * 64


class StrangerError(ApiError):
    """Somebody who is not let in; `key_id` is the key that was presented, as far as it was one."""

    def __init__(self, message: str, key_id: str | None = None) -> None:
        super().__init__(ErrorCode.UNAUTHENTICATED, message)
        self.key_id = key_id


class Principal(msgspec.Struct, frozen=True):
    """Somebody let in: with which key, its role, until when, for what part of the house, from where, with which secret.

    Of a token's holder `key_id` is `user:` and the subject.
    """

    key_id: str
    name: str
    role: Role
    expires_at: datetime | None
    scope: Scope = EVERYTHING
    address: str | None = None
    secret: int = 1
    by_token: bool = False

    @property
    def actor(self) -> str:
        """How events name whoever caused them."""
        return self.key_id if self.by_token else actor_of(self.key_id)


class Session(msgspec.Struct, frozen=True):
    """A session that was opened. `lasts` is until `ends`, for clients whose clock differs from ours."""

    principal: Principal
    token: str
    ends: datetime
    lasts: timedelta


class Authenticator:
    """Lets in whoever has a key that exists, is not revoked and not expired, or a token; StrangerError for all others.

    Of tokens that are refused ApiError says why.
    """

    def __init__(
        self, accounts: AccountQueries, signer: SessionSigner, clock: Callable[[], datetime], tokens: Tokens | None = None
    ) -> None:
        self._accounts = accounts
        self._signer = signer
        self._clock = clock
        self._tokens = tokens

    async def bearer(self, header: str) -> Principal:
        """The principal of an `Authorization` header's value."""
        scheme, _, text = header.partition(" ")
        if scheme.lower() != "bearer":
            raise StrangerError("the Authorization header must read: Bearer KEY")
        text = text.strip()
        if not is_token(text):
            return self.key(text)
        if self._tokens is None:
            raise StrangerError("tokens are not taken here, only keys: the setting openid names no provider")
        holder = await self._tokens.holder(text)
        scope = Scope.of(holder.sites, ())
        return Principal(f"user:{holder.subject}", holder.subject, holder.role, holder.expires_at, scope, by_token=True)

    def key(self, text: str) -> Principal:
        """The principal of a key. An unknown one takes as long to refuse as a wrong secret."""
        presented = read_key(text)
        if presented is None:
            raise StrangerError("this is not a key of the form gh_ID_SECRET")
        known = self._accounts.key(presented.key_id)
        secret = None if known is None else known.secret(presented.number)
        expected = _NO_HASH if secret is None else secret.sha256
        if not hmac.compare_digest(presented.secret_sha256, expected) or known is None or secret is None:
            raise StrangerError("the key is wrong", presented.key_id)
        return self._admit(known, secret)

    def session(self, token: str) -> Principal:
        """The principal of a session cookie, which dies with its key."""
        session = self._signer.read(token)
        handle = None if session is None else read_handle(session[0])
        known = None if handle is None else self._accounts.key(handle[0])
        secret = None if known is None or handle is None else known.secret(handle[1])
        if session is None or known is None or secret is None:
            raise StrangerError("the session is not valid; log in again")
        if session[1] <= self._clock():
            raise StrangerError("the session has expired; log in again", known.key_id)
        admitted = self._admit(known, secret)
        return msgspec.structs.replace(admitted, expires_at=_earlier(admitted.expires_at, session[1]))

    def start_session(self, key: str) -> Session:
        """A session for whoever has this key."""
        principal, now = self.key(key), self._clock()
        ends = _earlier(principal.expires_at, now + LIFETIME)
        return Session(principal, self._signer.sign(handle_of(principal.key_id, principal.secret), ends), ends, ends - now)

    def still_valid(self, principal: Principal) -> bool:
        """Whether one who was let in would still be."""
        now = self._clock()
        known = None if principal.by_token else self._accounts.key(principal.key_id)
        expired = principal.expires_at is not None and principal.expires_at <= now
        good = [] if known is None else [secret.number for secret in known.good_secrets(now)]
        return (principal.by_token or principal.secret in good) and not expired

    def _admit(self, known: KeyView, secret: KeySecret) -> Principal:
        if known.revoked:
            raise StrangerError("the key is revoked", known.key_id)
        if known.expires_at is not None and known.expires_at <= self._clock():
            raise StrangerError("the key has expired", known.key_id)
        if secret.until is not None and secret.until <= self._clock():
            raise StrangerError("the key was rotated, and this secret is over; take the new one", known.key_id)
        try:
            role = Role(known.role)
        except ValueError:
            raise StrangerError(f"the key's role {known.role!r} is not known to this version", known.key_id) from None
        ends = known.expires_at if secret.until is None else _earlier(known.expires_at, secret.until)
        scope = Scope.of(known.sites, known.devices)
        return Principal(known.key_id, known.name, role, ends, scope, secret=secret.number)


def _earlier(first: datetime | None, second: datetime) -> datetime:
    return second if first is None else min(first, second)


def actor_of(key_id: str) -> str:
    """How events and the audit trail name whoever has that key."""
    return f"key:{key_id}"
