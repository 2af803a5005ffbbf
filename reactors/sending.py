"""Publishes under way, and what the broker said of them. In memory alone: what is lost with it is a command in doubt."""

import asyncio
from collections.abc import Set as AbstractSet
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Final, Protocol

import msgspec

from adapters.mqtt.errors import MessageExpiredError, MqttError, NotAcknowledgedError, NotConnectedError, OutboxFullError
from adapters.tracing.identity import event_id_of
from adapters.tracing.port import OFF, Span, Tracer
from domain.commands import Command
from reactors.clock import Clock
from reactors.encoders.publication import Publication
from schema.commands import Outcome

_REFUSED: Final = 128
"""Reason codes of a PUBACK from here on are refusals."""
_NOBODY_LISTENS: Final = 16
_AT_ONCE: Final = 500
"""So many may be on their way to the broker together: fewer than its window holds, so that none waits in a queue of ours."""
LEAST: Final = timedelta(seconds=1)
"""MQTT counts the life of a message in whole seconds: with less than one it can no longer be sent."""


class Broker(Protocol):
    """What is needed of a session with a broker."""

    @property
    def is_connected(self) -> bool: ...

    async def publish_acked(
        self,
        topic: str,
        payload: bytes,
        *,
        retain: bool = False,
        response_topic: str | None = None,
        correlation_data: bytes | None = None,
        message_expiry_s: int | None = None,
    ) -> int: ...


class Word(msgspec.Struct, frozen=True):
    """What is known of a publish: the broker has the message, or the command is over and that is why."""

    outcome: Outcome | None = None
    reason: str | None = None


_TOO_LATE: Final = Word(Outcome.EXPIRED, "its deadline came before it could be sent")


class Sending:
    """Publishes, each in a task. `told` is what became of them, by command id; `woken` is set when there is more."""

    def __init__(self, broker: Broker, clock: Clock, woken: asyncio.Event, tracer: Tracer = OFF) -> None:
        self.told: dict[str, Word] = {}
        self._broker = broker
        self._clock = clock
        self._woken = woken
        self._tracer = tracer
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._failure: BaseException | None = None
        self._is_shut = False
        self._rested = asyncio.Event()

    @property
    def is_ready(self) -> bool:
        """Whether there is a broker to send to."""
        return self._broker.is_connected

    @property
    def room(self) -> int:
        """How many more may be sent now."""
        return 0 if self._is_shut else _AT_ONCE - len(self._tasks)

    def send(self, command: Command, publication: Publication, cause: str | None = None) -> None:
        """Publish it, unless it is too late. `cause` is the id of the event that it follows from, for who follows it."""
        task = asyncio.create_task(self._send(command, publication, cause), name=f"publish {command.id}")
        self._tasks[command.id] = task
        task.add_done_callback(lambda done: self._done(command.id, done))

    def check(self) -> None:
        """Raise what a publish died of that no broker explains."""
        if self._failure is not None:
            raise self._failure

    def forget(self, command_ids: AbstractSet[str]) -> None:
        """What was told of these is known by now."""
        for command_id in command_ids:
            self.told.pop(command_id, None)

    async def drained(self) -> None:
        """Take no more from now on; return once the broker has answered all that was sent, and that is known."""
        self._is_shut = True
        self._woken.set()
        await self._rested.wait()

    def rest(self) -> None:
        """Whoever sends has done all that he can for now."""
        if self._is_shut and not self._tasks and not self.told:
            self._rested.set()

    async def close(self) -> None:
        """Stop waiting for the broker."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _send(self, command: Command, publication: Publication, cause: str | None) -> None:
        with self._span(command, cause) as span:
            word = await self._publish(command, publication)
            if word is None or word.outcome is not None:
                span.failed("in doubt" if word is None else word.outcome or "")
        if word is not None:
            self.told[command.id] = word

    def _span(self, command: Command, cause: str | None) -> AbstractContextManager[Span]:
        event, device = event_id_of(cause), command.device_id
        return self._tracer.span("dispatch", command.correlation_id, cause=event, device=device, command=command.id)

    async def _publish(self, command: Command, publication: Publication) -> Word | None:
        """None where nobody can tell: the broker may have it."""
        seconds = (command.deadline - self._clock.now()) // LEAST
        if seconds < 1:
            return _TOO_LATE
        try:
            async with asyncio.timeout(seconds):
                reason = await self._broker.publish_acked(
                    publication.topic,
                    publication.payload,
                    response_topic=publication.response_topic,
                    correlation_data=publication.correlation_data,
                    message_expiry_s=seconds,
                )
        except (NotConnectedError, OutboxFullError) as error:
            return Word(Outcome.FAILED, f"not sent: {error}")
        except (NotAcknowledgedError, TimeoutError):
            return None
        except MessageExpiredError:
            return _TOO_LATE
        except MqttError as error:
            return Word(Outcome.FAILED, f"not sent: {error}")
        return _answered(reason)

    def _done(self, command_id: str, task: asyncio.Task[None]) -> None:
        self._tasks.pop(command_id, None)
        self._woken.set()
        if not task.cancelled():
            self._failure = task.exception() or self._failure


def _answered(reason: int) -> Word:
    if reason == _NOBODY_LISTENS:
        return Word(Outcome.FAILED, "no device listens: it has not subscribed to its commands")
    if reason >= _REFUSED:
        return Word(Outcome.FAILED, f"the broker refused it (reason code {reason})")
    return Word()
