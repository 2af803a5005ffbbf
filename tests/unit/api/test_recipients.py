"""Who is told of alerts is defined and read; targets are known by name alone."""

from dataclasses import replace
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from api.app import build_app
from api.keyring import Keyring
from api.roles import Role
from api.writes import Writer
from tests.support.api import House
from tests.support.documents import ROOT, blocks

DEFINE = """mutation ($who: RecipientInput!) { defineRecipient(input: $who) { __typename
  ... on DefineRecipientSuccess { cursor recipient { id name targets unknownTargets least where { location } timeZone
    quiet { start end days } criticalAnyHour escalation { after to } onlyEscalated enabled } }
  ... on OperationError { code message } } }"""
ADA: dict[str, Any] = {"recipientId": "ada", "name": "Ada", "targets": ["ada-phone"]}
WHOLE: dict[str, Any] = {
    "least": "CRITICAL",
    "where": {"location": "farm/house-1"},
    "timeZone": "Europe/Rome",
    "quiet": {"start": "22:00", "end": "07:00", "days": []},
    "escalation": {"after": "PT15M", "to": "ben"},
}


async def define(house: House, role: Role = Role.ADMIN, **changes: Any) -> Any:
    async with house.client(role) as client:
        asked = {"query": DEFINE, "variables": {"who": {**ADA, **changes}}}
        return (await client.post("/graphql", json=asked)).json()["data"]["defineRecipient"]


async def test_a_recipient_is_told_as_he_was_given_and_is_an_event_of_his_own_stream(house: House) -> None:
    await define(house, recipientId="ben")
    for _ in range(2):
        answer = await define(house, **WHOLE)
    recipient = answer["recipient"]
    assert recipient == {
        "id": "ada", "name": "Ada", "targets": ["ada-phone"], "unknownTargets": None, **WHOLE,
        "criticalAnyHour": True, "onlyEscalated": False, "enabled": True,
    }  # fmt: skip
    assert len(await house.log.read_stream("recipient-ada")) == 1
    async with house.client(Role.OPERATOR) as client:
        query = {"query": "query ($at: Cursor) { recipients(atLeast: $at) { id } }", "variables": {"at": answer["cursor"]}}
        assert (await client.post("/graphql", json=query)).json()["data"] == {"recipients": [{"id": "ada"}, {"id": "ben"}]}


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"targets": ["ntfy://token@host"]}, "targets"),
        ({"timeZone": "Mars/Olympus"}, "timeZone"),
        ({"recipientId": "#"}, "recipientId"),
    ],
)
async def test_what_is_no_recipient_is_refused(house: House, changes: dict[str, Any], named: str) -> None:
    refused = await define(house, **changes)
    assert refused["code"] == "INVALID_INPUT"
    assert named in refused["message"]


async def test_whom_to_tell_next_is_somebody(house: House) -> None:
    after: dict[str, Any] = {"escalation": {"after": "PT15M", "to": "ben"}}
    refused = await define(house, **after)
    assert refused["code"] == "INVALID_INPUT"
    assert "no recipient 'ben' (there is none): define him first" in refused["message"]
    await define(house)
    await define(house, recipientId="bea")
    again = await define(house, recipientId="cleo", **after)
    assert "no recipient 'ben' (there are ada, bea): define him first" in again["message"]
    assert await house.log.read_stream("recipient-cleo") == []


async def test_two_may_follow_each_other_once_both_are_there(house: House) -> None:
    await define(house)
    for one, other in (("ben", "ada"), ("ada", "ben")):
        answer = await define(house, recipientId=one, escalation={"after": "PT15M", "to": other})
        assert answer["recipient"]["escalation"]["to"] == other


async def test_whom_to_tell_next_is_never_the_same(house: House) -> None:
    for named in ("ada", "#"):
        refused = await define(house, escalation={"after": "PT15M", "to": named})
        assert refused["message"] == "escalation.to must be the id of another recipient"


async def test_targets_that_no_setting_names_are_told(house: House) -> None:
    house.services = replace(house.services, targets=frozenset({"ada-phone"}), registry=CollectorRegistry())
    house.app = build_app(house.services)
    answer = await define(house, targets=["ada-fone", "ada-phone"])
    assert answer["recipient"]["unknownTargets"] == ["ada-fone"]
    assert (await house.ask("{ recipients { unknownTargets } }", role=Role.OPERATOR))["recipients"] == [
        {"unknownTargets": ["ada-fone"]}
    ]


async def test_who_is_told_is_for_administrators_to_say(house: House) -> None:
    assert (await define(house, Role.OPERATOR))["code"] == "FORBIDDEN"


async def test_a_key_for_a_part_of_the_house_neither_reads_nor_defines_them(house: House) -> None:
    keyring = Keyring(Writer(house.log, lambda: house.now), lambda: house.now)
    issued = await keyring.issue(
        name="part", role="operator", account_id="main", expires_at=None, actor="test", sites=("farm",), devices=()
    )
    await house.settle()
    async with house.client(None, authorization=f"Bearer {issued.text}") as client:
        read = (await client.post("/graphql", json={"query": "{ recipients { id } }"})).json()
        defined = (await client.post("/graphql", json={"query": DEFINE, "variables": {"who": ADA}})).json()
    assert read["errors"][0]["extensions"]["code"] == "FORBIDDEN"
    assert defined["data"]["defineRecipient"]["code"] == "FORBIDDEN"


async def test_the_guide_defines_a_recipient(house: House) -> None:
    mutation, _ = blocks(ROOT / "docs" / "how-to" / "notifications.md", "graphql")
    async with house.client(Role.ADMIN) as client:
        answer = (await client.post("/graphql", json={"query": mutation})).json()
    assert answer["data"] == {
        "ben": {"recipient": {"id": "ben", "targets": ["office-mail"], "unknownTargets": None}},
        "ada": {"recipient": {"id": "ada", "targets": ["ada-phone"], "unknownTargets": None}},
    }
