"""What is stored of an event, and its answer on the wire, serialised once when it is appended."""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple
from uuid import UUID

from esdbclient.protos.Grpc import shared_pb2, streams_pb2

from tests.support.eventstore.calls import framed

RECORD_OVERHEAD = 97
"""Bytes of a record beside its names, data and metadata: why positions jump."""

_USUAL_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_Event = streams_pb2.ReadResp.ReadEvent


class Proposed(NamedTuple):
    """An event as a client sent it."""

    id: str
    type: str
    content_type: str
    data: bytes
    metadata: bytes

    @property
    def size(self) -> int:
        """What it counts towards the largest append."""
        return len(self.data) + len(self.metadata) + 2 * len(self.type)


@dataclass(slots=True)
class Record:
    """An event in the log. `created` in ticks of 100 ns; `wire` is a framed ReadResp; the next position is `size` on."""

    position: int
    stream: str
    revision: int
    id: str
    type: str
    created: int
    size: int
    wire: bytes


class Recorder:
    """Makes the records of one write: what they share is serialised once. Serialised protobuf fields can be joined."""

    def __init__(self, stream: str, created: int) -> None:
        self._stream = stream
        self._created = created
        identifier = shared_pb2.StreamIdentifier(stream_name=stream.encode())
        self._shared = _Event.RecordedEvent(
            stream_identifier=identifier, metadata={"created": str(created)}
        ).SerializeToString()

    def record(self, position: int, revision: int, event: Proposed) -> Record:
        """The event at its place in the log."""
        own = _Event.RecordedEvent(
            id=shared_pb2.UUID(string=event.id),
            stream_revision=revision,
            prepare_position=position,
            commit_position=position,
            custom_metadata=event.metadata,
            data=event.data,
        )
        recorded = self._shared + _kind(event.type, event.content_type) + own.SerializeToString()
        read = _first_field(recorded) + _Event(commit_position=position).SerializeToString()
        size = RECORD_OVERHEAD + len(self._stream) + len(event.type) + len(event.data) + len(event.metadata)
        wire = framed(_first_field(read))
        return Record(position, self._stream, revision, event.id, event.type, self._created, size, wire)


@lru_cache(maxsize=1024)
def _kind(event_type: str, content_type: str) -> bytes:
    return bytes(_Event.RecordedEvent(metadata={"type": event_type, "content-type": content_type}).SerializeToString())


def _first_field(message: bytes) -> bytes:
    """A message as field 1 of the message around it."""
    length, varint = len(message), bytearray()
    while length > 0x7F:
        varint.append(length & 0x7F | 0x80)
        length >>= 7
    varint.append(length)
    return b"\x0a" + varint + message


def id_text(identifier: shared_pb2.UUID) -> str:
    """An event id in its usual form, whichever way it was sent."""
    if identifier.WhichOneof("value") == "structured":
        parts = identifier.structured
        return str(UUID(int=((parts.most_significant_bits % 2**64) << 64) | (parts.least_significant_bits % 2**64)))
    text = identifier.string
    return text if _USUAL_ID.fullmatch(text) else str(UUID(text))


def with_structured_id(wire: bytes) -> bytes:
    """The same answer for a client that asked for ids as two numbers."""
    response = streams_pb2.ReadResp.FromString(wire[5:])
    number = UUID(response.event.event.id.string).int
    most, least = _signed(number >> 64), _signed(number % 2**64)
    structured = shared_pb2.UUID.Structured(most_significant_bits=most, least_significant_bits=least)
    response.event.event.id.CopyFrom(shared_pb2.UUID(structured=structured))
    return framed(response.SerializeToString())


def _signed(bits: int) -> int:
    return bits - 2**64 if bits >= 2**63 else bits
