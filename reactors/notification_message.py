"""What is told of an alert: for people in words, for programs as JSON."""

from adapters.notify.port import Message
from schema.metrics import METRICS
from schema.notifications import NotificationRequested, NotificationWord
from schema.times import format_time, tell_time

_WORDS = {
    NotificationWord.RAISED: "",
    NotificationWord.CLEARED: "over: ",
    NotificationWord.REFUTED: "was none: ",
    NotificationWord.PAST: "was: ",
}


def message_of(request: NotificationRequested, page: str | None) -> Message:
    """The same for the same request, always. `page` is the address of the page, where it is known."""
    known = METRICS.get(request.metric or "")
    unit = known.unit if known else None
    return Message(
        id=request.notification_id,
        title=f"{_WORDS[request.word]}{request.severity.value} {request.kind} at {request.device_id}",
        text=_text(request, unit, page),
        severity=request.severity.value,
        document={
            "id": request.notification_id,
            "alertId": request.alert_id,
            "correlationId": request.alert_id,
            "state": request.word.value,
            "kind": request.kind,
            "severity": request.severity.value,
            "ruleId": request.rule_id,
            "deviceId": request.device_id,
            "sensorId": request.sensor_id,
            "metric": request.metric,
            "value": request.value,
            "unit": unit,
            "since": format_time(request.since),
            "until": None if request.until is None else format_time(request.until),
            "backfilled": request.backfilled,
            "requestedAt": format_time(request.timestamp),
            "acknowledged": request.acknowledged,
            "recipientId": request.recipient_id,
            "escalatedFrom": request.escalated_from,
            "url": page,
        },
    )


def _text(request: NotificationRequested, unit: str | None, page: str | None) -> str:
    lines = [f"{_when(request)}, by the rule {request.rule_id}"]
    if request.metric is not None and request.value is not None:
        lines.insert(0, f"{request.metric} {request.value:g} {unit or ''}".rstrip() + f" at {request.sensor_id or 'main'}")
    if request.backfilled:
        lines.append("history shows it that was handed in")
    if request.escalated_from is not None:
        lines.append(f"{request.escalated_from} did not acknowledge it")
    if page is not None:
        lines.append(page)
    return "\n".join(lines)


def _when(request: NotificationRequested) -> str:
    since = tell_time(request.since)
    return f"since {since}" if request.until is None else f"from {since} to {tell_time(request.until)}"
