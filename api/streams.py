"""Running subscriptions: every message of the source executed against the document, and handed on as serialised payload."""

from collections.abc import AsyncGenerator, Hashable
from contextlib import aclosing
from typing import Any

import msgspec
from graphql import ExecutionResult
from graphql.execution import Executor, create_source_event_stream, execute_subscription_event

from api.auth import Principal
from api.errors import RequestRefused, field_error
from api.frames import Frames, shape_of, shaping_variables
from api.operations import Operations, Ready, is_coroutine, to_answer
from api.types.messages import ReadingReceived


class Streams:
    """Runs the subscriptions of everybody."""

    def __init__(self, operations: Operations) -> None:
        self._operations = operations
        self._frames = Frames()

    async def payloads(self, ready: Ready, principal: Principal) -> AsyncGenerator[str, None]:
        """Payloads for ever; RequestRefused or ApiError where the subscription is refused."""
        executor = self._operations.executor(ready, principal)
        shaping = shaping_variables(ready.prepared.document, ready.prepared.operation)
        audience = (ready.prepared, shape_of(shaping, ready.variables), principal.role)
        metrics = self._operations.metrics
        with metrics.subscribers.track_inprogress():
            async with aclosing(await _source(executor)) as messages:
                async for message in messages:
                    yield self._payload(executor, audience, message)
                    metrics.messages.inc()

    def _payload(self, executor: Executor[Any], audience: Hashable, message: object) -> str:
        if isinstance(message, ReadingReceived):
            return self._frames.payload((audience, message.point, message.version()), lambda: _execute(executor, message))
        return _execute(executor, message)


async def _source(executor: Executor[Any]) -> AsyncGenerator[Any, None]:
    source = create_source_event_stream(executor)
    source = await source if is_coroutine(source) else source
    if isinstance(source, ExecutionResult):
        raise RequestRefused([field_error(error) for error in source.errors or ()])
    assert isinstance(source, AsyncGenerator)  # noqa: S101 - for the type checker
    return source


def _execute(executor: Executor[Any], message: object) -> str:
    """No field below a message waits for anything, so an execution is one step."""
    for_this_one = executor.build_per_event_executor(message)
    # graphql-core shares this cache among the messages of a subscription, under keys that never come again: it would only grow.
    for_this_one._relevant_sub_fields = {}  # noqa: SLF001
    result = execute_subscription_event(for_this_one)
    return msgspec.json.encode(to_answer(result)).decode()
