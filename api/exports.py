"""Exports over HTTP: readings or windows as a stream of CSV, Parquet or Arrow, of which no more than a part is in memory.

What fails after the first bytes ends the connection early, which a client notices: the answer has no length, and no end.
"""

from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing
from typing import Final

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from adapters.history.port import HistoryError
from api.access import principal_of
from api.admission import Admission
from api.auth import Authenticator
from api.bodies import HttpRefused
from api.errors import ApiError, ErrorCode, unexpected
from api.export_requests import MEDIA_TYPES, Export, parse_export
from api.roles import Role, require
from api.services import Services

_STATUS: Final = {
    ErrorCode.UNAVAILABLE: 503,
    ErrorCode.BEYOND_RETENTION: 410,
    ErrorCode.HISTORY_NOT_SHARED: 409,
    ErrorCode.FORBIDDEN: 403,
    ErrorCode.LIMIT_EXCEEDED: 429,
    ErrorCode.INVALID_INPUT: 400,
}


class Exports:
    """The endpoint `/export`."""

    def __init__(self, services: Services, authenticator: Authenticator) -> None:
        self._services = services
        self._authenticator = authenticator
        self._admission = Admission("exports at once", services.limits.exports)

    async def respond(self, request: Request) -> Response:
        principal = principal_of(request, self._authenticator)
        try:
            require(Role.VIEWER, principal.role, "an export")
            export = parse_export(request.query_params.multi_items())
            parts = self._admitted(export)
            # The first is the head of the table, before which nothing can fail; with the second the history has answered.
            begun = [await anext(parts), await anext(parts)]
        except ApiError as error:
            raise HttpRefused(_STATUS.get(error.code, 400), error) from error
        except HistoryError as error:
            refused = unexpected(error)
            raise HttpRefused(_STATUS.get(refused.code, 500), refused) from error
        headers = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
        return StreamingResponse(_after(begun, parts), media_type=MEDIA_TYPES[export.format], headers=headers)

    async def _admitted(self, export: Export) -> AsyncGenerator[bytes, None]:
        from api.export_stream import written  # noqa: PLC0415  # Arrow is slow to load, and most processes export nothing

        with self._admission.enter():
            async for part in written(self._services, export):
                yield part


async def _after(begun: Sequence[bytes], rest: AsyncGenerator[bytes, None]) -> AsyncIterator[bytes]:
    async with aclosing(rest):
        for part in begun:
            yield part
        async for part in rest:
            yield part
