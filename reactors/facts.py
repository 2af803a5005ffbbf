"""What reactors read of the log: events as facts, whether the log handed them over or was just given them."""

from datetime import datetime
from typing import Final

import msgspec

from schema.commands import (
    CommandAcknowledged,
    CommandDispatched,
    CommandDispatching,
    CommandEnded,
    CommandsRequested,
    OverrideBegun,
    RequestEnded,
)
from schema.envelope import Filter, RecordedEvent, decode_metadata
from schema.events import (
    ActuatorCommand,
    ActuatorEvent,
    CommandAck,
    DeviceMetadata,
    DeviceRetired,
    DeviceStatus,
    Event,
    ReadingCorrection,
    SensorReplaced,
    StateSnapshot,
)
from schema.ids import format_event_id
from schema.registry import REGISTRY

_READ: Final[tuple[type[Event], ...]] = (
    DeviceStatus,
    ActuatorEvent,
    CommandAck,
    DeviceMetadata,
    DeviceRetired,
    ReadingCorrection,
    SensorReplaced,
    ActuatorCommand,
    CommandDispatching,
    CommandDispatched,
    CommandAcknowledged,
    CommandEnded,
    OverrideBegun,
    CommandsRequested,
    RequestEnded,
    StateSnapshot,
)
"""All that control streams hold: appends to these are judged by the revision. Of device streams, no readings."""

ONLY: Final = Filter(
    categories=frozenset({"control", "device", "request", "snapshot"}),
    types=frozenset(struct.__name__ for struct in _READ),
)


class Fact(msgspec.Struct, frozen=True):
    """An event at its place in a stream. `id` is its id as text, `at` when the log took it, by the log's clock."""

    stream: str
    revision: int
    id: str
    event: Event
    at: datetime
    site: str | None = None


def fact_of(recorded: RecordedEvent) -> Fact:
    """The fact that was recorded. What devices say tells also from which site."""
    site = decode_metadata(recorded.metadata).site if recorded.category == "device" else None
    event = REGISTRY.unpack(recorded)
    return Fact(recorded.stream, recorded.revision, format_event_id(recorded.id), event, recorded.recorded_at, site)
