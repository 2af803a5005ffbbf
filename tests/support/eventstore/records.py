"""What is stored of an event, and its answer on the wire, serialised once when it is appended."""

from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

from esdbclient.protos.Grpc import shared_pb2, streams_pb2

from tests.support.eventstore.calls import framed

RECORD_OVERHEAD = 97
"""Bytes of a record beside its names, data and metadata: why positions jump."""

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


def record(position: int, stream: str, revision: int, created: int, event: Proposed) -> Record:
    """The event at its place in the log."""
    recorded = _Event.RecordedEvent(
        id=shared_pb2.UUID(string=event.id),
        stream_identifier=shared_pb2.StreamIdentifier(stream_name=stream.encode()),
        stream_revision=revision,
        prepare_position=position,
        commit_position=position,
        metadata={"type": event.type, "content-type": event.content_type, "created": str(created)},
        custom_metadata=event.metadata,
        data=event.data,
    )
    response = streams_pb2.ReadResp(event=_Event(event=recorded, commit_position=position))
    size = RECORD_OVERHEAD + len(stream) + len(event.type) + len(event.data) + len(event.metadata)
    return Record(position, stream, revision, event.id, event.type, created, size, framed(response.SerializeToString()))


def id_text(identifier: shared_pb2.UUID) -> str:
    """An event id in its usual form, whichever way it was sent."""
    if identifier.WhichOneof("value") == "structured":
        parts = identifier.structured
        return str(UUID(int=((parts.most_significant_bits % 2**64) << 64) | (parts.least_significant_bits % 2**64)))
    return str(UUID(identifier.string))


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
