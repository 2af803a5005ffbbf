"""What one connection handed to the handler and has not acknowledged yet.

Acknowledgements leave in the order of arrival, as MQTT asks and iotcore insists; all that are due leave in one write.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Any, TypeAlias

import structlog

from adapters.mqtt.message import Message

Outcome: TypeAlias = asyncio.Future[Any]
Handler: TypeAlias = Callable[[Message], asyncio.Future[Any] | None]
"""Called in order of arrival, and must not block. The message is acknowledged once the future is done; None means it is
already. A future that fails, or a handler that raises, breaks the connection, so that the broker delivers again. What the
future waits for must not be another message or an acknowledgement on the same session: reading may be on hold."""


class Inbox:
    """The acknowledgements of one connection: a packet id means nothing on the next."""

    def __init__(self, handler: Handler, write: Callable[[bytes], None], fail: Callable[[BaseException], None]) -> None:
        self._handler = handler
        self._write = write
        self._fail = fail
        self._waiting: deque[tuple[bytes, Outcome | None]] = deque()
        self._watched: Outcome | None = None

    def __len__(self) -> int:
        return len(self._waiting)

    def deliver(self, puback: bytes, message: Message) -> None:
        """Hand over a message; `settle` acknowledges. Not after `close`."""
        self._waiting.append((puback, self._handler(message)))

    def settle(self) -> None:
        """Acknowledge all from the oldest on that are done, then wait for the first that is not."""
        due: list[bytes] = []
        failure = None
        while self._waiting and failure is None:
            puback, outcome = self._waiting[0]
            if outcome is not None and not outcome.done():
                self._watch(outcome)
                break
            self._waiting.popleft()
            failure = None if outcome is None else _failure(outcome)
            if failure is None:
                due.append(puback)
        if due:
            self._write(b"".join(due))
        if failure is not None:
            self._fail(failure)

    def close(self) -> None:
        """Forget all: the broker delivers it again. Later outcomes are not acknowledged, their failures still reported."""
        for _, outcome in self._waiting:
            if outcome is not None:
                outcome.add_done_callback(_report)
        self._waiting.clear()

    def _watch(self, outcome: Outcome) -> None:
        # One callback for the oldest, not one each: a group commit resolves hundreds before the loop runs it.
        if outcome is not self._watched:
            self._watched = outcome
            outcome.add_done_callback(self._oldest_is_done)

    def _oldest_is_done(self, _: Outcome) -> None:
        self._watched = None
        self.settle()


def _failure(outcome: Outcome) -> BaseException | None:
    return asyncio.CancelledError("the handler gave up") if outcome.cancelled() else outcome.exception()


def _report(outcome: Outcome) -> None:
    failure = None if outcome.cancelled() else outcome.exception()
    if failure is not None:
        structlog.get_logger().warning("mqtt_handler_failed", error=repr(failure))
