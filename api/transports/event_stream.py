"""GraphQL over server-sent events, for those whose proxies let no websocket through: one operation, one stream.

By the protocol of `graphql-sse` in its distinct connections mode: `next` events with results, then `complete`. What is wrong
with an operation comes as a result too, since an `EventSource` shows its user no status and no body.
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Final

import msgspec
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from api.access import Access
from api.auth import Principal
from api.errors import ApiError, ErrorCode
from api.execution.execution import Answer
from api.execution.operations import Operations, Ready, refusal
from api.execution.streams import Streams
from api.transports.bodies import HttpRefused
from api.transports.negotiation import EVENTS

ENDLESS: Final = "endless"
"""Of the state of a request: that its answer ends no sooner than its client, so that a server which stops need not wait."""
_HEADERS: Final = {
    "Content-Type": f"{EVENTS}; charset=utf-8",
    "Cache-Control": "no-store",
    "X-Accel-Buffering": "no",  # so that nginx hands events on as they come
    "X-Content-Type-Options": "nosniff",
}
_ALIVE: Final = ":\n\n"
_COMPLETE: Final = "event: complete\ndata:\n\n"


class EventStreams:
    """Answers as streams of events. A stream lives as long as its client, and as the key that it was asked with."""

    def __init__(self, operations: Operations, streams: Streams, access: Access) -> None:
        self._operations = operations
        self._metrics = operations.metrics
        self._limits = operations.limits
        self._streams = streams
        self._access = access

    def of_answer(self, answer: Answer) -> Response:
        """One result, and the end."""
        return Response(_next(msgspec.json.encode(answer).decode()) + _COMPLETE, headers=_HEADERS)

    async def of_subscription(self, ready: Ready, principal: Principal) -> Response:
        """Results as they come; HttpRefused 429 where there is no room for one more."""
        events = self._events(ready, principal)
        try:
            first = await anext(events)
        except ApiError as full:
            raise HttpRefused(429, full) from full
        return _EventStream(first, events)

    async def _events(self, ready: Ready, principal: Principal) -> AsyncGenerator[str, None]:
        with self._streams.connections.enter(), self._metrics.event_streams.track_inprogress():
            yield _ALIVE  # so that a client sees at once that it was let in
            try:
                payloads = self._streams.payloads(ready, principal)
                async with aclosing(payloads), aclosing(self._while_good(payloads, principal)) as events:
                    async for event in events:
                        yield event
            except Exception as error:  # noqa: BLE001 - whatever a subscription dies of is told, and masked
                if isinstance(error, ApiError):
                    self._operations.refused(principal, error)
                yield _next(msgspec.json.encode(refusal(error)).decode())
            yield _COMPLETE

    async def _while_good(self, payloads: AsyncGenerator[str, None], principal: Principal) -> AsyncGenerator[str, None]:
        """An event for each payload, and a sign of life where there is none; ApiError once the key is no longer good."""
        waiting: asyncio.Task[str | None] | None = None
        try:
            while self._access.is_good(principal):
                waiting = waiting or asyncio.create_task(_first(payloads), name="event-stream-payload")
                await asyncio.wait([waiting], timeout=self._limits.recheck_seconds)
                if not waiting.done():
                    yield _ALIVE
                    continue
                payload, waiting = waiting.result(), None
                if payload is None:
                    return
                yield _next(payload)
        finally:
            if waiting is not None:
                waiting.cancel()
                await asyncio.wait([waiting])
        raise ApiError(ErrorCode.UNAUTHENTICATED, "the key is no longer good")


async def _first(payloads: AsyncGenerator[str, None]) -> str | None:
    return await anext(payloads, None)


class _EventStream(Response):
    """Goes on until its client hangs up. The events end with it, however it ends, and before it does."""

    def __init__(self, first: str, rest: AsyncGenerator[str, None]) -> None:
        super().__init__(headers=_HEADERS)
        del self.headers["content-length"]
        self._first = first
        self._rest = rest

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """In tasks of its own, each cancelled once: what is cancelled again at each await cannot end in order."""
        scope.setdefault("state", {})[ENDLESS] = True
        sending = asyncio.create_task(self._send(send), name="event-stream")
        leaving = asyncio.create_task(_hung_up(receive), name="event-stream-leaving")
        async with aclosing(self._rest):
            try:
                await asyncio.wait([sending, leaving], return_when=asyncio.FIRST_COMPLETED)
            finally:
                sending.cancel()
                leaving.cancel()
                await asyncio.wait([sending, leaving])
        if not sending.cancelled():
            sending.result()

    async def _send(self, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        await send({"type": "http.response.body", "body": self._first.encode(), "more_body": True})
        async for event in self._rest:
            await send({"type": "http.response.body", "body": event.encode(), "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _hung_up(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _next(payload: str) -> str:
    """The payload is JSON on one line."""
    return f"event: next\ndata: {payload}\n\n"
