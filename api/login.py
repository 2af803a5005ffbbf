"""The page's way in: a key for a session cookie that no script can read, and out again."""

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from api.access import CHALLENGE, is_same_origin
from api.auth import Authenticator, Session
from api.bodies import HttpRefused, read_json
from api.errors import ApiError, ErrorCode
from api.limits import Limits
from api.responses import json_response
from api.sessions import COOKIE
from schema.times import format_time


class Login(msgspec.Struct, frozen=True):
    """What is sent to log in."""

    key: str


class Sessions:
    """The endpoint `/session`."""

    def __init__(self, authenticator: Authenticator, limits: Limits) -> None:
        self._authenticator = authenticator
        self._limits = limits

    async def respond(self, request: Request) -> Response:
        return await self._log_in(request) if request.method == "POST" else _log_out(request)

    async def _log_in(self, request: Request) -> Response:
        login = await read_json(request, Login, self._limits)
        if not is_same_origin(request):
            raise HttpRefused(403, ApiError(ErrorCode.FORBIDDEN, "log in from the page itself"))
        try:
            session = self._authenticator.start_session(login.key)
        except ApiError as error:
            raise HttpRefused(401, error, CHALLENGE) from error
        response = json_response(_about(session))
        seconds, secure = int(session.lasts.total_seconds()), request.url.scheme == "https"
        response.set_cookie(COOKIE, session.token, max_age=seconds, path="/", secure=secure, httponly=True, samesite="strict")
        return response


def _log_out(request: Request) -> Response:
    if not is_same_origin(request):
        raise HttpRefused(403, ApiError(ErrorCode.FORBIDDEN, "log out from the page itself"))
    response = Response(status_code=204)
    response.delete_cookie(COOKIE, path="/", secure=request.url.scheme == "https", httponly=True, samesite="strict")
    return response


def _about(session: Session) -> dict[str, str]:
    principal = session.principal
    return {"name": principal.name, "role": principal.role.word, "expiresAt": format_time(session.ends)}
