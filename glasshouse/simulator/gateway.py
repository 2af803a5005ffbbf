"""A connection to the broker that some devices share: it sends until the broker has it, and takes in receipts and commands.

What has no PUBACK when the connection is lost is sent again on the next, the same message with the same id. The last will is
that of the first device, since MQTT has one a connection.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Final

import structlog

from adapters.mqtt.address import BrokerAddress
from adapters.mqtt.errors import BrokerUnreachableError, NotAcknowledgedError
from adapters.mqtt.message import Message as Arrived
from adapters.mqtt.message import Will
from adapters.mqtt.session import Session
from glasshouse.simulator.device import Device
from glasshouse.simulator.ledger import Entry, Ledger
from glasshouse.simulator.message import Message
from glasshouse.simulator.options import SimulationReport
from glasshouse.simulator.receipts import Receipts

IN_FLIGHT: Final = 16
"""Messages of one connection on their way to the broker at once."""
QUEUED: Final = 200
CONNECT_SECONDS: Final = 15
SESSION_SECONDS: Final = 600
_RETRY_SECONDS: Final = 0.2
_REFUSED: Final = 128

OnCommand = Callable[[Arrived, datetime], None]
"""Called with each command that arrives, and when it did; must not block."""


class Gateway:
    """One connection and its devices. `run` it; `send` what the ledger has."""

    def __init__(
        self,
        name: str,
        address: BrokerAddress,
        devices: Sequence[Device],
        *,
        ledger: Ledger,
        receipts: Receipts,
        report: SimulationReport,
        on_command: OnCommand,
    ) -> None:
        topic, payload = devices[0].last_will()
        self.name = name
        self.devices = devices
        self._address = address
        self._ledger, self._receipts, self._report = ledger, receipts, report
        self._on_command = on_command
        self._response_topics = {device.name: f"{device.topic}/receipt" for device in devices}
        self._queue: asyncio.Queue[tuple[Message, Entry]] = asyncio.Queue(QUEUED)
        self._session = Session(
            address,
            client_id=name,
            filters=[*self._response_topics.values(), *(f"{device.topic}/command/+" for device in devices if device.obeys)],
            handler=self._receive,
            session_expiry_s=SESSION_SECONDS,
            will=Will(topic, payload, qos=1, retain=True),
        )

    @property
    def connects(self) -> int:
        """How often it has connected: each time its devices have to say again that they are there."""
        return self._session.connects

    async def run(self) -> None:
        """Keep the connection and send, until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._session.run(), name=f"{self.name} session")
            for number in range(IN_FLIGHT):
                tasks.create_task(self._send_queued(), name=f"{self.name} sender {number}")

    async def connected(self) -> None:
        """Return once connected for the first time; BrokerUnreachableError where that takes too long."""
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                await self._session.connected()
        except TimeoutError:
            raise self._session.last_error or BrokerUnreachableError(f"no answer from the broker at {self._address}") from None

    def lose_link(self, seconds: float) -> None:
        """Break off without a word, as a router does that lost its power, and stay away so long."""
        self._session.break_off(seconds)

    async def send(self, message: Message, entry: Entry) -> None:
        """Queue a message; waits where too many are queued."""
        await self._queue.put((message, entry))

    async def all_sent(self) -> None:
        """Return once the broker has answered for all that was queued."""
        await self._queue.join()

    async def _send_queued(self) -> None:
        while True:
            message, entry = await self._queue.get()
            await self._send(message, entry)
            self._queue.task_done()

    async def _send(self, message: Message, entry: Entry) -> None:
        response_topic = self._response_topics[message.device]
        self._receipts.expect(response_topic, message, entry)
        entry.line.sent = now_ms()
        self._report.sent += 1
        self._ledger.changed(entry)
        for _ in range(message.copies):
            if await self._deliver(message, response_topic) and entry.line.pubacked is None:
                entry.line.pubacked = now_ms()
                self._report.pubacked += 1
                self._ledger.changed(entry)

    async def _deliver(self, message: Message, response_topic: str) -> bool:
        """Send until the broker answers; whether it took the message."""
        while True:
            await self._session.connected()
            try:
                reason = await self._session.publish_acked(
                    message.topic,
                    message.payload,
                    retain=message.retain,
                    response_topic=response_topic,
                    correlation_data=message.correlation,
                )
            except NotAcknowledgedError:
                self._report.resent += 1
                await asyncio.sleep(_RETRY_SECONDS)
            else:
                return self._accepted(message, reason)

    def _accepted(self, message: Message, reason: int) -> bool:
        if reason < _REFUSED:
            return True
        self._report.refused += 1
        structlog.get_logger().warning("mqtt_message_refused", topic=message.topic, reason=reason)
        return False

    def _receive(self, arrived: Arrived) -> None:
        if "/command/" in arrived.topic:
            self._on_command(arrived, datetime.now(UTC))
            return
        self._receipts.receive(arrived.topic, arrived.correlation_data, arrived.payload, now_ms())


def now_ms() -> int:
    """Milliseconds since the epoch."""
    return time.time_ns() // 1_000_000
