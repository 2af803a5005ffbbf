"""Messages without MQTT 5's properties, where subscribers of MQTT 3.1.1 would not live with them."""

from adapters.mqtt.session import Session


class Plain:
    """Publishes over a session, and leaves out what MQTT 3.1.1 does not know.

    rumqttd 0.20 gives a property on to a 3.1.1 client, dies of it on that port, and takes no connection there any more.
    """

    def __init__(self, session: Session) -> None:
        self._session = session

    @property
    def is_connected(self) -> bool:
        """Whether there is a connection to publish over."""
        return self._session.is_connected

    async def publish_acked(
        self,
        topic: str,
        payload: bytes,
        *,
        retain: bool = False,
        response_topic: str | None = None,
        correlation_data: bytes | None = None,
        message_expiry_s: int | None = None,
    ) -> int:
        """As `Session.publish_acked`; the properties are not sent."""
        del response_topic, correlation_data, message_expiry_s
        return await self._session.publish_acked(topic, payload, retain=retain)
