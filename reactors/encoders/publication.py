"""What goes to the broker for a command: with QoS 1, never retained, and gone at the command's deadline."""

import msgspec


class NotEncodableError(ValueError):
    """The dialect has no words for the command; the message says why."""


class Publication(msgspec.Struct, frozen=True):
    """A message to a device. Where it answers commands, it is told where to, and with what."""

    topic: str
    payload: bytes
    response_topic: str | None = None
    correlation_data: bytes | None = None
