"""Who a request comes from: the key in its header, or the session in its cookie; and which web pages may send any."""

from collections.abc import Collection
from typing import Final

import msgspec
from starlette.requests import HTTPConnection

from adapters.audit.port import Action, Deed
from api.auth import Authenticator, Principal, Session, StrangerError, actor_of
from api.deeds import Notes, refusal_of
from api.errors import ApiError, ErrorCode
from api.sessions import COOKIE
from api.transports.bodies import HttpRefused

_LONGEST_ID: Final = 64
CHALLENGE: Final = {"WWW-Authenticate": 'Bearer realm="glasshouse"'}


class Access:
    """Lets in whoever says who he is, from our own page, a page of an allowed origin, or no page at all; notes all others."""

    def __init__(self, authenticator: Authenticator, notes: Notes, allowed_origins: Collection[str] = ()) -> None:
        self._authenticator = authenticator
        self._notes = notes
        self._allowed = frozenset(allowed_origins)

    async def principal_of(self, request: HTTPConnection) -> Principal:
        """Whoever asks over HTTP; HttpRefused 401 for strangers, 403 for pages from elsewhere."""
        try:
            return await self.admit(request, request.headers.get("authorization"))
        except ApiError as error:
            if error.code is ErrorCode.FORBIDDEN:
                raise HttpRefused(403, error) from error
            if error.code is ErrorCode.UNAVAILABLE:
                raise HttpRefused(503, error) from error
            raise HttpRefused(401, error, CHALLENGE) from error

    async def admit(self, connection: HTTPConnection, authorization: str | None) -> Principal:
        """Whoever that authorization is of, or without one the cookie; ApiError where nobody is let in by it."""
        try:
            self._require_origin(connection)
            if authorization is not None:
                admitted = await self._authenticator.bearer(authorization)
            else:
                admitted = self._authenticator.session(_cookie_of(connection))
        except ApiError as error:
            self.refused(connection, error)
            raise
        return msgspec.structs.replace(admitted, address=address_of(connection))

    def log_in(self, request: HTTPConnection, key: str) -> Session:
        """A session for whoever has this key, and opened our page; ApiError for all others."""
        try:
            require_same_origin(request)
            session = self._authenticator.start_session(key)
        except ApiError as error:
            self.refused(request, error, Action.LOG_IN)
            raise
        self._notes.note(Deed(actor=session.principal.actor, address=address_of(request), action=Action.LOG_IN))
        return session

    def is_good(self, principal: Principal) -> bool:
        """Whether one who was let in would still be; noted where he would not."""
        good = self._authenticator.still_valid(principal)
        if not good:
            error = ApiError(ErrorCode.UNAUTHENTICATED, "the key is no longer good")
            self._notes.note(refusal_of(principal.actor, principal.address, Action.ENTER, error))
        return good

    def refused(self, connection: HTTPConnection, error: ApiError, action: Action = Action.ENTER) -> None:
        """Note that somebody was not let in."""
        claimed = error.key_id if isinstance(error, StrangerError) else None
        actor = None if claimed is None else actor_of(claimed[:_LONGEST_ID])
        self._notes.note(refusal_of(actor, address_of(connection), action, error))

    def _require_origin(self, connection: HTTPConnection) -> None:
        """ApiError FORBIDDEN where a page from elsewhere sent it, that is not allowed to."""
        origin = connection.headers.get("origin")
        if origin is not None and origin not in self._allowed and not is_same_origin(connection):
            raise ApiError(
                ErrorCode.FORBIDDEN,
                f"pages of {origin[:100]!r} may not ask here; the setting allowed_origins names those that may",
            )


def _cookie_of(connection: HTTPConnection) -> str:
    """The session's; StrangerError where there is none, or where another site sent it along."""
    token = connection.cookies.get(COOKIE)
    if token is None:
        raise StrangerError("a key is needed: Authorization: Bearer KEY")
    if not is_same_origin(connection):
        raise StrangerError("a session is good for its own origin only")
    return token


def address_of(connection: HTTPConnection) -> str | None:
    """Where it comes from, as far as the server can tell."""
    return None if connection.client is None else connection.client.host


def require_same_origin(request: HTTPConnection) -> None:
    """ApiError FORBIDDEN where another site may be behind a request that logs in or out."""
    if not is_same_origin(request):
        raise ApiError(ErrorCode.FORBIDDEN, "log in and out from the page itself")


def is_same_origin(request: HTTPConnection) -> bool:
    """Whether no other site is behind this. Browsers send an Origin with all but same-origin GETs, and with every websocket."""
    origin = request.headers.get("origin")
    if origin is None:
        return bool(request.scope["type"] == "http")
    scheme, _, place = origin.partition("://")
    # Where a proxy that is not trusted speaks TLS, the browser's https comes in as http.
    schemes = {"https"} if request.url.scheme in {"https", "wss"} else {"http", "https"}
    return scheme in schemes and place == request.headers.get("host")
