"""MQTT in: messages to the pipeline, acknowledged once durable, with a receipt where one is asked for."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Final

import structlog

from adapters.mqtt.address import BrokerAddress
from adapters.mqtt.errors import MqttError
from adapters.mqtt.message import Message
from adapters.mqtt.session import Session
from ingest.messages import Inbound, Outcome
from ingest.metrics import IngestMetrics
from ingest.pipeline import Pipeline
from ingest.receipts import receipt
from ingest.topics import is_native, is_ours, may_answer_on, takes_site

SOURCE: Final = "mqtt"
ALL_SITES: Final = ("glasshouse/#",)


def _utc_now() -> datetime:
    return datetime.now(UTC)


class MqttSource:
    """One session with a broker, owner of its topic filters. Give its `throttle` to the pipeline as `on_pressure`."""

    def __init__(
        self,
        address: BrokerAddress,
        pipeline: Pipeline,
        *,
        client_id: str,
        metrics: IngestMetrics,
        filters: Sequence[str] = ALL_SITES,
        receive_maximum: int = 1000,
        exclusive: bool = True,
        now: Callable[[], datetime] = _utc_now,
    ) -> None:
        self._pipeline = pipeline
        self._metrics = metrics
        self._now = now
        self._filters = tuple(filters)
        self.session = Session(
            address,
            client_id=client_id,
            filters=filters,
            handler=self.handle,
            receive_maximum=receive_maximum,
            exclusive=exclusive,
        )

    async def run(self) -> None:
        """Take messages until cancelled; raises what ends the session for good."""
        await self.session.run()

    def hear_foreign(self) -> None:
        """Take what the foreign devices say that the pipeline knows now, as far as their sites are among its topic filters."""
        self.session.also_hear(self._pipeline.foreign.topics(lambda site: takes_site(self._filters, site)))

    def throttle(self, pressed: bool) -> None:
        """Stop taking messages, or go on: the broker keeps what we do not take."""
        if pressed:
            self.session.pause()
        else:
            self.session.resume()

    def handle(self, message: Message) -> asyncio.Future[Outcome] | None:
        """A message for the pipeline; None where it is one of our own, or nobody's.

        A broker still sends what an earlier run subscribed to, of a device that is no longer registered there.
        """
        if not self._is_heard(message.topic):
            self.session.forget(message.topic)
        elif not is_ours(message.topic):
            return self._submit(message)
        self._metrics.ignored.inc()
        return None

    def _is_heard(self, topic: str) -> bool:
        return is_native(topic) or bool(self._pipeline.foreign.at(topic))

    def _submit(self, message: Message) -> asyncio.Future[Outcome]:
        inbound = Inbound(SOURCE, message.topic, message.payload, self._now(), message.redelivered)
        future = self._pipeline.submit(inbound)
        if message.response_topic is not None:
            future.add_done_callback(partial(self._answer, message))
        return future

    def _answer(self, message: Message, future: asyncio.Future[Outcome]) -> None:
        if future.cancelled() or future.exception() is not None or message.response_topic is None:
            return
        if not may_answer_on(message.response_topic, message.topic):
            self._metrics.receipts_refused.inc()
            return
        try:
            self.session.publish(message.response_topic, receipt(future.result()), correlation_data=message.correlation_data)
        except MqttError as error:
            structlog.get_logger().info("receipt_not_sent", topic=message.topic, reason=str(error))
        else:
            self._metrics.receipts.inc()
