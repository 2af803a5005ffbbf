"""Folds alerts and who is told of them to words that are to be sent: each is in the log before anything leaves the house."""

from base64 import b64decode, b64encode
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

import msgspec

from domain.notifying.notifier import Notifier
from domain.notifying.state import NotifyingState
from reactors.saying import Saying
from schema.envelope import Filter, Metadata, NewEvent, Position, RecordedEvent, decode_metadata
from schema.events import DeviceMetadata
from schema.ids import format_event_id, parse_event_id
from schema.notifications import NotificationRequested, RecipientDefined
from schema.registry import REGISTRY
from schema.rules import AlertAcknowledged, AlertCleared, AlertRaised, AlertRefuted, AlertSilenced
from schema.times import to_micros

SNAPSHOT_KIND: Final = "notifier"
SNAPSHOT_VERSION: Final = 2
"""To be raised whenever the state holds other fields, or the same events lead to another one."""
_READ: Final = (
    DeviceMetadata, RecipientDefined, AlertRaised, AlertCleared, AlertRefuted, AlertAcknowledged, AlertSilenced,
)  # fmt: skip


class NotificationVoice:
    """Implements `Voice`."""

    name = "notifications"
    only = Filter(types=frozenset(struct.__name__ for struct in _READ))

    def __init__(self, state: NotifyingState | None = None, position: Position | None = None) -> None:
        self._notifier = Notifier(state)
        self.position = position

    def records(self) -> list[bytes]:
        return [msgspec.json.encode(b64encode(msgspec.msgpack.encode(self._notifier.state)).decode())]

    def restored(self, position: Position, records: Sequence[bytes]) -> "NotificationVoice":
        """See `Voice`."""
        (record,) = records
        state = msgspec.msgpack.decode(b64decode(msgspec.json.decode(record, type=str)), type=NotifyingState)
        return NotificationVoice(state, position)

    def told_by(self) -> list[tuple[str, str]]:
        """Recipients who are to be told, each with a target."""
        recipients = self._notifier.state.recipients.values()
        return [(one.recipient_id, target) for one in recipients if one.enabled for target in one.targets]

    def heard(self, recorded: RecordedEvent) -> list[Saying]:
        event, site = REGISTRY.unpack(recorded), decode_metadata(recorded.metadata).site
        requests = self._notifier.take(event, site=site, recorded_us=recorded.recorded_us)
        return _sayings(requests, format_event_id(recorded.id))

    def passed(self, now: datetime) -> list[Saying]:
        return _sayings(self._notifier.passed(to_micros(now)), None)


def _sayings(requests: Iterable[NotificationRequested], causation_id: str | None) -> list[Saying]:
    return [Saying(f"notification-{request.notification_id}", _packed(request, causation_id)) for request in requests]


def _packed(request: NotificationRequested, causation_id: str | None) -> NewEvent:
    metadata = Metadata(
        schema_version=REGISTRY.version_of(request),
        source="reactor",
        received_at=request.timestamp,
        correlation_id=request.alert_id,
        causation_id=causation_id,
    )
    return REGISTRY.pack(parse_event_id(request.notification_id), request, metadata)
