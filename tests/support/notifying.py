"""People who are told of alerts, alerts to tell of, and who was told what."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from domain.notifying.notifier import Notifier
from schema.events import DeviceMetadata, Event
from schema.notifications import NotificationRequested, RecipientDefined
from schema.rules import AlertAcknowledged, AlertCleared, AlertRaised, AlertRefuted, AlertSeverity, AlertSilenced
from schema.times import to_micros

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
Told = tuple[str, str, str]
"""Recipient, word, and the alert."""


def minute(number: float) -> datetime:
    return NOON + timedelta(minutes=number)


def person(recipient_id: str = "ada", **fields: Any) -> RecipientDefined:
    return RecipientDefined(recipient_id=recipient_id, name=recipient_id, **{"targets": ("phone",), **fields})


def raised(
    alert: str = "a", severity: AlertSeverity = AlertSeverity.WARNING, device: str = "box", *, backfilled: bool = False
) -> AlertRaised:
    return AlertRaised(
        alert_id=alert, timestamp=NOON, rule_id="hot", rule_revision=0, kind="TemperatureAlert", severity=severity,
        device_id=device, sensor_id="main", metric="temperature", since=NOON, value=41.5,
        backfilled=backfilled,
    )  # fmt: skip


def cleared(alert: str = "a") -> AlertCleared:
    return AlertCleared(alert_id=alert, timestamp=NOON, since=NOON)


def refuted(alert: str = "a") -> AlertRefuted:
    return AlertRefuted(alert_id=alert, timestamp=NOON, reason="corrected")


def acknowledged(alert: str = "a") -> AlertAcknowledged:
    return AlertAcknowledged(alert_id=alert, timestamp=NOON)


def silenced(until: float, alert: str = "a") -> AlertSilenced:
    return AlertSilenced(alert_id=alert, timestamp=NOON, until=minute(until))


def placed(location: str, device: str = "box") -> DeviceMetadata:
    return DeviceMetadata(device_id=device, location=location)


class Day:
    """A day from noon on: what is said at which minute, and who was told what of it."""

    def __init__(self, *recipients: RecipientDefined) -> None:
        self.notifier = Notifier()
        self.requests: list[NotificationRequested] = []
        for recipient in recipients:
            self.at(-1, recipient)

    def at(self, number: float, event: Event | None = None, *, site: str | None = None) -> list[Told]:
        """Who is told what at that minute, after whom was told before it."""
        now_us, before = to_micros(minute(number)), len(self.requests)
        if event is None:
            self.requests += self.notifier.passed(now_us)
        else:
            self.requests += self.notifier.take(event, site=site, recorded_us=now_us)
        return told(self.requests[before:])


def told(requests: Iterable[NotificationRequested]) -> list[Told]:
    return [(request.recipient_id, request.word.value, request.alert_id) for request in requests]
