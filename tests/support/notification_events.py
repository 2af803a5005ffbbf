"""What became of words about alerts, for tests that need nobody to be told."""

from schema.ids import content_event_id, format_event_id
from schema.notifications import (
    NotificationFailed,
    NotificationGivenUp,
    NotificationRequested,
    NotificationSent,
    NotificationStep,
    NotificationWord,
)
from schema.rules import AlertSeverity
from tests.support.house_events import Said, at, pack


def notification_id(name: str) -> str:
    return format_event_id(content_event_id(None, "notification", name))


def requested(name: str, alert: str = "a", device: str = "box", second: float = 0) -> Said:
    return _step(
        NotificationRequested(
            notification_id=notification_id(name), timestamp=at(second), alert_id=alert, recipient_id="ada", target="ada-phone",
            word=NotificationWord.RAISED, kind="TemperatureAlert", severity=AlertSeverity.WARNING, rule_id="hot",
            device_id=device, sensor_id="main", metric="temperature", value=31.5, since=at(second), escalated_from="ben",
        )
    )  # fmt: skip


def failed(name: str, attempts: int = 1, second: float = 1) -> Said:
    retry_at = at(second + 5)
    step = NotificationFailed(
        notification_id=notification_id(name), timestamp=at(second), attempts=attempts, reason="away", retry_at=retry_at
    )
    return _step(step)


def sent(name: str, attempts: int = 1, second: float = 1) -> Said:
    return _step(NotificationSent(notification_id=notification_id(name), timestamp=at(second), attempts=attempts))


def given_up(name: str, attempts: int = 9, second: float = 1) -> Said:
    step = NotificationGivenUp(notification_id=notification_id(name), timestamp=at(second), attempts=attempts, reason="too old")
    return _step(step)


def _step(step: NotificationStep) -> Said:
    return pack(f"notification-{step.notification_id}", step)
