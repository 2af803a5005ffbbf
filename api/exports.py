"""Exports over HTTP: readings or windows as a stream of CSV, Parquet or Arrow, of which no more than a part is in memory.

What fails after the first bytes ends the connection early, which a client notices: the answer has no length, and no end.
"""

from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing
from typing import Final

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from adapters.history.port import HistoryError
from api.access import Access
from api.auth import Principal
from api.deeds import Complaint, export_of
from api.errors import ApiError, ErrorCode, unexpected
from api.execution.admission import Admission
from api.export_requests import MEDIA_TYPES, Export, parse_export
from api.roles import Role, require
from api.scoped import as_seen
from api.services import Services
from api.transports.bodies import HttpRefused

_STATUS: Final = {
    ErrorCode.UNAVAILABLE: 503,
    ErrorCode.BEYOND_RETENTION: 410,
    ErrorCode.HISTORY_NOT_SHARED: 409,
    ErrorCode.UNAUTHENTICATED: 401,
    ErrorCode.FORBIDDEN: 403,
    ErrorCode.LIMIT_EXCEEDED: 429,
    ErrorCode.INVALID_INPUT: 400,
}


class Exports:
    """The endpoint `/export`."""

    def __init__(self, services: Services, access: Access) -> None:
        self._services = services
        self._access = access
        self._admission = Admission("exports at once", services.limits.exports, services.limits.key_exports)

    async def respond(self, request: Request) -> Response:
        principal = await self._access.principal_of(request)
        try:
            require(Role.VIEWER, principal.role, "an export")
            export = parse_export(request.query_params.multi_items())
            parts = self._admitted(as_seen(self._services, principal.scope), export, principal)
            # The first is the head of the table, before which nothing can fail; with the second the history has answered.
            begun = [await anext(parts), await anext(parts)]
            self._note(request, principal)
        except (ApiError, HistoryError) as error:
            refused = error if isinstance(error, ApiError) else unexpected(error)
            self._note(request, principal, (refused.code.name, refused.message))
            raise HttpRefused(_STATUS.get(refused.code, 400), refused) from error
        headers = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
        return StreamingResponse(_after(begun, parts), media_type=MEDIA_TYPES[export.format], headers=headers)

    def _note(self, request: Request, principal: Principal, complaint: Complaint | None = None) -> None:
        self._services.notes.note(export_of(request.url.query, principal, complaint))

    async def _admitted(self, services: Services, export: Export, principal: Principal) -> AsyncGenerator[bytes, None]:
        """Its parts, while the key is good that asked for them."""
        from api.export_stream import written  # noqa: PLC0415  # Arrow is slow to load, and most processes export nothing

        with self._admission.enter(principal.actor):
            async with aclosing(written(services, export)) as parts:
                async for part in parts:
                    if not self._access.is_good(principal):
                        raise ApiError(ErrorCode.UNAUTHENTICATED, "the key is no longer good")
                    yield part


async def _after(begun: Sequence[bytes], rest: AsyncGenerator[bytes, None]) -> AsyncIterator[bytes]:
    async with aclosing(rest):
        for part in begun:
            yield part
        async for part in rest:
            yield part
