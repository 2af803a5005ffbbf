"""GraphQL over HTTP: POST of JSON, and GET for queries, with the media types and status codes of that specification."""

from typing import Any

import msgspec
from graphql import OperationType
from starlette.requests import Request as HttpRequest
from starlette.responses import Response

from api.access import principal_of
from api.auth import Authenticator
from api.bodies import HttpRefused, decode, read_json
from api.errors import ApiError, ErrorCode, RequestRefused
from api.negotiation import answer_type, refused_status
from api.operations import Operations, Ready, Request, refusal
from api.responses import json_response


class GraphQLOverHttp:
    """The endpoint `/graphql` for plain requests."""

    def __init__(self, operations: Operations, authenticator: Authenticator) -> None:
        self._operations = operations
        self._authenticator = authenticator

    async def respond(self, request: HttpRequest) -> Response:
        content_type = answer_type(request.headers.get("accept"))
        if content_type is None:
            raise HttpRefused(406, ApiError(ErrorCode.INVALID_INPUT, "this answers as JSON, which Accept rules out"))
        principal = principal_of(request, self._authenticator)
        asked = await self._read(request)
        try:
            ready = self._operations.prepare(asked)
            _check_method(request, ready)
            answer = await self._operations.run(ready, principal)
        except (ApiError, RequestRefused) as error:
            refused = refusal(error)
            self._operations.metrics.refused(refused["errors"])
            return json_response(refused, refused_status(content_type), content_type=content_type)
        return json_response(answer, content_type=content_type)

    async def _read(self, request: HttpRequest) -> Request:
        """Whose parameters are none of that kind is refused as no GraphQL request at all, whatever it accepts."""
        is_post = request.method == "POST"
        asked = await read_json(request, Request, self._operations.limits) if is_post else _from_query(request)
        if not asked.has_variables():
            raise HttpRefused(400, ApiError(ErrorCode.INVALID_INPUT, "variables must be a JSON object"))
        return asked


def _from_query(request: HttpRequest) -> Request:
    """A GET holds it all in its query string, which the server bounds as it does all headers."""
    given = request.query_params
    if "query" not in given:
        raise HttpRefused(400, ApiError(ErrorCode.INVALID_INPUT, "GET needs ?query=..."))
    variables = decode(given.get("variables") or "null", msgspec.Raw)
    extensions = decode(given.get("extensions") or "{}", dict[str, Any])
    return Request(query=given["query"], operation_name=given.get("operationName"), variables=variables, extensions=extensions)


def _check_method(request: HttpRequest, ready: Ready) -> None:
    kind = ready.prepared.kind
    if kind is OperationType.SUBSCRIPTION:
        raise HttpRefused(400, ApiError(ErrorCode.INVALID_INPUT, "subscriptions run over the websocket: graphql-transport-ws"))
    if request.method == "GET" and kind is not OperationType.QUERY:
        raise HttpRefused(405, ApiError(ErrorCode.INVALID_INPUT, "GET runs queries only"), {"Allow": "POST"})
