"""What is said of alerts, for tests that need no rule for it."""

from schema.rules import AlertCleared, AlertRaised, AlertSeverity, AlertStep
from tests.support.house_events import Said, at, pack


def alert_step(event: AlertStep) -> Said:
    return pack(f"alert-{event.alert_id}", event)


def raised_alert(alert: str, second: float = 0, device: str = "box", severity: AlertSeverity = AlertSeverity.WARNING) -> Said:
    return alert_step(
        AlertRaised(
            alert_id=alert, timestamp=at(second), rule_id="hot", rule_revision=2, kind="TemperatureAlert", severity=severity,
            device_id=device, sensor_id="main", metric="temperature", since=at(second), value=31.5, evidence=("e",),
        )
    )  # fmt: skip


def cleared_alert(alert: str, second: float) -> Said:
    return alert_step(AlertCleared(alert_id=alert, timestamp=at(second), since=at(second - 10), value=20.0))
