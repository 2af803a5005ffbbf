"""The page's way in: a key for a session cookie that no script can read, and out again."""

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from api.access import CHALLENGE, Access, require_same_origin
from api.auth import Session, StrangerError
from api.errors import ApiError
from api.limits import Limits
from api.sessions import COOKIE
from api.transports.bodies import HttpRefused, read_json
from api.transports.responses import json_response
from schema.times import format_time


class Login(msgspec.Struct, frozen=True):
    """What is sent to log in."""

    key: str


class Sessions:
    """The endpoint `/session`."""

    def __init__(self, access: Access, limits: Limits) -> None:
        self._access = access
        self._limits = limits

    async def respond(self, request: Request) -> Response:
        return await self._log_in(request) if request.method == "POST" else _log_out(request)

    async def _log_in(self, request: Request) -> Response:
        login = await read_json(request, Login, self._limits)
        try:
            session = self._access.log_in(request, login.key)
        except StrangerError as error:
            raise HttpRefused(401, error, CHALLENGE) from error
        except ApiError as error:
            raise HttpRefused(403, error) from error
        response = json_response(_about(session))
        _set_cookie(response, request, session.token, int(session.lasts.total_seconds()))
        return response


def _log_out(request: Request) -> Response:
    try:
        require_same_origin(request)
    except ApiError as error:
        raise HttpRefused(403, error) from error
    response = Response(status_code=204)
    _set_cookie(response, request, "", 0)
    return response


def _set_cookie(response: Response, request: Request, token: str, seconds: int) -> None:
    """For where the browser sees us, and encrypted where it came so; of no seconds it is forgotten."""
    path, secure = f"{request.scope.get('root_path', '')}/", request.url.scheme == "https"
    response.set_cookie(COOKIE, token, max_age=seconds, path=path, secure=secure, httponly=True, samesite="strict")


def _about(session: Session) -> dict[str, str]:
    principal = session.principal
    return {"name": principal.name, "role": principal.role.word, "expiresAt": format_time(session.ends)}
