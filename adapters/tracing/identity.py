"""Which trace and which span: it follows from ids that all processes see, so that they need tell each other nothing.

The trace id of a correlation id is its BLAKE2b hash of 128 bits, as `printf %s ID | b2sum -l 128` prints it; an event
without one has its own id for a trace id. The span of an event's append has the last 64 bits of the event's id.
"""

import re
from hashlib import blake2b
from typing import Final

import msgspec

from schema.ids import EventId, parse_event_id

CORRELATED: Final = b'"$correlationId"'
"""Stands in the metadata of what belongs to a correlation id."""
_TRACEPARENT: Final = re.compile(r"(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(?:-.*)?")
_SAMPLED: Final = 1
_RANDOM_BITS: Final = 56
"""The last bits of a trace id, which W3C's Trace Context takes for random; those of an event's id are a hash."""
_LAST: Final = _RANDOM_BITS // 8
_ABOUT_COMMANDS: Final = frozenset({"ActuatorCommand", "ActuatorEvent", "CommandAck"})


class Place(msgspec.Struct, frozen=True, gc=False):
    """A span in a trace. `sampled`: whoever began it has it exported."""

    trace: int
    span: int
    sampled: bool = True


class Belonging(msgspec.Struct, frozen=True):
    """What the metadata of an event say it belongs to, and follows from."""

    correlation_id: str | None = msgspec.field(default=None, name="$correlationId")
    causation_id: str | None = msgspec.field(default=None, name="$causationId")


_NOWHERE: Final = Belonging()
_decode = msgspec.json.Decoder(Belonging).decode


def belonging(metadata: bytes) -> Belonging:
    """Of an event's metadata; those of strangers belong to nothing."""
    if CORRELATED not in metadata:
        return _NOWHERE
    try:
        return _decode(metadata)
    except msgspec.DecodeError:
        return _NOWHERE


def event_id_of(text: str | None) -> EventId | None:
    """The id that a text names, as in `$causationId`; None where it names no event."""
    try:
        return None if text is None else parse_event_id(text)
    except ValueError:
        return None


def trace_of(correlation_id: str) -> int:
    """The trace id of all that belongs to a correlation id."""
    return int.from_bytes(blake2b(correlation_id.encode(), digest_size=16).digest(), "big")


def trace_of_event(event_id: EventId) -> int:
    """The trace id of an event without a correlation id."""
    return int.from_bytes(event_id, "big")


def span_of_event(event_id: EventId) -> int:
    """The id of the span by which an event came about."""
    return int.from_bytes(event_id[8:], "big")


def read_traceparent(text: str) -> Place | None:
    """The header of W3C's Trace Context; None where it is not well formed, which is to be taken as if it were not there."""
    found = _TRACEPARENT.fullmatch(text)
    if found is None:
        return None
    trace, span, flags = (int(part, 16) for part in found.groups())
    return Place(trace, span, bool(flags & _SAMPLED))


class Share:
    """Which traces are told of, where not all are: the same ones in every process. `ratio` is from 0 to 1."""

    def __init__(self, ratio: float) -> None:
        bound = round(ratio * (1 << _RANDOM_BITS))
        self._bound = bound
        self._below = bound.to_bytes(_LAST, "big") if bound < 1 << _RANDOM_BITS else b"\xff" * (_LAST + 1)

    def holds(self, trace: int) -> bool:
        """Whether a trace is among them."""
        return trace & ((1 << _RANDOM_BITS) - 1) < self._bound

    def holds_event(self, event_id: EventId, event_type: str) -> bool:
        """The same for the trace of an event's own: to be asked for every one. What devices say of commands all are."""
        return event_id[-_LAST:] < self._below or event_type in _ABOUT_COMMANDS
