"""Who asks: a key in `Authorization: Bearer`, or the page's session cookie, to a principal with a role."""

import hmac
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

import msgspec

from api.errors import ApiError, ErrorCode
from api.keys import read_key
from api.roles import Role
from api.sessions import LIFETIME, SessionSigner
from projections.queries import AccountQueries, KeyView

_NO_HASH: Final = "0" * 64


class Principal(msgspec.Struct, frozen=True):
    """Somebody let in: which key, its role, and until when."""

    key_id: str
    name: str
    role: Role
    expires_at: datetime | None

    @property
    def actor(self) -> str:
        """How events name whoever caused them."""
        return f"key:{self.key_id}"


class Session(msgspec.Struct, frozen=True):
    """A session that was opened. `lasts` is until `ends`, for clients whose clock differs from ours."""

    principal: Principal
    token: str
    ends: datetime
    lasts: timedelta


class Authenticator:
    """Lets in whoever has a key that exists, is not revoked and not expired; ApiError UNAUTHENTICATED for all others."""

    def __init__(self, accounts: AccountQueries, signer: SessionSigner, clock: Callable[[], datetime]) -> None:
        self._accounts = accounts
        self._signer = signer
        self._clock = clock

    def bearer(self, header: str) -> Principal:
        """The principal of an `Authorization` header's value."""
        scheme, _, text = header.partition(" ")
        if scheme.lower() != "bearer":
            raise _refused("the Authorization header must read: Bearer KEY")
        return self.key(text.strip())

    def key(self, text: str) -> Principal:
        """The principal of a key. An unknown one takes as long to refuse as a wrong secret."""
        presented = read_key(text)
        if presented is None:
            raise _refused("this is not a key of the form gh_ID_SECRET")
        known = self._accounts.key(presented.key_id)
        expected = _NO_HASH if known is None else known.secret_sha256
        if not hmac.compare_digest(presented.secret_sha256, expected) or known is None:
            raise _refused("the key is wrong")
        return self._admit(known)

    def session(self, token: str) -> Principal:
        """The principal of a session cookie, which dies with its key."""
        session = self._signer.read(token)
        known = None if session is None else self._accounts.key(session[0])
        if session is None or known is None:
            raise _refused("the session is not valid; log in again")
        if session[1] <= self._clock():
            raise _refused("the session has expired; log in again")
        admitted = self._admit(known)
        return msgspec.structs.replace(admitted, expires_at=_earlier(admitted.expires_at, session[1]))

    def start_session(self, key: str) -> Session:
        """A session for whoever has this key."""
        principal, now = self.key(key), self._clock()
        ends = _earlier(principal.expires_at, now + LIFETIME)
        return Session(principal, self._signer.sign(principal.key_id, ends), ends, ends - now)

    def still_valid(self, principal: Principal) -> bool:
        """Whether one who was let in would still be."""
        known = self._accounts.key(principal.key_id)
        expired = principal.expires_at is not None and principal.expires_at <= self._clock()
        return known is not None and not known.revoked and not expired

    def _admit(self, known: KeyView) -> Principal:
        if known.revoked:
            raise _refused("the key is revoked")
        if known.expires_at is not None and known.expires_at <= self._clock():
            raise _refused("the key has expired")
        try:
            role = Role(known.role)
        except ValueError:
            raise _refused(f"the key's role {known.role!r} is not known to this version") from None
        return Principal(known.key_id, known.name, role, known.expires_at)


def _earlier(first: datetime | None, second: datetime) -> datetime:
    return second if first is None else min(first, second)


def _refused(message: str) -> ApiError:
    return ApiError(ErrorCode.UNAUTHENTICATED, message)
