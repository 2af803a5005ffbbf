"""What goes over MQTT, free of any client library."""

import msgspec


class Message(msgspec.Struct, frozen=True, gc=False):
    """A message as it arrived. `redelivered` is the broker's DUP flag: true means redelivered, false means nothing."""

    topic: str
    payload: bytes
    retain: bool = False
    redelivered: bool = False
    response_topic: str | None = None
    correlation_data: bytes | None = None


class Will(msgspec.Struct, frozen=True):
    """What the broker publishes for us if the connection breaks."""

    topic: str
    payload: bytes
    qos: int = 1
    retain: bool = True
