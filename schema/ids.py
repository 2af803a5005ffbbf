"""Identifiers: the names of sites and devices, and event ids that a redelivered message reproduces.

An event id is 16 raw bytes inside the house and the usual UUID text outside it. It is never drawn from a clock of ours:
the same message gives the same id, however often and whenever it is delivered.
"""

import re
from hashlib import blake2b
from typing import Final
from uuid import UUID

EventId = bytes

ID_PATTERN: Final = r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}"
_is_id = re.compile(ID_PATTERN).fullmatch
_MAX_MS: Final = (1 << 48) - 1
_VERSION_8: Final = 0x8 << 76
_VARIANT: Final = 0b10 << 62
_CLEAR: Final = ((1 << 128) - 1) & ~(0xF << 76) & ~(0b11 << 62)


def is_valid_id(text: str) -> bool:
    """Whether `text` can name a site, device, sensor or actuator."""
    return _is_id(text) is not None


def device_event_id(device: str, own_id: str) -> EventId:
    """The id of an event to which the device gave an id of its own: a hash of (device, id), and of nothing else."""
    return _uuid8(None, _digest(b"own", device, own_id))


def content_event_id(milliseconds: int | None, *parts: str | bytes) -> EventId:
    """The id of an event known by its content: UUIDv8, event time first so that inserts are ordered, then a hash.

    `milliseconds` is the event's own time since the epoch (clamped to 48 bits), None where the device sent no time;
    `parts` are what tells it from others: device, sensor, time, sequence, payload.
    """
    return _uuid8(milliseconds, _digest(b"content", *parts))


def _digest(*parts: str | bytes) -> bytes:
    """A 128-bit hash of parts that cannot run into one another: each is preceded by its length."""
    hasher = blake2b(digest_size=16)
    for part in parts:
        raw = part.encode() if isinstance(part, str) else part
        hasher.update(b"%d:" % len(raw))
        hasher.update(raw)
    return hasher.digest()


def _uuid8(milliseconds: int | None, digest: bytes) -> EventId:
    bits = int.from_bytes(digest, "big")
    if milliseconds is not None:
        bits = (min(max(milliseconds, 0), _MAX_MS) << 80) | (bits & ((1 << 80) - 1))
    return ((bits & _CLEAR) | _VERSION_8 | _VARIANT).to_bytes(16, "big")


def format_event_id(event_id: EventId) -> str:
    """The text of an event id: `xxxxxxxx-xxxx-8xxx-xxxx-xxxxxxxxxxxx`."""
    text = event_id.hex()
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def parse_event_id(text: str) -> EventId:
    """The id that `text` writes; ValueError where it is not a UUID."""
    return UUID(text).bytes
