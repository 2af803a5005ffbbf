"""What events of alerts say, in a few words."""

from collections.abc import Callable
from typing import Any, Final

from schema.events import Event
from schema.metrics import METRICS
from schema.notifications import NotificationFailed, NotificationGivenUp, NotificationRequested, NotificationSent
from schema.rules import AlertAcknowledged, AlertCleared, AlertRaised, AlertRefuted, AlertRuleDefined, AlertSilenced
from schema.times import tell_time


def words_of(event: Event | None) -> str | None:
    """None where the type says it all, or nothing is known of it."""
    words = _WORDS.get(type(event))
    return None if words is None else words(event)


def _raised(event: AlertRaised) -> str:
    known = METRICS.get(event.metric or "")
    value = "" if event.value is None or event.metric is None else f", {event.metric} {event.value:g}"
    unit = f" {known.unit}" if value and known else ""
    past = ", as history shows that was handed in" if event.backfilled else ""
    about = " ".join(filter(None, (event.device_id, event.sensor_id)))
    return f"{event.kind} of {about} since {tell_time(event.since)}{value}{unit}{past}"


_WORDS: Final[dict[type[Any], Callable[[Any], str | None]]] = {
    AlertRuleDefined: lambda rule: f"{rule.rule_id}, {rule.name}",
    AlertRaised: _raised,
    AlertCleared: lambda alert: f"over since {tell_time(alert.since)}",
    AlertRefuted: lambda alert: str(alert.reason),
    AlertAcknowledged: lambda alert: None if alert.note is None else str(alert.note),
    AlertSilenced: lambda alert: f"until {tell_time(alert.until)}",
    NotificationRequested: lambda told: f"{told.recipient_id} by {told.target}: {told.word.value}",
    NotificationSent: lambda told: f"taken at attempt {told.attempts}",
    NotificationFailed: lambda told: (
        f"not taken at attempt {told.attempts}: {told.reason}; again at {tell_time(told.retry_at)}"
    ),
    NotificationGivenUp: lambda told: f"given up after {told.attempts} attempts: {told.reason}",
}
