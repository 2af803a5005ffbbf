"""What GraphQL tells the page of a house, made up: readings, devices, commands, traces, dead letters."""

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

from schema.ids import content_event_id, format_event_id
from schema.times import format_time

Json = dict[str, Any]
_numbers = itertools.count(1)


def reading(value: float | None = 21.5, **changes: Any) -> Json:
    """One reading as GraphQL gives it, measured just now unless `at` says otherwise."""
    at: datetime = changes.pop("at", None) or datetime.now(UTC)
    metric = changes.get("metric", "temperature")
    units = {"temperature": "degC", "humidity": "%", "par": "umol/m2/s"}
    return {
        "eventId": format_event_id(content_event_id(int(at.timestamp() * 1000), metric, str(value))),
        "deviceId": "bench-1",
        "sensorId": "air",
        "metric": metric,
        "value": value,
        "unit": units.get(metric),
        "quality": "GOOD",
        "timestamp": format_time(at),
        "recordedAt": format_time(datetime.now(UTC)),
        **changes,
    }


def device(device_id: str = "bench-1", *latest: Json, **changes: Any) -> Json:
    """One device as GraphQL gives it, heard just now."""
    now = format_time(datetime.now(UTC))
    return {
        "id": device_id,
        "site": "home",
        "location": None,
        "name": None,
        "model": None,
        "firmwareVersion": None,
        "status": "ONLINE",
        "statusAt": now,
        "lastSeen": now,
        "retiredAt": None,
        "actuators": [],
        "latest": [{**one, "deviceId": device_id} for one in latest],
        **changes,
    }


def command(command_id: str = "c-1", **changes: Any) -> Json:
    """One command as GraphQL gives it, asked for just now."""
    return {
        "id": command_id,
        "correlationId": f"all-{command_id}",
        "deviceId": "actuators-1",
        "actuatorId": "vent",
        "command": "set",
        "value": 50.0,
        "state": "REQUESTED",
        "requestedAt": format_time(datetime.now(UTC)),
        "requestedBy": "automation",
        "reason": None,
        "held": False,
        **changes,
    }


def letter(payload: str = "{", **changes: Any) -> Json:
    """One dead letter as GraphQL gives it, of a message that came just now."""
    return {
        "id": f"letter-{next(_numbers)}",
        "topic": "glasshouse/home/x/reading",
        "code": "unparseable",
        "reason": "not JSON",
        "payload": payload,
        "size": len(payload.encode()),
        "truncated": False,
        "receivedAt": ago(5),
        **changes,
    }


def traced(kind: str, **fields: Any) -> Json:
    """One entry of a trace as GraphQL gives it, from just now."""
    common = {"eventId": f"e-{next(_numbers)}", "type": kind, "at": format_time(datetime.now(UTC)), "actor": None}
    return {"__typename": f"Traced{kind}", **common, **fields}


def ago(seconds: float) -> str:
    return format_time(datetime.now(UTC) - timedelta(seconds=seconds))
