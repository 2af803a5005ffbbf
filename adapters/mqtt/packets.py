"""The two MQTT 5 packets of the hot path: PUBLISH, read without a library's detours, and its PUBACK."""

from typing import Final

from adapters.mqtt.message import Message
from adapters.mqtt.topics import is_publishable

PUBLISH: Final = 0x30
PUBACK: Final = 0x40
DISCONNECT: Final = 0xE0

_ACKNOWLEDGED: Final = b"\x40\x02"
_RETAIN: Final = 0x01
_QOS: Final = 0x06
_QOS_1: Final = 0x02
_DUP: Final = 0x08

_RESPONSE_TOPIC: Final = 8
_CORRELATION_DATA: Final = 9
_FIXED: Final = {1: 1, 2: 4, 35: 2}
"""Bytes of the properties of a PUBLISH that have a fixed size: payload format, expiry, topic alias."""
_TEXT: Final = frozenset({3, _RESPONSE_TOPIC, _CORRELATION_DATA})
_SUBSCRIPTION_ID: Final = 11
_USER_PROPERTY: Final = 38


class MalformedPacketError(Exception):
    """The peer does not speak MQTT 5."""


def size_of(data: bytes, at: int) -> tuple[int, int] | None:
    """A variable byte integer at `at`: (value, where it ends); None where more bytes are needed."""
    value = 0
    for index in range(4):
        if at + index >= len(data):
            return None
        byte = data[at + index]
        value |= (byte & 0x7F) << (7 * index)
        if not byte & 0x80:
            return value, at + index + 1
    raise MalformedPacketError("a length of more than four bytes")


def read_publish(head: int, data: bytes, at: int, end: int) -> tuple[bytes, Message]:
    """The PUBLISH whose fixed header starts with `head` and whose rest is data[at:end]: (its PUBACK or b"", the message)."""
    topic_end = at + 2 + (data[at] << 8 | data[at + 1])
    topic = data[at + 2 : topic_end].decode("utf-8", "replace")
    puback = b""
    at = topic_end
    if head & _QOS:
        if head & _QOS != _QOS_1:
            raise MalformedPacketError("a message with QoS 2, which nobody asked for")
        at += 2
        puback = _ACKNOWLEDGED + data[topic_end:at]
    if data[at]:
        return puback, _with_properties(topic, head, data, at, end)
    return puback, Message(topic, data[at + 1 : end], head & _RETAIN != 0, head & _DUP != 0)


def _with_properties(topic: str, head: int, data: bytes, at: int, end: int) -> Message:
    length, at = _number(data, at)
    response_topic, correlation_data = _reply_to(data, at, at + length)
    return Message(
        topic=topic,
        payload=data[at + length : end],
        retain=bool(head & _RETAIN),
        redelivered=bool(head & _DUP),
        response_topic=_answerable(response_topic),
        correlation_data=correlation_data,
    )


def _answerable(response_topic: bytes | None) -> str | None:
    # A sender must not be able to make us publish what breaks our connection: an impossible topic gets no answer.
    if response_topic is None:
        return None
    topic = response_topic.decode("utf-8", "surrogateescape")
    return topic if is_publishable(topic) else None


def _reply_to(data: bytes, at: int, end: int) -> tuple[bytes | None, bytes | None]:
    found: dict[int, bytes] = {}
    while at < end:
        key = data[at]
        at += 1
        if key in _FIXED:
            at += _FIXED[key]
        elif key in _TEXT:
            found[key], at = _counted(data, at)
        elif key == _SUBSCRIPTION_ID:
            _, at = _number(data, at)
        elif key == _USER_PROPERTY:
            _, at = _counted(data, at)
            _, at = _counted(data, at)
        else:
            raise MalformedPacketError(f"a PUBLISH with the property {key}")
    return found.get(_RESPONSE_TOPIC), found.get(_CORRELATION_DATA)


def _number(data: bytes, at: int) -> tuple[int, int]:
    number = size_of(data, at)
    if number is None:
        raise MalformedPacketError("a length beyond the end of its packet")
    return number


def _counted(data: bytes, at: int) -> tuple[bytes, int]:
    end = at + 2 + (data[at] << 8 | data[at + 1])
    return data[at + 2 : end], end
