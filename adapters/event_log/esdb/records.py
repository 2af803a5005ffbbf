"""From what an EventStoreDB sends to what the port speaks of."""

from struct import Struct
from typing import Final
from uuid import UUID

from esdbclient.protos.Grpc import shared_pb2, streams_pb2

from schema.envelope import Filter, Position, RecordedEvent

_whole: Final = Struct(">qq").pack
_TICKS_PER_MICROSECOND: Final = 10
_NO_POSITION: Final = 1 << 63


def recorded(found: streams_pb2.ReadResp.ReadEvent) -> RecordedEvent:
    """The event of a read, which asked for structured ids and for no links to be resolved."""
    event = found.event
    event_id = event.id.structured
    metadata = event.metadata
    return RecordedEvent(
        Position(event.commit_position),
        event.stream_identifier.stream_name.decode(),
        event.stream_revision,
        _whole(event_id.most_significant_bits, event_id.least_significant_bits),
        metadata["type"],
        int(metadata["created"]) // _TICKS_PER_MICROSECOND,
        event.data,
        event.custom_metadata,
    )


def number_of(correlation_id: shared_pb2.UUID) -> int:
    """The number that `requests.append` put into a correlation id, in whichever of its forms the server gives it back."""
    if correlation_id.WhichOneof("value") == "string":
        return UUID(correlation_id.string).int
    return correlation_id.structured.least_significant_bits


def position_of(success: streams_pb2.BatchAppendResp.Success) -> Position | None:
    """Where an append ended; None where the server does not say, as when it had been stored and truncated before."""
    if success.WhichOneof("position_option") != "position" or success.position.commit_position >= _NO_POSITION:
        return None
    return Position(success.position.commit_position)


def matches(event: RecordedEvent, only: Filter) -> bool:
    """Whether the filter lets the event through: a server looks at streams or at types, not at both."""
    return (not only.types or event.type in only.types) and (not only.categories or event.category in only.categories)
