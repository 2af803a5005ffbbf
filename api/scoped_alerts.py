"""What is said of alerts, and of who was told of them, as somebody sees it whose key is good for a part of the house alone."""

from typing import Final

import msgspec

from adapters.event_log.port import EventLog
from schema.envelope import RecordedEvent
from schema.notifications import NotificationRequested
from schema.registry import REGISTRY, UnknownEventTypeError
from schema.rules import AlertRaised

OF_ALERTS: Final = frozenset({"alert", "notification"})


class AlertDevices:
    """For one operation: the devices that streams of alerts and of notifications are about, which their first events name."""

    def __init__(self, log: EventLog) -> None:
        self._log = log
        self._known: dict[str, str | None] = {}

    async def of(self, recorded: RecordedEvent) -> str | None:
        """None where nobody can tell: then it is in nobody's part."""
        stream = recorded.stream
        if stream not in self._known:
            first = [recorded] if recorded.revision == 0 else await self._log.read_stream(stream, limit=1)
            self._known[stream] = next(map(_named_in, first), None)
        return self._known[stream]


def _named_in(recorded: RecordedEvent) -> str | None:
    try:
        event = REGISTRY.unpack(recorded)
    except (UnknownEventTypeError, msgspec.DecodeError):
        return None
    return event.device_id if isinstance(event, AlertRaised | NotificationRequested) else None
