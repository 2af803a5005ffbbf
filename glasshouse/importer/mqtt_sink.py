"""An import into a running house: messages go over MQTT, as a device's would, and each is done when its receipt is here."""

import asyncio
import secrets
from asyncio import Future
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Final

import msgspec
import structlog

from adapters.mqtt.address import BrokerAddress
from adapters.mqtt.errors import MessageTooLargeError, NotAcknowledgedError
from adapters.mqtt.message import Message
from adapters.mqtt.session import Session
from glasshouse.errors import ExitCode, GlasshouseError
from glasshouse.importer.sink import Sink
from ingest.messages import Outcome, Result

_LOOK_S: Final = 0.25
_EXPIRY_S: Final = 300
_TRIES: Final = 3
"""How often to send before giving up: a broker that was restarted may have let go of what it had acknowledged."""


class NobodyIngestsError(GlasshouseError):
    """Messages go out and no receipt comes back."""

    exit_code = ExitCode.BROKER


class _Receipt(msgspec.Struct):
    result: Result
    reason: str | None = None


_decode = msgspec.json.Decoder(_Receipt).decode


class _Open(msgspec.Struct, frozen=True):
    """A message without a receipt yet."""

    topic: str
    payload: bytes
    outcome: Future[Outcome]


class MqttSink:
    """Publishes messages and matches receipts to them. What has no receipt is sent again on a new connection, and when nothing
    is heard for a while, byte for byte: what ingest had stored already it then calls a duplicate.
    """

    def __init__(self, address: BrokerAddress, patience_s: float) -> None:
        self._name = f"import-{secrets.token_hex(6)}"
        self._patience_s = patience_s
        self._open: dict[int, _Open] = {}
        self._next = 0
        self._connection = 0
        self._heard = self._resent = 0.0
        self._failed: BaseException | None = None
        self.session = Session(
            address,
            client_id=self._name,
            filters=[f"glasshouse/+/+/receipt/{self._name}"],
            handler=self._take,
            session_expiry_s=_EXPIRY_S,
        )

    def submit(self, topic: str, payload: bytes) -> Future[Outcome]:
        if self._failed is not None:
            raise self._failed
        loop = asyncio.get_running_loop()
        if not self._open:
            self._heard = loop.time()
        self._next += 1
        self._open[self._next] = _Open(topic, payload, loop.create_future())
        outcome = self._open[self._next].outcome
        self._publish(self._next)
        return outcome

    async def watch(self) -> None:
        """Send again what may have been lost; give up, and say why, when no receipt comes for too long."""
        self._connection = self.session.connects
        try:
            while True:
                await self._look()
        except Exception as error:  # noqa: BLE001 - whatever it was, who waits for a receipt is told
            self._fail(error)

    async def _look(self) -> None:
        await asyncio.sleep(_LOOK_S)
        with suppress(TimeoutError):
            async with asyncio.timeout(_LOOK_S):
                await self.session.connected()
        now = asyncio.get_running_loop().time()
        if self._open and now - self._heard > self._patience_s:
            raise NobodyIngestsError(self._why_silent())
        is_new = self.session.connects != self._connection
        if self.session.is_connected and (is_new or now - max(self._heard, self._resent) > self._patience_s / _TRIES):
            self._connection, self._resent = self.session.connects, now
            for number in list(self._open):
                self._publish(number)

    def _publish(self, number: int) -> None:
        message = self._open[number]
        try:
            self.session.publish(
                message.topic,
                message.payload,
                response_topic=f"{message.topic.rpartition('/')[0]}/receipt/{self._name}",
                correlation_data=str(number).encode(),
            )
        except NotAcknowledgedError:
            return  # there is no connection: the next one begins with all that is open
        except MessageTooLargeError as error:
            self._settle(number, Outcome(Result.DEAD_LETTER, [], None, f"not sent, so not kept: {error}"))

    def _take(self, message: Message) -> None:
        """A receipt. One that cannot be read, or is not ours, is no answer to anything that is open."""
        try:
            number, receipt = int(message.correlation_data or b""), _decode(message.payload)
        except (ValueError, msgspec.DecodeError) as error:
            structlog.get_logger().warning("receipt_not_understood", topic=message.topic, reason=str(error))
            return
        self._heard = asyncio.get_running_loop().time()
        self._settle(number, Outcome(receipt.result, [], None, receipt.reason))

    def _settle(self, number: int, outcome: Outcome) -> None:
        message = self._open.pop(number, None)
        if message is not None and not message.outcome.done():
            message.outcome.set_result(outcome)

    def _fail(self, error: BaseException) -> None:
        self._failed = error
        for message in self._open.values():
            if not message.outcome.done():
                message.outcome.set_exception(error)
        self._open.clear()

    def _why_silent(self) -> str:
        sent = f"no receipt for {self._patience_s:g} s"
        if not self.session.is_connected:
            return f"{sent}: {self.session.last_error or 'the connection to the broker is lost'}"
        return f"{sent}: the broker takes the messages, but nobody ingests them; is `glasshouse up` running on this broker?"


@asynccontextmanager
async def mqtt_sink(address: BrokerAddress, *, patience_s: float = 30.0) -> AsyncIterator[Sink]:
    """A sink over a broker, from which a running house ingests. NobodyIngestsError when it says nothing for `patience_s`."""
    sink = MqttSink(address, patience_s)
    try:
        async with asyncio.timeout(patience_s) as waiting, sink.session:
            waiting.reschedule(None)
            watching = asyncio.create_task(sink.watch(), name="import receipts")
            try:
                yield sink
            finally:
                watching.cancel()
                await asyncio.wait([watching])
    except TimeoutError as error:
        if not waiting.expired():
            raise
        raise NobodyIngestsError(f"no connection to the broker: {sink.session.last_error}") from error
