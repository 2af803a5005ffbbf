"""A house in which something has happened: a device with a past, a rule that spoke, a command, a correction, a dead letter."""

import math
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from schema.times import format_time
from tests.support.page_server import Server

DEVICE: Final = "north-1"
PLACE: Final = "home/house-1/north"
_DECLARE: Final = "mutation ($input: RegisterDeviceInput!) { registerDevice(input: $input) { __typename } }"
_RULE: Final = "mutation ($input: AlertRuleInput!) { defineAlertRule(input: $input) { __typename } }"
_CORRECT: Final = "mutation ($input: CorrectReadingsInput!) { correctReadings(input: $input) { __typename } }"
_TELL: Final = "mutation ($input: RecipientInput!) { defineRecipient(input: $input) { __typename } }"
_COMMAND: Final = """mutation ($input: IssueCommandInput!) {
  issueCommand(input: $input) { ... on IssueCommandSuccess { command { id } } ... on OperationError { message } }
}"""
_ALERTS: Final = "{ alerts(first: 9, state: OPEN) { nodes { id } } }"


def live_in(server: Server) -> None:
    """Returns once the house shows all of it."""
    now = datetime.now(UTC)
    vent = {"actuatorId": "vent", "type": "LEVEL"}
    server.ask(_DECLARE, input={"deviceId": DEVICE, "name": "North bench", "location": PLACE, "actuators": [vent]})
    threshold = {"metric": "temperature", "above": 30, "hysteresis": 1}
    server.ask(_RULE, input={"ruleId": "too-warm", "name": "Too warm", "threshold": threshold, "where": {"location": PLACE}})
    server.ask(_TELL, input={"recipientId": "ada", "name": "Ada", "targets": ["ada-phone"]})
    for number, zone in enumerate(("south", "seedlings"), start=2):
        server.ask(_DECLARE, input={"deviceId": f"{zone}-1", "location": f"home/house-1/{zone}"})
        server.publish(f"glasshouse/home/{zone}-1/status", [{"status": "online"}])
        lately = [_measured(now, one, 4 * number) for one in range(9, -1, -1)]
        server.publish(f"glasshouse/home/{zone}-1/reading", lately)
    _say(server, "status", {"status": "online", "model": "GH-200", "firmware": "1.4.2"})
    server.publish(f"glasshouse/home/{DEVICE}/reading", [_measured(now, one) for one in range(240, -1, -1)])
    bad = {"id": "bad", "timestamp": format_time(now - timedelta(minutes=50)), "reading": {"temperature": 400}}
    server.publish(f"glasshouse/home/{DEVICE}/reading", [bad, '{"reading": {"temperature": 2'])
    server.until(_ALERTS, lambda told: told["alerts"]["nodes"])
    _correct(server, now)
    _open_the_vent(server)


def _measured(now: datetime, minutes_ago: int, cooler: float = 0) -> dict[str, Any]:
    """What was measured on a day of four hours, too warm in the last twenty minutes."""
    turn = math.sin(minutes_ago / 15)
    warm = 24 - cooler + 3 * turn + 8 * (minutes_ago < 20)
    reading = {"temperature": round(warm, 2), "humidity": round(65 - 8 * turn, 1), "co2": round(600 + 120 * turn)}
    return {"timestamp": format_time(now - timedelta(minutes=minutes_ago)), "reading": reading}


def _say(server: Server, kind: str, payload: dict[str, Any]) -> None:
    server.publish(f"glasshouse/home/{DEVICE}/{kind}", [payload])


def _correct(server: Server, now: datetime) -> None:
    start, end = (format_time(now - timedelta(minutes=minutes)) for minutes in (200, 170))
    asked = {"deviceId": DEVICE, "metric": "temperature", "from": start, "to": end, "operation": "OFFSET", "amount": -2}
    server.ask(_CORRECT, input={**asked, "reason": "the probe hung in the sun"})


def _open_the_vent(server: Server) -> None:
    server.until(f'{{ device(id: "{DEVICE}") {{ status }} }}', lambda told: told["device"]["status"] == "ONLINE")
    answer = server.ask(_COMMAND, input={"deviceId": DEVICE, "actuatorId": "vent", "value": 60})
    command = answer["issueCommand"]["command"]["id"]
    _say(server, "ack", {"commandId": command, "result": "succeeded", "state": 60})
    server.until(f'{{ command(id: "{command}") {{ state }} }}', lambda told: told["command"]["state"] == "SUCCEEDED")
