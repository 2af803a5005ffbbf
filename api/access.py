"""Who a request comes from: the key in its header, or the session in its cookie when the page itself sent it."""

from typing import Final
from urllib.parse import urlsplit

from starlette.requests import HTTPConnection

from api.auth import Authenticator, Principal
from api.bodies import HttpRefused
from api.errors import ApiError, ErrorCode
from api.sessions import COOKIE

CHALLENGE: Final = {"WWW-Authenticate": 'Bearer realm="glasshouse"'}


def principal_of(request: HTTPConnection, authenticator: Authenticator) -> Principal:
    """Whoever asks; HttpRefused 401 for strangers."""
    try:
        header = request.headers.get("authorization")
        return authenticator.bearer(header) if header is not None else session_of(request, authenticator)
    except ApiError as error:
        raise HttpRefused(401, error, CHALLENGE) from error


def session_of(request: HTTPConnection, authenticator: Authenticator) -> Principal:
    """Whoever the cookie is of; ApiError UNAUTHENTICATED where there is none, or where another site sent it along."""
    token = request.cookies.get(COOKIE)
    if token is None:
        raise ApiError(ErrorCode.UNAUTHENTICATED, "a key is needed: Authorization: Bearer KEY")
    if not is_same_origin(request):
        raise ApiError(ErrorCode.UNAUTHENTICATED, "a session is good for its own origin only")
    return authenticator.session(token)


def is_same_origin(request: HTTPConnection) -> bool:
    """Whether no other site is behind this. Browsers send an Origin with all but same-origin GETs, and with every websocket."""
    origin = request.headers.get("origin")
    if origin is None:
        return bool(request.scope["type"] == "http")
    return bool(urlsplit(origin).netloc == request.headers.get("host"))
