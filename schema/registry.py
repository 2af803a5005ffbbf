"""The schema registry: each event type by name, its current version, and the upcasters from the versions before.

Data of an older version is lifted step by step when it is read; data of a newer version is read by what this code knows of it,
so that code can be rolled back.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import msgspec

from schema import commands, dead_letters, events, keys, leases, notifications, rules, versions
from schema.envelope import Metadata, NewEvent, RecordedEvent, decode_metadata
from schema.ids import EventId

Upcaster = Callable[[dict[str, Any]], dict[str, Any]]
"""Data of version n as JSON values -> data of version n + 1."""


class UnknownEventTypeError(LookupError):
    """No event type of that name is registered: the event was written by newer code, or by somebody else."""


class EventType(msgspec.Struct, frozen=True):
    """A type's name, current version, class, and the upcasters: `upcasters[0]` lifts version 1 to 2, and so on."""

    name: str
    struct: type[events.Event]
    upcasters: tuple[Upcaster, ...] = ()

    @property
    def version(self) -> int:
        return len(self.upcasters) + 1


class Registry:
    """Event types by name. Immutable once built."""

    def __init__(self, types: Iterable[EventType]) -> None:
        self.types: Mapping[str, EventType] = {kind.name: kind for kind in types}
        self._by_struct = {kind.struct: kind for kind in self.types.values()}
        self._decoders = {kind.name: msgspec.json.Decoder(kind.struct) for kind in self.types.values()}
        self._encoder = msgspec.json.Encoder()

    def version_of(self, event: events.Event) -> int:
        return self._by_struct[type(event)].version

    def name_of(self, event: events.Event) -> str:
        return self._by_struct[type(event)].name

    def pack(self, event_id: EventId, event: events.Event, metadata: Metadata) -> NewEvent:
        """The envelope in which `event` is appended."""
        return NewEvent(event_id, self.name_of(event), self._encoder.encode(event), self._encoder.encode(metadata))

    def decode(self, name: str, data: bytes, version: int) -> events.Event:
        """An event of that type and version, lifted to the current one.

        UnknownEventTypeError for a type that is not registered, msgspec.ValidationError for data that does not fit.
        """
        try:
            kind = self.types[name]
        except KeyError:
            raise UnknownEventTypeError(f"no event type {name!r} is known to this version of glasshouse") from None
        if version >= kind.version:
            return self._decoders[name].decode(data)
        raw: dict[str, Any] = msgspec.json.decode(data)
        for lift in kind.upcasters[version - 1 :]:
            raw = lift(raw)
        return msgspec.convert(raw, kind.struct)

    def unpack(self, recorded: RecordedEvent) -> events.Event:
        """The event inside a recorded envelope. The common case, a type with one version only, skips its metadata."""
        kind = self.types.get(recorded.type)
        if kind is not None and not kind.upcasters:
            return self._decoders[kind.name].decode(recorded.data)
        return self.decode(recorded.type, recorded.data, decode_metadata(recorded.metadata).schema_version)


REGISTRY = Registry(
    EventType(struct.__name__, struct)
    for struct in (
        events.SensorReading,
        events.ActuatorCommand,
        events.ActuatorEvent,
        events.CommandAck,
        commands.CommandDispatching,
        commands.CommandDispatched,
        commands.CommandAcknowledged,
        commands.CommandEnded,
        commands.OverrideBegun,
        commands.CommandsRequested,
        commands.RequestEnded,
        events.StateSnapshot,
        events.DeviceStatus,
        events.DeviceAnnounced,
        events.DeviceMetadata,
        events.ReadingCorrection,
        events.SensorReplaced,
        events.DeviceRetired,
        events.SiteDefined,
        rules.AlertRuleDefined,
        rules.AlertRaised,
        rules.AlertCleared,
        rules.AlertRefuted,
        rules.AlertAcknowledged,
        rules.AlertSilenced,
        notifications.RecipientDefined,
        notifications.NotificationRequested,
        notifications.NotificationSent,
        notifications.NotificationFailed,
        notifications.NotificationGivenUp,
        dead_letters.DeadLettered,
        dead_letters.DeadLetterReplayed,
        keys.KeyIssued,
        keys.KeyRotated,
        keys.KeyRevoked,
        versions.SchemaVersion,
        versions.ProjectionBegun,
        versions.ProjectionSwitched,
        leases.LeaseTaken,
        leases.LeaseRenewed,
        leases.LeaseReleased,
    )
)
"""The event types of this version of Glasshouse."""
