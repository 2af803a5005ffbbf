"""Answers as they go out over HTTP."""

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from api.bodies import HttpRefused
from api.negotiation import JSON, answer_type
from api.operations import refusal


def json_response(
    content: object, status: int = 200, headers: dict[str, str] | None = None, *, content_type: str = JSON
) -> Response:
    """JSON that nobody keeps: it is true now, and for whoever asked."""
    kind = {"Content-Type": f"{content_type}; charset=utf-8", "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
    return Response(msgspec.json.encode(content), status, {**kind, **(headers or {})})


async def refused_response(request: Request, refused: Exception) -> Response:
    """What a refused request is answered: the one error, in the shape of a GraphQL answer."""
    assert isinstance(refused, HttpRefused)  # noqa: S101 - Starlette hands over no other
    content_type = answer_type(request.headers.get("accept")) or JSON
    return json_response(refusal(refused.error), refused.status, refused.headers, content_type=content_type)
