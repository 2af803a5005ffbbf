"""What a trace says of alerts, for people."""

from datetime import timedelta

import pytest

from api.types.trace_words import words_of
from schema.notifications import NotificationFailed
from schema.rules import AlertCleared, AlertRaised, AlertSeverity, AlertSilenced, AlertStep
from tests.support.house_events import at

MOMENT = at(600) + timedelta(microseconds=123_456)
RAISED = AlertRaised(
    alert_id="a", timestamp=MOMENT, rule_id="hot", rule_revision=0, kind="TemperatureAlert", severity=AlertSeverity.WARNING,
    device_id="box", sensor_id="main", metric="temperature", since=MOMENT, value=31.5,
)  # fmt: skip


@pytest.mark.parametrize(
    ("event", "words"),
    [
        (RAISED, "TemperatureAlert of box main since 2026-06-01T00:10:00Z, temperature 31.5 degC"),
        (AlertCleared(alert_id="a", timestamp=MOMENT, since=MOMENT), "over since 2026-06-01T00:10:00Z"),
        (AlertSilenced(alert_id="a", timestamp=MOMENT, until=MOMENT), "until 2026-06-01T00:10:00Z"),
        (
            NotificationFailed(notification_id="n", timestamp=MOMENT, attempts=2, reason="it answered 500", retry_at=MOMENT),
            "not taken at attempt 2: it answered 500; again at 2026-06-01T00:10:00Z",
        ),
    ],
)
def test_times_are_told_in_whole_seconds(event: AlertStep | NotificationFailed, words: str) -> None:
    assert words_of(event) == words
