"""What can be changed, and what refuses to be."""

import asyncio
from typing import Any

import pytest

from adapters.event_log.port import ANY, Append
from api.roles import Role
from schema.envelope import decode_metadata
from schema.ids import format_event_id
from schema.registry import REGISTRY
from tests.support.api import House
from tests.support.house_events import reading

REGISTER = """mutation ($input: RegisterDeviceInput!) { registerDevice(input: $input) { __typename
  ... on RegisterDeviceSuccess { device { id name location deviceType model firmwareVersion } cursor }
  ... on OperationError { code message } } }"""
DEFINE = """mutation ($input: SiteInput!) { defineSite(input: $input) { __typename
  ... on DefineSiteSuccess { site { id name timeZone } cursor } ... on OperationError { code message } } }"""
ISSUE = """mutation ($input: IssueKeyInput!) { issueKey(input: $input) { __typename
  ... on IssueKeySuccess { key { id name role expiresAt revoked } secret cursor } ... on OperationError { code message } } }"""


async def change(house: House, mutation: str, **given: Any) -> Any:
    [answer] = (await house.ask(mutation, {"input": given}, role=Role.ADMIN)).values()
    return answer


async def test_a_registered_device_is_there_for_the_very_next_query(house: House) -> None:
    answer = await change(house, REGISTER, deviceId="a", name="Bench 3", location="farm/house-1")
    assert answer["device"]["name"] == "Bench 3"
    query = 'query ($at: Cursor) { device(id: "a", atLeast: $at) { name location } }'
    assert await house.ask(query, {"at": answer["cursor"]}) == {"device": {"name": "Bench 3", "location": "farm/house-1"}}


async def test_a_change_keeps_what_it_leaves_out_and_clears_what_is_null(house: House) -> None:
    await change(house, REGISTER, deviceId="a", name="Bench 3", model="X", deviceType="climate")
    changed = await change(house, REGISTER, deviceId="a", location="farm", deviceType=None)
    assert changed["device"] == {
        "id": "a", "name": "Bench 3", "location": "farm", "deviceType": None, "model": "X", "firmwareVersion": None
    }  # fmt: skip


async def test_a_change_that_changes_nothing_adds_no_event(house: House) -> None:
    first = await change(house, REGISTER, deviceId="a", name="Bench 3")
    again = await change(house, REGISTER, deviceId="a", name="Bench 3")
    assert first["cursor"] == again["cursor"]
    assert len(await house.log.read_stream("control-a")) == 1


async def test_an_event_says_who_caused_it_and_holds_no_secret(house: House) -> None:
    issued = await change(house, ISSUE, name="grafana", role="VIEWER")
    [event] = [e for e in await house.log.read_stream("account-main") if b"grafana" in e.data]
    metadata = decode_metadata(event.metadata)
    assert (metadata.source, metadata.actor) == ("graphql", "key:" + house.keys[Role.ADMIN].split("_")[1])
    assert issued["secret"].split("_", 2)[2].encode() not in event.data + event.metadata
    async with house.client(None, authorization=f"Bearer {issued['secret']}") as client:
        assert (await client.post("/graphql", json={"query": "{ sites { id } }"})).json() == {"data": {"sites": []}}


async def test_all_that_one_operation_changes_belongs_to_one_correlation_id(house: House) -> None:
    both = """mutation { defineSite(input: {siteId: "farm"}) { __typename }
      registerDevice(input: {deviceId: "a", name: "Bench 3"}) { __typename } }"""
    await house.ask(both, role=Role.ADMIN)
    await change(house, REGISTER, deviceId="b")
    site, first, second = [
        decode_metadata(event.metadata).correlation_id
        for stream in ("site-farm", "control-a", "control-b")
        for event in await house.log.read_stream(stream)
    ]
    assert site == first != second
    query = """query ($id: ID!) { audit(eventId: $id) { correlationId } }"""
    await house.settle()
    [event] = await house.log.read_stream("control-a")
    assert await house.ask(query, {"id": format_event_id(event.id)}, role=Role.ADMIN) == {"audit": {"correlationId": first}}


async def test_a_device_id_that_no_topic_could_hold_is_refused(house: House) -> None:
    for device in ("", "/", "a/b", "+", "#", "$x", "a b", "-a", "a" * 65, "a\x00", "a\u202e", "ä", "a\n"):
        answer = await change(house, REGISTER, deviceId=device)
        assert (answer["code"], "deviceId" in answer["message"]) == ("INVALID_INPUT", True), device


async def test_a_text_that_no_list_could_show_is_refused(house: House) -> None:
    bad = {"location": ("a//b", "/a", "a/" * 9 + "a"), "name": (" ", "x\n", "\u202ebad"), "model": ("x" * 201,)}
    for field, texts in bad.items():
        for text in texts:
            assert (await change(house, REGISTER, deviceId="a", **{field: text}))["code"] == "INVALID_INPUT", text
    assert await house.log.read_stream("control-a") == []


async def test_a_site_keeps_its_name_when_only_its_zone_changes(house: House) -> None:
    await change(house, DEFINE, siteId="farm", name="The farm")
    await change(house, DEFINE, siteId="farm", name="A name", timeZone="Asia/Kolkata")
    renamed = await change(house, DEFINE, siteId="farm", name="The farm")
    assert renamed["site"] == {"id": "farm", "name": "The farm", "timeZone": "Asia/Kolkata"}
    answer = await change(house, DEFINE, siteId="farm", timeZone="Europe/Rome")
    assert answer["site"] == {"id": "farm", "name": "The farm", "timeZone": "Europe/Rome"}


async def test_a_time_zone_that_means_something_else_on_every_machine_is_refused(house: House) -> None:
    for zone in ("localtime", "posixrules", "Factory", "right/Europe/Rome"):
        assert (await change(house, DEFINE, siteId="farm", timeZone=zone))["code"] == "INVALID_INPUT", zone
    assert "site" in await change(house, DEFINE, siteId="farm", timeZone="Etc/GMT-1")


async def test_a_time_zone_that_does_not_exist_is_refused(house: House) -> None:
    for zone in ("", "Mars", "Europe", "../etc/passwd", "/etc/passwd", "UTC\x00", "x" * 300):
        assert (await change(house, DEFINE, siteId="farm", timeZone=zone))["code"] == "INVALID_INPUT", zone


async def test_a_key_that_would_be_over_already_or_has_no_name_is_refused(house: House) -> None:
    assert (await change(house, ISSUE, name="x", role="VIEWER", expiresAt="2020-01-01T00:00:00Z"))["code"] == "INVALID_INPUT"
    assert (await change(house, ISSUE, name="", role="VIEWER"))["code"] == "INVALID_INPUT"
    assert (await change(house, ISSUE, name="x", role="VIEWER", accountId="a b"))["code"] == "INVALID_INPUT"


async def test_a_key_can_be_for_some_sites_and_devices_alone(house: House) -> None:
    scoped = """mutation ($input: IssueKeyInput!) { issueKey(input: $input) {
      ... on IssueKeySuccess { key { sites devices } } ... on OperationError { code message } } }"""
    assert await change(house, scoped, name="x", role="VIEWER") == {"key": {"sites": [], "devices": []}}
    narrow = await change(house, scoped, name="x", role="INGEST", sites=["north", "farm", "north"], devices=["tomato-1"])
    assert narrow == {"key": {"sites": ["farm", "north"], "devices": ["tomato-1"]}}
    listed = (await house.ask("{ keys { sites devices } }", role=Role.ADMIN))["keys"]
    assert narrow["key"] in listed


async def test_a_key_whose_scope_cannot_be_is_refused(house: House) -> None:
    for given, told in (
        ({"role": "VIEWER", "sites": ["a/b"]}, "sites holds 'a/b', which is not an id"),
        ({"role": "INGEST", "devices": ["+"]}, "devices holds '+', which is not an id"),
        ({"role": "VIEWER", "sites": [f"s{number}" for number in range(101)]}, "sites names 101; a key can name 100"),
        ({"role": "ADMIN", "sites": ["farm"]}, "a key of the role admin is good for all sites and devices"),
    ):
        answer = await change(house, ISSUE, name="x", **given)
        assert (answer["code"], told in answer["message"]) == ("INVALID_INPUT", True), answer


async def test_a_key_that_is_not_there_cannot_be_revoked(house: House) -> None:
    revoke = 'mutation { revokeKey(input: {keyId: "nobody"}) { ... on OperationError { code message } } }'
    answer = (await house.ask(revoke, role=Role.ADMIN))["revokeKey"]
    assert answer == {"code": "NOT_FOUND", "message": "account 'main' has no key 'nobody'"}


async def test_changes_made_at_the_same_time_all_stand(house: House) -> None:
    fields: list[dict[str, str]] = [
        {"name": "n"},
        {"model": "m"},
        {"deviceType": "t"},
        {"location": "l"},
        {"firmwareVersion": "f"},
    ]
    await asyncio.gather(*(change(house, REGISTER, deviceId="a", **field) for field in fields))
    device = (await house.ask('{ device(id: "a") { name model deviceType location firmwareVersion } }'))["device"]
    assert device == {"name": "n", "model": "m", "deviceType": "t", "location": "l", "firmwareVersion": "f"}


async def test_a_stream_that_moves_on_and_on_is_a_conflict_in_the_end(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    read = house.log.read_stream

    async def overtaken(stream: str, **options: Any) -> Any:
        events = await read(stream, **options)
        await house.log.append([Append(stream, ANY, [reading("a", len(events), own_id=str(len(events)), temperature=1.0)[1]])])
        return events

    monkeypatch.setattr(house.log, "read_stream", overtaken)
    assert (await change(house, REGISTER, deviceId="a"))["code"] == "CONFLICT"


async def test_a_change_answers_even_when_its_read_model_does_not_show_it_yet(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def never(_name: str, _position: object) -> None:
        await asyncio.get_running_loop().create_future()

    monkeypatch.setattr(house.services.projections, "reached", never)
    answer = await change(house, REGISTER, deviceId="a", name="Bench 3")
    assert answer["device"]["name"] == "Bench 3"
    [event] = await house.log.read_stream("control-a")
    assert REGISTRY.unpack(event).name == "Bench 3"  # type: ignore[attr-defined]
