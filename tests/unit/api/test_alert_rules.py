"""Alert rules are defined, changed and read; a key that is good for a part of the house has to do with rules of that part."""

from pathlib import Path
from typing import Any

import pytest

from api.keyring import Keyring
from api.limits import Limits
from api.roles import Role
from api.writes import Writer
from tests.support.api import House, small_house

DEFINE = """mutation ($rule: AlertRuleInput!) { defineAlertRule(input: $rule) { __typename
  ... on DefineAlertRuleSuccess { cursor rule {
    id name kind severity for clearFor againWithin enabled revision definedAt definedBy
    condition { metric unit above below hysteresis basis over window anomaly }
    where { siteId location deviceId deviceType sensorId } hours { start end days } } }
  ... on OperationError { code message } } }"""
RULES = (
    "query ($first: Int, $after: String) { alertRules(first: $first, after: $after) { nodes { id } pageInfo { endCursor } } }"
)
WARM: dict[str, Any] = {"ruleId": "warm", "name": "Too warm", "threshold": {"metric": "temperature", "above": 30}}


async def define(house: House, key: str | None = None, **changes: Any) -> Any:
    headers = {} if key is None else {"authorization": f"Bearer {key}"}
    async with house.client(Role.OPERATOR if key is None else None, **headers) as client:
        asked = {"query": DEFINE, "variables": {"rule": {**WARM, **changes}}}
        return (await client.post("/graphql", json=asked)).json()["data"]["defineAlertRule"]


async def key_of(house: House, **scope: tuple[str, ...]) -> str:
    keyring = Keyring(Writer(house.log, lambda: house.now), lambda: house.now)
    issued = await keyring.issue(
        name="part", role="operator", account_id="main", expires_at=None, actor="test", **{"sites": (), "devices": (), **scope}
    )
    await house.settle()
    return issued.text


async def test_a_rule_is_told_as_it_was_given_and_an_event_of_its_own_stream(house: House) -> None:
    hours = {"start": "22:00", "end": "06:00", "days": [0, 6]}
    where = {"siteId": "farm", "location": "farm/house-1", "deviceType": "climate", "sensorId": "main"}
    durations = {"for": "PT10M", "clearFor": "PT1M", "againWithin": "PT5M"}
    answer = await define(house, severity="CRITICAL", hours=hours, where=where, **durations)
    rule = answer["rule"]
    assert (rule["id"], rule["kind"], rule["severity"], rule["revision"]) == ("warm", "TemperatureAlert", "CRITICAL", 0)
    assert rule["definedBy"].startswith("key:")
    assert rule["hours"] == hours
    assert rule["where"] == {**where, "deviceId": None}
    assert (rule["for"], rule["clearFor"], rule["againWithin"]) == ("PT10M", "PT1M", "PT5M")
    assert rule["condition"] == {
        "metric": "temperature", "unit": "degC", "above": 30.0, "below": None, "hysteresis": 0.0, "basis": "READINGS",
        "over": None, "window": None, "anomaly": None,
    }  # fmt: skip
    query = 'query ($at: Cursor) { alertRule(id: "warm", atLeast: $at) { name } none: alertRule(id: "cold") { name } }'
    found = await house.ask(query, {"at": answer["cursor"]})
    assert found == {"alertRule": {"name": "Too warm"}, "none": None}
    assert len(await house.log.read_stream("rule-warm")) == 1


async def test_a_rule_that_is_so_already_is_no_event_and_another_takes_its_place(house: House) -> None:
    for _ in range(2):
        assert (await define(house))["rule"]["revision"] == 0
    off = (await define(house, enabled=False))["rule"]
    assert (off["revision"], off["enabled"]) == (1, False)
    assert len(await house.log.read_stream("rule-warm")) == 2


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"threshold": None, "rate": {"metric": "co2", "below": -50}}, "Co2RateAlert"),
        ({"threshold": None, "trend": {"metric": "humidity", "above": 5}}, "HumidityTrendAlert"),
        ({"threshold": {"metric": "vapour_pressure_deficit", "above": 1.6}}, "VapourPressureDeficitAlert"),
        ({"threshold": None, "anomaly": {"metric": "dew_point"}}, "DewPointAnomalyAlert"),
        ({"threshold": None, "silence": True, "for": "PT1H"}, "DeviceSilent"),
    ],
)
async def test_rules_of_every_kind_are_kept(house: House, changes: dict[str, Any], kind: str) -> None:
    assert (await define(house, **changes))["rule"]["kind"] == kind


async def test_a_rule_about_anomalies_is_told_with_the_severity_from_which_on_it_is_broken(house: House) -> None:
    condition = (await define(house, threshold=None, anomaly={"metric": "co2", "severity": "MINOR"}))["rule"]["condition"]
    assert (condition["metric"], condition["anomaly"], condition["above"], condition["below"]) == ("co2", "MINOR", None, None)


async def test_what_is_no_rule_is_refused_and_nothing_happens(house: House) -> None:
    for changes, says in (
        ({"threshold": {"metric": "temperature"}}, "above or below"),
        ({"threshold": {"metric": "growing_degree_days", "above": 20}}, "of whole days"),
        ({"hours": {"days": [0] * 8}}, "hours.days has 8 entries; at most 7 fit"),
    ):
        answer = await define(house, **changes)
        assert (answer["code"], says in answer["message"]) == ("INVALID_INPUT", True)
    assert await house.log.read_stream("rule-warm") == []


async def test_so_many_rules_are_in_force_and_no_more(tmp_path: Path) -> None:
    async with small_house(tmp_path, limits=Limits(rules=2)) as house:
        for rule in ("a", "b"):
            assert "rule" in await define(house, ruleId=rule)
        refused = await define(house, ruleId="c")
        assert (refused["code"], "`enabled: false`" in refused["message"]) == ("LIMIT_EXCEEDED", True)
        assert "rule" in await define(house, ruleId="c", enabled=False)
        assert "rule" in await define(house, ruleId="a", name="Another")
        assert "rule" in await define(house, ruleId="b", enabled=False)
        assert "rule" in await define(house, ruleId="c")


async def test_rules_come_in_pages_by_id(house: House) -> None:
    for rule in ("c", "a", "b"):
        await define(house, ruleId=rule)
    first = (await house.ask(RULES, {"first": 2}))["alertRules"]
    rest = (await house.ask(RULES, {"after": first["pageInfo"]["endCursor"]}))["alertRules"]
    assert [[node["id"] for node in page["nodes"]] for page in (first, rest)] == [["a", "b"], ["c"]]


@pytest.mark.parametrize(
    ("where", "allowed"),
    [
        ({"siteId": "farm"}, True),
        ({"location": "farm/house-1"}, True),
        ({"siteId": "yard"}, False),
        ({"deviceType": "climate"}, False),
        (None, False),
    ],
)
async def test_a_rule_of_whoever_sees_a_part_is_about_that_part(
    house: House, where: dict[str, str] | None, *, allowed: bool
) -> None:
    answer = await define(house, await key_of(house, sites=("farm",)), where=where)
    assert answer.get("code") == (None if allowed else "FORBIDDEN")


async def test_a_rule_about_others_is_not_changed_by_whoever_sees_a_part(house: House) -> None:
    await define(house)
    answer = await define(house, await key_of(house, sites=("farm",)), where={"siteId": "farm"})
    assert answer["code"] == "FORBIDDEN"
    assert len(await house.log.read_stream("rule-warm")) == 1
