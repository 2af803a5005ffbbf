"""Answers as they go out over HTTP."""

from hashlib import blake2b

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from api.execution.execution import Answer
from api.execution.operations import refusal
from api.metrics import ApiMetrics
from api.transports.bodies import HttpRefused
from api.transports.negotiation import JSON, answer_type


def json_response(
    content: object, status: int = 200, headers: dict[str, str] | None = None, *, content_type: str = JSON
) -> Response:
    """JSON that nobody keeps: it is true now, and for whoever asked."""
    return made_response(msgspec.json.encode(content), status, headers, content_type=content_type)


def made_response(body: bytes, status: int, headers: dict[str, str] | None = None, *, content_type: str = JSON) -> Response:
    """As `json_response`, of what is JSON already."""
    kind = {"Content-Type": f"{content_type}; charset=utf-8", "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
    return Response(body, status, {**kind, **(headers or {})})


def cacheable_response(request: Request, content: object, *, content_type: str) -> Response:
    """JSON that the client itself may keep, and asks about before it is shown again: 304 where it is still so."""
    body = msgspec.json.encode(content)
    tag = tag_of(body)
    kind = {"Content-Type": f"{content_type}; charset=utf-8", "X-Content-Type-Options": "nosniff"}
    headers = {"Cache-Control": "private, no-cache", "Vary": "Accept, Authorization, Cookie", "ETag": tag}
    return Response(status_code=304, headers=headers) if knows(request, tag) else Response(body, headers=kind | headers)


def tag_of(content: bytes) -> str:
    """An `ETag` of the content; a weak one, since it may go out compressed."""
    return f'W/"{blake2b(content, digest_size=12).hexdigest()}"'


def knows(request: Request, tag: str) -> bool:
    """Whether the client says that it has what this tag is of: with `W/` or without, one of several, or `*`."""
    known = {one.strip().removeprefix("W/") for one in request.headers.get("if-none-match", "").split(",")}
    return "*" in known or tag.removeprefix("W/") in known


def refused_response(answer: Answer, status: int, headers: dict[str, str] | None = None, *, content_type: str) -> Response:
    """An answer that holds errors alone, with when to come again where the first of them tells."""
    seconds = answer["errors"][0]["extensions"].get("retryAfter")
    later = {} if seconds is None else {"Retry-After": str(seconds)}
    return json_response(answer, status, later | (headers or {}), content_type=content_type)


class Refusals:
    """Answers requests that their HTTP side refused: the one error, in the shape of a GraphQL answer."""

    def __init__(self, metrics: ApiMetrics) -> None:
        self._metrics = metrics

    async def failed(self, request: Request, error: Exception) -> Response:
        """The answer to what nobody expected: masked, with a trace id."""
        content_type = answer_type(request.headers.get("accept")) or JSON
        return json_response(refusal(error), 500, content_type=content_type)

    async def respond(self, request: Request, refused: Exception) -> Response:
        assert isinstance(refused, HttpRefused)  # noqa: S101 - Starlette hands over no other
        answer = refusal(refused.error)
        self._metrics.refused(answer["errors"])
        content_type = answer_type(request.headers.get("accept")) or JSON
        return refused_response(answer, refused.status, refused.headers, content_type=content_type)
