"""Answers as they go out over HTTP."""

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from api.bodies import HttpRefused
from api.metrics import ApiMetrics
from api.negotiation import JSON, answer_type
from api.operations import refusal


def json_response(
    content: object, status: int = 200, headers: dict[str, str] | None = None, *, content_type: str = JSON
) -> Response:
    """JSON that nobody keeps: it is true now, and for whoever asked."""
    kind = {"Content-Type": f"{content_type}; charset=utf-8", "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
    return Response(msgspec.json.encode(content), status, {**kind, **(headers or {})})


class Refusals:
    """Answers requests that their HTTP side refused: the one error, in the shape of a GraphQL answer."""

    def __init__(self, metrics: ApiMetrics) -> None:
        self._metrics = metrics

    async def respond(self, request: Request, refused: Exception) -> Response:
        assert isinstance(refused, HttpRefused)  # noqa: S101 - Starlette hands over no other
        answer = refusal(refused.error)
        self._metrics.refused(answer["errors"])
        content_type = answer_type(request.headers.get("accept")) or JSON
        return json_response(answer, refused.status, refused.headers, content_type=content_type)
