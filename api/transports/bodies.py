"""Reading what a client sends: no more of it than allowed, and for no longer."""

from typing import TypeVar

import msgspec
from starlette.requests import Request

from api.errors import ApiError, ErrorCode, limit_error
from api.limits import Limits
from api.transports.negotiation import is_json
from api.within import within

_T = TypeVar("_T")


class HttpRefused(Exception):  # noqa: N818 - it is an answer, and no fault
    """A request that is refused by its HTTP side, with the status that says so."""

    def __init__(self, status: int, error: ApiError, headers: dict[str, str] | None = None) -> None:
        super().__init__(error.message)
        self.status = status
        self.error = error
        self.headers = headers or {}


async def read_json(request: Request, kind: type[_T], limits: Limits) -> _T:
    """The JSON body of a request; HttpRefused where it is too large, too slow, or no such thing."""
    if not is_json(request.headers.get("content-type", "")) or "content-encoding" in request.headers:
        raise HttpRefused(415, ApiError(ErrorCode.INVALID_INPUT, "send application/json in UTF-8, not compressed"))
    return decode(await _read(request, limits), kind)


def decode(body: bytes | str, kind: type[_T]) -> _T:
    """JSON of that shape; HttpRefused 400 for anything else."""
    try:
        return msgspec.json.decode(body, type=kind)
    except (ValueError, RecursionError) as error:
        raise HttpRefused(400, ApiError(ErrorCode.INVALID_INPUT, f"the request cannot be read: {error}")) from error


async def _read(request: Request, limits: Limits) -> bytes:
    try:
        return await within(limits.body_seconds, _body(request, limits.body_bytes))
    except TimeoutError:
        raise HttpRefused(408, limit_error("seconds of sending", limits.body_seconds, "more")) from None


async def _body(request: Request, allowed: int) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > allowed:
            raise HttpRefused(413, limit_error("bytes of body", allowed, _announced(request, len(body))))
    return bytes(body)


def _announced(request: Request, read: int) -> int | str:
    announced = request.headers.get("content-length", "")
    return int(announced) if announced.isdecimal() else f"more than {read}"
