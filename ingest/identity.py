"""Event ids from what a message says: the same for every delivery, different for two readings of one instant.

What counts is the content as sent, value by value: whitespace, the order of keys and `sentAt` do not change an id.
"""

from collections.abc import Mapping

import msgspec

from schema.ids import EventId, content_event_id

_canonical = msgspec.json.Encoder(order="deterministic")


def reading_event_id(
    device: str,
    sensor: str,
    *,
    time_us: int | None,
    seq: int | None,
    reading: Mapping[str, float | None],
    units: Mapping[str, str] | None,
    quality: str,
) -> EventId:
    """The id of a reading without an id of its own; it has a time or a sequence number, or both."""
    return _content_id(time_us, device, "reading", sensor, seq, reading, units or None, quality)


def marked_reading_event_id(
    device: str, sensor: str, mark: str, reading: Mapping[str, float | None], units: Mapping[str, str]
) -> EventId:
    """The id of a reading whose device says when by a clock that we cannot read, which tells it from others all the same."""
    return _content_id(None, device, "marked", sensor, mark, reading, units)


def state_event_id(
    device: str,
    actuator: str,
    *,
    time_us: int,
    state: str | float | bool,
    reason: str | None,
    by: str | None,
    command: str | None,
) -> EventId:
    """The id of an actuator's state without an id of its own."""
    return _content_id(time_us, device, "state", actuator, state, reason, by, command)


def ack_event_id(device: str, command: str, result: str, state: str | float | bool | None, reason: str | None) -> EventId:
    """The id of an answer to a command: a device gives each answer once."""
    return _content_id(None, device, "ack", command, result, state, reason)


def chained_event_id(device: str, subject: str, previous: EventId | None, digest: bytes) -> EventId:
    """The id of an event that has nothing to be told by but what came before it on its subject."""
    return content_event_id(None, b"chained", device, subject, previous or b"", digest)


def replayed_event_id(letter: EventId, kind: str, digest: bytes) -> EventId:
    """The id of an event without an id of its own that a dead letter says: the same whenever it is replayed."""
    return content_event_id(None, b"replayed", letter, kind, digest)


def replay_event_id(letter: EventId, topic: str, payload: bytes) -> EventId:
    """The id of what became of a dead letter that was sent again so."""
    return content_event_id(None, b"replay", letter, topic, payload)


def dead_letter_event_id(source: str, topic: str, payload_sha256: str) -> EventId:
    """The id of a dead letter: a malformed message counts once, however often it is delivered."""
    return content_event_id(None, b"deadletter", source, topic, payload_sha256)


def _content_id(time_us: int | None, *content: object) -> EventId:
    milliseconds = None if time_us is None else time_us // 1000
    return content_event_id(milliseconds, _canonical.encode((time_us, *content)))
