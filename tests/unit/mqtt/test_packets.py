"""Any PUBLISH of MQTT 5 is read as it was meant, and nothing that is none crashes the reader."""

import struct
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as some

from adapters.mqtt.message import Message
from adapters.mqtt.packets import MalformedPacketError, read_publish, size_of
from adapters.mqtt.topics import is_publishable

TOPICS = some.text(some.characters(codec="utf-8"), max_size=40)


def counted(data: bytes) -> bytes:
    return struct.pack("!H", len(data)) + data


def number(value: int) -> bytes:
    out = bytearray()
    while True:
        value, low = divmod(value, 128)
        out.append(low | (0x80 if value else 0))
        if not value:
            return bytes(out)


def publish(topic: bytes, payload: bytes, *, packet_id: int | None, properties: bytes = b"") -> bytes:
    middle = b"" if packet_id is None else struct.pack("!H", packet_id)
    return counted(topic) + middle + number(len(properties)) + properties + payload


OTHER_PROPERTIES = some.lists(
    some.one_of(
        some.just(b"\x01\x01"),
        some.binary(min_size=4, max_size=4).map(lambda data: b"\x02" + data),
        some.binary(max_size=9).map(lambda data: b"\x03" + counted(data)),
        some.integers(1, 2**28 - 1).map(lambda value: b"\x0b" + number(value)),
        some.tuples(some.binary(max_size=9), some.binary(max_size=9)).map(
            lambda pair: b"\x26" + counted(pair[0]) + counted(pair[1])
        ),
    )
).map(b"".join)


@given(TOPICS, some.binary(max_size=300), some.integers(1, 65535), some.booleans(), some.booleans())
def test_a_message_without_properties(topic: str, payload: bytes, packet_id: int, retain: bool, again: bool) -> None:
    data = b"before" + publish(topic.encode(), payload, packet_id=packet_id)
    puback, message = read_publish(0x32 | retain | again << 3, data + b"behind", 6, len(data))
    assert message == Message(topic, payload, retain=retain, redelivered=again)
    assert puback == b"\x40\x02" + struct.pack("!H", packet_id)


@given(TOPICS, some.binary(max_size=99), TOPICS.filter(is_publishable), some.binary(max_size=99), OTHER_PROPERTIES)
def test_response_topic_and_correlation_data_are_found_among_others(
    topic: str, payload: bytes, response_topic: str, correlation: bytes, others: bytes
) -> None:
    properties = others + b"\x08" + counted(response_topic.encode()) + others + b"\x09" + counted(correlation)
    data = publish(topic.encode(), payload, packet_id=None, properties=properties)
    puback, message = read_publish(0x30, data, 0, len(data))
    assert message == Message(topic, payload, response_topic=response_topic, correlation_data=correlation)
    assert puback == b""


@pytest.mark.parametrize("topic", [b"", b"a/#", b"+", b"\xff", b"a\x00", b"\xc2\x85", b"\xef\xbf\xbf"])
def test_a_response_topic_that_cannot_be_published_to_is_none(topic: bytes) -> None:
    data = publish(b"t", b"", packet_id=1, properties=b"\x08" + counted(topic))
    assert read_publish(0x32, data, 0, len(data))[1] == Message("t", b"")


def test_a_topic_that_is_no_text_is_delivered_readably() -> None:
    data = publish(b"a/\xff/b", b"x", packet_id=1)
    assert read_publish(0x32, data, 0, len(data))[1] == Message("a/\ufffd/b", b"x")


@pytest.mark.parametrize("properties", [b"\x7f", b"\x11\0\0\0\0", b"\x0b\xff\xff\xff\xff\xff"])
def test_a_property_that_no_publish_has_is_malformed(properties: bytes) -> None:
    data = publish(b"t", b"", packet_id=1, properties=properties)
    with pytest.raises(MalformedPacketError):
        read_publish(0x32, data, 0, len(data))


def test_quality_of_service_two_was_not_asked_for() -> None:
    data = publish(b"t", b"", packet_id=1)
    with pytest.raises(MalformedPacketError, match="QoS 2"):
        read_publish(0x34, data, 0, len(data))


@given(some.integers(0, 255), some.binary(max_size=60))
def test_any_bytes_are_a_message_or_malformed(head: int, data: bytes) -> None:
    with suppress(MalformedPacketError, IndexError):
        read_publish(head, data, 0, len(data))


@given(some.integers(0, 2**28 - 1), some.binary(max_size=4))
def test_a_length_is_read_once_it_is_whole(value: int, behind: bytes) -> None:
    encoded = number(value)
    assert size_of(encoded + behind, 0) == (value, len(encoded))
    assert size_of(encoded[:-1], 0) is None
