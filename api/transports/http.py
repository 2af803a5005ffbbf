"""GraphQL over HTTP: POST of JSON, and GET but for mutations, with the media types and status codes of that specification."""

from typing import Any, Final

import msgspec
from graphql import OperationType
from starlette.requests import Request as HttpRequest
from starlette.responses import Response

from api.access import Access
from api.errors import ApiError, ErrorCode, RequestRefused
from api.execution.execution import Answer
from api.execution.operations import Operations, Ready, refusal
from api.execution.request import Request
from api.transports.bodies import HttpRefused, decode, read_json
from api.transports.event_stream import EventStreams
from api.transports.negotiation import answer_type, refused_status, takes_events
from api.transports.responses import cacheable_response, json_response, refused_response

_NO_STREAM: Final = (
    "subscriptions run over the websocket (graphql-transport-ws), or as server-sent events: Accept: text/event-stream"
)


class GraphQLOverHttp:
    """The endpoint `/graphql` for plain requests, and for those that want events."""

    def __init__(self, operations: Operations, events: EventStreams, access: Access) -> None:
        self._operations = operations
        self._events = events
        self._access = access

    async def respond(self, request: HttpRequest) -> Response:
        accept = request.headers.get("accept")
        content_type, events = answer_type(accept), takes_events(accept)
        if content_type is None and not events:
            raise HttpRefused(406, ApiError(ErrorCode.INVALID_INPUT, "this answers as JSON or events; Accept rules out both"))
        principal = await self._access.principal_of(request)
        asked = await self._read(request)
        try:
            ready = self._operations.prepare(asked, principal)
            _check_method(request, ready, events=events)
            if ready.prepared.kind is OperationType.SUBSCRIPTION:
                return await self._events.of_subscription(ready, principal)
            answer = await self._operations.run(ready, principal)
        except (ApiError, RequestRefused) as error:
            if isinstance(error, ApiError):
                self._operations.refused(principal, error)
            refused = refusal(error)
            self._operations.metrics.refused(refused["errors"])
            return self._refuse(refused, content_type)
        return self._respond(request, answer, content_type)

    def _respond(self, request: HttpRequest, answer: Answer, content_type: str | None) -> Response:
        if content_type is None:
            return self._events.of_answer(answer)
        if request.method != "POST" and "errors" not in answer:
            return cacheable_response(request, answer, content_type=content_type)
        return json_response(answer, content_type=content_type)

    def _refuse(self, refused: Answer, content_type: str | None) -> Response:
        """Whoever may try again is told when; events say it in their result."""
        if content_type is None:
            return self._events.of_answer(refused)
        status = 429 if "retryAfter" in refused["errors"][0]["extensions"] else refused_status(content_type)
        return refused_response(refused, status, content_type=content_type)

    async def _read(self, request: HttpRequest) -> Request:
        """Whose parameters are none of that kind is refused as no GraphQL request at all, whatever it accepts."""
        is_post = request.method == "POST"
        asked = await read_json(request, Request, self._operations.limits) if is_post else _from_query(request)
        if not asked.takes_variables():
            raise HttpRefused(400, ApiError(ErrorCode.INVALID_INPUT, "variables must be a JSON object"))
        return asked


def _from_query(request: HttpRequest) -> Request:
    """A GET holds it all in its query string, which the server bounds as it does all headers."""
    given = request.query_params
    parameters: dict[str, Any] = {name: given[name] for name in ("query", "documentId", "operationName") if given.get(name)}
    parameters |= {name: decode(given[name], msgspec.Raw) for name in ("variables", "extensions") if given.get(name)}
    return decode(msgspec.json.encode(parameters), Request)


def _check_method(request: HttpRequest, ready: Ready, *, events: bool) -> None:
    kind = ready.prepared.kind
    if kind is OperationType.SUBSCRIPTION and not events:
        raise HttpRefused(400, ApiError(ErrorCode.INVALID_INPUT, _NO_STREAM))
    if request.method != "POST" and kind is OperationType.MUTATION:
        raise HttpRefused(405, ApiError(ErrorCode.INVALID_INPUT, "mutations are sent by POST"), {"Allow": "POST"})
    if request.method == "HEAD" and kind is OperationType.SUBSCRIPTION:
        raise HttpRefused(405, ApiError(ErrorCode.INVALID_INPUT, "a subscription has no head alone"), {"Allow": "GET, POST"})
