"""Running subscriptions: every message of the source executed against the document, and handed on as serialised payload."""

from collections.abc import AsyncGenerator, Hashable, Iterable
from contextlib import aclosing
from typing import Final
from weakref import WeakValueDictionary

import msgspec

from api.auth import Principal
from api.execution.admission import Admission
from api.execution.frames import Frames, shape_of, shaping_variables
from api.execution.operations import Operations, Ready
from api.execution.plans import Begun
from api.types.alert_messages import AlertChanged
from api.types.backtest import Backtest
from api.types.messages import ReadingReceived, Together

_AUDIENCES: Final = 8
"""Whose payloads are kept with what comes together."""


class Audience:
    """Those who are told the same of the same event. It is there as long as one of them is."""

    __slots__ = ("__weakref__",)


class Streams:
    """Runs the subscriptions of everybody. `connections` has room for those whom they are sent to, whatever they came over."""

    def __init__(self, operations: Operations) -> None:
        self._operations = operations
        self._frames = Frames()
        self._audiences: WeakValueDictionary[Hashable, Audience] = WeakValueDictionary()
        limits = operations.limits
        self._subscriptions = Admission("subscriptions", limits.subscriptions, limits.key_subscriptions)
        self.connections = Admission("sockets and event streams", limits.connections)

    async def payloads(self, ready: Ready, principal: Principal) -> AsyncGenerator[str, None]:
        """Payloads for ever; RequestRefused or ApiError where the subscription is refused."""
        shaping = shaping_variables(ready.prepared.document, ready.prepared.operation)
        who = (ready.prepared, shape_of(shaping, ready.variables), principal.role, principal.scope)
        audience = self._audiences.setdefault(who, Audience())
        metrics = self._operations.metrics
        with self._subscriptions.enter(principal.actor), metrics.subscribers.track_inprogress():
            begun, source = await self._operations.subscribe(ready, principal)
            async with aclosing(source) as messages:
                async for message in messages:
                    is_long = isinstance(message, Backtest)
                    for payload in [await _long(begun, message)] if is_long else self._payloads(begun, audience, message):
                        yield payload
                        metrics.messages.count += 1

    def _payloads(self, begun: Begun, audience: Audience, message: object) -> Iterable[str]:
        if not isinstance(message, Together):
            return (self._payload(begun, audience, message),)
        if (known := message.payloads.get(audience)) is not None:
            return known
        made = (self._payload(begun, audience, each) for each in message.messages)
        if len(message.payloads) >= _AUDIENCES:
            return made
        known = message.payloads[audience] = list(made)
        return known

    def _payload(self, begun: Begun, audience: Audience, message: object) -> str:
        if isinstance(message, ReadingReceived | AlertChanged):
            return self._frames.payload((audience, message.point, message.version()), lambda: _execute(begun, message))
        return _execute(begun, message)


async def _long(begun: Begun, message: object) -> str:
    return msgspec.json.encode(await begun.long_answer_to(message)).decode()


def _execute(begun: Begun, message: object) -> str:
    return msgspec.json.encode(begun.answer_to(message)).decode()
