"""Alerts are told as they stand, newest first, and people say that they have seen them."""

from typing import Any

import pytest

from api.roles import Role
from projections import alert_book
from schema.rules import AlertRefuted, AlertRuleDefined, AlertSeverity, Anomaly, Rate, Threshold
from tests.support.alert_events import alert_step, cleared_alert, raised_alert
from tests.support.api import House
from tests.support.house_events import Said, at, belonging, pack, reading

ALERTS = """query ($state: AlertState, $device: ID, $severity: AlertSeverity, $first: Int, $after: String, $last: Int) {
  alerts(state: $state, deviceId: $device, severity: $severity, first: $first, after: $after, last: $last) {
    nodes { id state severity } pageInfo { endCursor hasNextPage } } }"""
ONE = """query ($id: ID!) { alert(id: $id) { id kind severity state ruleId ruleRevision deviceId sensorId metric value unit
  since raisedAt overSince endedAt refutedBecause acknowledgedAt acknowledgedBy note silencedUntil evidence } }"""
SEEN = """mutation ($id: ID!, $note: String) { acknowledgeAlert(id: $id, note: $note) { __typename
  ... on AcknowledgeAlertSuccess { alert { acknowledgedAt acknowledgedBy note } } ... on OperationError { code message } } }"""
QUIET = """mutation ($id: ID!, $until: DateTime!) { silenceAlert(id: $id, until: $until) { __typename
  ... on SilenceAlertSuccess { alert { silencedUntil } } ... on OperationError { code message } } }"""


async def ids(house: House, **asked: Any) -> list[str]:
    return [node["id"] for node in (await house.ask(ALERTS, asked))["alerts"]["nodes"]]


async def test_an_alert_is_told_as_it_stands(house: House) -> None:
    await house.says([raised_alert("a"), cleared_alert("a", 60)])
    assert (await house.ask(ONE, {"id": "a"}))["alert"] == {
        "id": "a", "kind": "TemperatureAlert", "severity": "WARNING", "state": "CLEARED", "ruleId": "hot", "ruleRevision": 2,
        "deviceId": "box", "sensorId": "main", "metric": "temperature", "value": 31.5, "unit": "degC",
        "since": "2026-06-01T00:00:00Z", "raisedAt": "2026-06-01T00:00:00Z", "overSince": "2026-06-01T00:00:50Z",
        "endedAt": "2026-06-01T00:01:00Z", "refutedBecause": None, "acknowledgedAt": None, "acknowledgedBy": None, "note": None,
        "silencedUntil": None, "evidence": ["e"],
    }  # fmt: skip
    await house.says([raised_alert("a", 120)])
    again = (await house.ask(ONE, {"id": "a"}))["alert"]
    assert (again["state"], again["overSince"], again["raisedAt"]) == ("OPEN", None, "2026-06-01T00:00:00Z")
    await house.says([alert_step(AlertRefuted(alert_id="a", timestamp=at(180), reason="late"))])
    assert (await house.ask(ONE, {"id": "a"}))["alert"]["refutedBecause"] == "late"
    assert (await house.ask(ONE, {"id": "b"}))["alert"] is None


async def test_alerts_come_newest_first_in_pages_and_by_what_they_are(house: House) -> None:
    await house.says(
        [
            raised_alert("a"),
            raised_alert("b", device="other"),
            raised_alert("c", severity=AlertSeverity.CRITICAL),
            cleared_alert("a", 60),
        ]
    )
    assert await ids(house) == ["c", "b", "a"]
    assert await ids(house, state="OPEN") == ["c", "b"]
    assert await ids(house, state="CLEARED") == ["a"]
    assert await ids(house, device="other") == ["b"]
    assert await ids(house, severity="CRITICAL") == ["c"]
    assert await ids(house, last=1) == ["a"]
    first = (await house.ask(ALERTS, {"first": 2}))["alerts"]
    assert first["pageInfo"]["hasNextPage"] is True
    assert await ids(house, after=first["pageInfo"]["endCursor"]) == ["a"]


async def test_somebody_has_seen_it_and_says_so_once(house: House) -> None:
    await house.says([raised_alert("a")])
    for _ in range(2):
        answer = (await house.ask(SEEN, {"id": "a", "note": "opened the vents"}, role=Role.OPERATOR))["acknowledgeAlert"]
        assert answer["alert"]["note"] == "opened the vents"
        assert answer["alert"]["acknowledgedBy"].startswith("key:")
    assert len(await house.log.read_stream("alert-a")) == 2


async def test_nobody_is_told_of_it_for_a_while(house: House) -> None:
    await house.says([raised_alert("a")])
    for _ in range(2):
        asked = {"id": "a", "until": "2026-06-03T02:00:00+02:00"}
        answer = (await house.ask(QUIET, asked, role=Role.OPERATOR))["silenceAlert"]
        assert answer["alert"]["silencedUntil"] == "2026-06-03T00:00:00Z"
    assert len(await house.log.read_stream("alert-a")) == 2
    refused = (await house.ask(QUIET, {"id": "a", "until": "2027-01-01T00:00:00Z"}, role=Role.OPERATOR))["silenceAlert"]
    assert refused["code"] == "INVALID_INPUT"


async def test_what_people_say_of_it_belongs_to_its_trace(house: House) -> None:
    await house.says([raised_alert("a")])
    await house.ask(SEEN, {"id": "a"}, role=Role.OPERATOR)
    asked = """mutation { silenceAlert(id: "a", until: "2026-06-03T00:00:00Z") { ... on SilenceAlertSuccess { cursor } } }"""
    cursor = (await house.ask(asked, role=Role.OPERATOR))["silenceAlert"]["cursor"]
    query = """query ($cursor: Cursor!) {
      trace(correlationId: "a", atLeast: $cursor) { entries { ... on Traced { type actor } } } }"""
    trace = (await house.ask(query, {"cursor": cursor}))["trace"]
    assert [entry["type"] for entry in trace["entries"]][-2:] == ["AlertAcknowledged", "AlertSilenced"]
    assert all(entry["actor"].startswith("key:") for entry in trace["entries"][-2:])


async def test_the_trace_of_an_alert_begins_with_the_version_of_the_rule_that_raised_it(house: House) -> None:
    hot = [AlertRuleDefined(rule_id="hot", name=name, condition=Threshold(metric="temperature")) for name in "abcd"]
    await house.says([pack("rule-hot", rule) for rule in hot])
    await house.says([belonging(raised_alert("a"), "a"), belonging(cleared_alert("a", 60), "a")])
    query = '{ trace(correlationId: "a") { entries { ... on Traced { type } ... on TracedEvent { text } } } }'
    assert (await house.ask(query))["trace"]["entries"] == [
        {"type": "AlertRuleDefined", "text": "hot, c"},
        {"type": "AlertRaised", "text": "TemperatureAlert of box main since 2026-06-01T00:00:00Z, temperature 31.5 degC"},
        {"type": "AlertCleared", "text": "over since 2026-06-01T00:00:50Z"},
    ]


async def test_of_an_alert_that_is_not_there_nothing_is_said(house: House) -> None:
    answer = (await house.ask(SEEN, {"id": "none"}, role=Role.OPERATOR))["acknowledgeAlert"]
    assert answer["code"] == "NOT_FOUND"


BEHIND = """query ($id: ID!, $first: Int, $after: String) { alertReadings(id: $id, first: $first, after: $after) {
  nodes { value } pageInfo { endCursor hasNextPage } } }"""
HOT = Threshold(metric="temperature", above=30.0)
RATE = Rate(metric="temperature", above=30.0, over_seconds=120.0)


async def behind(house: House, alert: str = "a", **asked: Any) -> list[float]:
    return [node["value"] for node in (await house.ask(BEHIND, {"id": alert, **asked}))["alertReadings"]["nodes"]]


def ruled(condition: Threshold | Rate | Anomaly) -> list[Said]:
    """A rule in the version that raised alerts, and a reading every half minute that tells its number."""
    rules = [
        pack("rule-hot", AlertRuleDefined(rule_id="hot", name=f"Version {number}", condition=condition)) for number in range(3)
    ]
    return [*rules, *(reading("box", 30 * number, temperature=float(number)) for number in range(20))]


async def test_the_readings_behind_an_alert_are_those_while_its_rule_was_not_kept(house: House) -> None:
    await house.says([*ruled(HOT), raised_alert("a", 120), reading("box", 130, sensor="other", temperature=99.0)])
    assert await behind(house) == [float(number) for number in range(4, 20)]
    await house.says([cleared_alert("a", 250)])
    assert await behind(house) == [4.0, 5.0, 6.0, 7.0]
    page = (await house.ask(BEHIND, {"id": "a", "first": 3}))["alertReadings"]["pageInfo"]
    assert page["hasNextPage"] is True
    assert await behind(house, after=page["endCursor"]) == [7.0]
    assert (await house.ask(BEHIND, {"id": "none"}))["alertReadings"] is None


async def test_the_readings_behind_an_alert_begin_with_what_its_rule_looked_back_on(house: House) -> None:
    await house.says([*ruled(RATE), raised_alert("a", 300), cleared_alert("a", 340)])
    assert await behind(house) == [4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0]


async def test_the_readings_behind_an_anomaly_begin_with_its_hour(house: House) -> None:
    far = [reading("box", 3600 * number, temperature=float(100 + number)) for number in range(1, 8)]
    await house.says([*ruled(Anomaly(metric="temperature")), *far])
    await house.says([raised_alert("a", 5 * 3600), cleared_alert("a", 6 * 3600)])
    assert await behind(house) == [104.0, 105.0]


async def test_of_a_rule_that_is_another_since_nobody_knows_what_it_looked_back_on(house: House) -> None:
    await house.says([*ruled(RATE), pack("rule-hot", AlertRuleDefined(rule_id="hot", name="New", condition=RATE))])
    await house.says([raised_alert("a", 300), cleared_alert("a", 340)])
    assert await behind(house) == [10.0]


async def test_the_readings_behind_an_alert_that_was_none_end_with_that_word(house: House) -> None:
    await house.says([*ruled(HOT), raised_alert("a", 120)])
    await house.says([alert_step(AlertRefuted(alert_id="a", timestamp=at(180), reason="late"))])
    assert await behind(house) == [4.0, 5.0]


async def test_of_many_alerts_those_that_are_over_go_first(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alert_book, "MOST", 2)
    await house.says([raised_alert("a"), raised_alert("b"), cleared_alert("b", 60), raised_alert("c"), raised_alert("d")])
    assert await ids(house) == ["d", "c"]
