"""Readings over HTTP: `POST /ingest`, for gateways and for what is filled in later. 2xx means durable, as a receipt does."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from api.access import Access
from api.auth import Principal
from api.deeds import Notes, delivery_of
from api.errors import ApiError, ErrorCode, limit_error
from api.execution.admission import Admission
from api.execution.rates import Rates
from api.ingestion import Fate, Ingest, May
from api.intake import Intake
from api.limits import Limits
from api.roles import Role, require
from api.scope import Scope
from api.transports.bodies import HttpRefused
from api.transports.items import is_by_line, lines, whole
from api.transports.responses import made_response

_STATUS: Final = {
    ErrorCode.UNAVAILABLE: 503,
    ErrorCode.UNAUTHENTICATED: 401,
    ErrorCode.FORBIDDEN: 403,
    ErrorCode.NOT_FOUND: 404,
    ErrorCode.LIMIT_EXCEEDED: 429,
}
_SMALL: Final = 65_536
"""Bytes that are taken apart at once; more is work for a thread."""
_ELSEWHERE: Final = (
    "this process takes nothing in, since a stream has one writer: post to the process of the role `ingest` that owns the site"
)


class Deliveries:
    """The endpoint `/ingest`; without a pipeline it tells where there is one."""

    def __init__(self, ingest: Ingest | None, access: Access, notes: Notes, limits: Limits) -> None:
        self._ingest = ingest
        self._access = access
        self._notes = notes
        self._limits = limits
        self._admission = Admission("deliveries at once", limits.ingest_requests, limits.key_ingest_requests)
        self._rates = Rates(limits.key_items_per_second, limits.burst_seconds, what="items")

    async def respond(self, request: Request) -> Response:
        principal = await self._access.principal_of(request)
        try:
            ingest = self._ready(principal)
            with self._admission.enter(principal.actor):
                intake = await self._take_in(request, ingest, principal)
        except ApiError as error:
            self._notes.note(delivery_of(principal, (error.code.name, error.message)))
            raise HttpRefused(_STATUS.get(error.code, 400), error) from error
        refused = None if intake.refusal is None else (ErrorCode.FORBIDDEN.name, intake.refusal)
        self._notes.note(delivery_of(principal, refused))
        is_kept = intake.fates[Fate.STORED] + intake.fates[Fate.DUPLICATE] > 0
        return made_response(intake.answer(), 200 if is_kept else 422)

    def _ready(self, principal: Principal) -> Ingest:
        require(Role.INGEST, principal.role, "delivering")
        if self._ingest is None:
            raise ApiError(ErrorCode.NOT_FOUND, _ELSEWHERE)
        self._ingest.require_ready()
        return self._ingest

    async def _take_in(self, request: Request, ingest: Ingest, principal: Principal) -> Intake:
        """All that the request holds, durable; what is refused on the way says how much of it was taken before."""
        intake = Intake(ingest, _within(principal.scope), seconds=self._limits.ingest_seconds)
        try:
            async for item in items_of(request, ingest, self._limits):
                intake.add(item)
                if intake.is_full:
                    await self._hand_over(intake, principal)
            await self._hand_over(intake, principal)
            await intake.finish()
        except HttpRefused as refused:
            await self._keep_what_came(intake, principal)
            refused.error.tell(taken=intake.taken)
            raise
        except ApiError as error:
            error.tell(taken=intake.taken)
            raise
        return intake

    async def _keep_what_came(self, intake: Intake, principal: Principal) -> None:
        """Of a request that is refused half-way, the items before, which are whole; where that fails, `taken` says so."""
        with suppress(ApiError):
            await self._hand_over(intake, principal)
            await intake.finish()

    async def _hand_over(self, intake: Intake, principal: Principal) -> None:
        """A batch, while the key is good and has not sent too much."""
        if not self._access.is_good(principal):
            raise ApiError(ErrorCode.UNAUTHENTICATED, "the key is no longer good")
        self._rates.spend(principal.actor, intake.gathered)
        await intake.hand_over()


async def items_of(request: Request, ingest: Ingest, limits: Limits) -> AsyncIterator[bytes]:
    """The items of a request as they come; HttpRefused where there are none, or too many."""
    count = 0
    if is_by_line(request):
        async for line in lines(request, limits):
            count += 1
            if count > limits.ingest_items:
                raise _too_many(limits, f"more than {limits.ingest_items}")
            yield line
    else:
        body = await whole(request, limits)
        items = ingest.items(body) if len(body) <= _SMALL else await asyncio.to_thread(ingest.items, body)
        count = len(items)
        if count > limits.ingest_items:
            raise _too_many(limits, count)
        for item in items:
            yield item
    if not count:
        raise HttpRefused(400, ApiError(ErrorCode.INVALID_INPUT, "the body holds no items"))


def _too_many(limits: Limits, asked: int | str) -> HttpRefused:
    return HttpRefused(413, limit_error("items", limits.ingest_items, asked, "send the rest with another request"))


def _within(scope: Scope) -> May:
    return lambda site, device: scope.holds(device, site)
