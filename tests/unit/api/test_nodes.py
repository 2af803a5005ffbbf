"""What has an identity that lasts is had anew by its node id, by the same way and under the same rules as by its own fields."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from graphql import GraphQLInterfaceType

from adapters.history.port import Anomaly, SeriesKey, SeriesRange
from api import nodes
from api.limits import Limits
from api.roles import Role
from api.schema import build_schema
from api.types.node import NodeId
from domain.anomalies import Severity
from projections.lineage_queries import DeadLetterView
from schema.envelope import Cursor, Position
from schema.events import SiteDefined
from schema.ids import EventId, format_event_id
from schema.rules import AlertRuleDefined, Silence
from schema.times import HOUR_US
from tests.support.alert_events import raised_alert
from tests.support.api import House, small_house
from tests.support.command_events import asked, control
from tests.support.house_events import dead_letter, pack, reading
from tests.support.notification_events import requested

NODES = "query ($ids: [ID!]!) { nodes(ids: $ids) { __typename id nodeId } }"
ALL = """query ($event: ID!) {
  devices { nodes { __typename id nodeId } }
  sites { __typename id nodeId }
  keys { __typename id nodeId }
  anomalies { nodes { __typename id nodeId } }
  deadLetters { nodes { __typename id nodeId } }
  audit(eventId: $event) { __typename id nodeId }
  commands { nodes { __typename id nodeId } }
  alerts { nodes { __typename id nodeId } }
  alertRules { nodes { __typename id nodeId } }
  notifications { nodes { __typename id nodeId } }
  projections { __typename id nodeId } }"""
HOUR = Anomaly(SeriesKey("a", "main", "temperature"), HOUR_US, 9.0, 1.0, 8.0, 6.0, Severity.MINOR, Position(1))


async def fill(house: House) -> list[dict[str, Any]]:
    """Two of each type, as their own fields tell them."""
    heard = reading("a", 0, temperature=1.0)
    letters = [dead_letter(b"{"), dead_letter(b"[")]
    sites = [pack(f"site-{name}", SiteDefined(site_id=name, time_zone="UTC")) for name in ("farm", "yard")]
    ordered = [control(asked("both", number), "both") for number in range(2)]
    rules = [pack(f"rule-{name}", AlertRuleDefined(rule_id=name, name=name, condition=Silence())) for name in ("still", "mute")]
    await house.says([heard, reading("b", 0, temperature=1.0), *letters, *sites, *ordered, *rules])
    await house.says([raised_alert("one"), raised_alert("two"), requested("one"), requested("two")])
    other = Anomaly(HOUR.series, 2 * HOUR_US, 9.0, 1.0, 8.0, 6.0, Severity.MINOR, Position(1))
    await house.history.keep([], {}, Cursor(house.log.log_id, Position(1)), [HOUR, other])
    data = await house.ask(ALL, {"event": format_event_id(heard[1].id)}, role=Role.ADMIN)
    found: list[dict[str, Any]] = []
    for each in data.values():
        found += [each] if "nodeId" in each else each if isinstance(each, list) else each["nodes"]
    return found


def test_every_type_of_node_can_be_looked_up() -> None:
    schema = build_schema()
    node = schema.type_map["Node"]
    assert isinstance(node, GraphQLInterfaceType)
    assert {kind.name for kind in schema.get_possible_types(node)} == set(nodes._LOOK_UPS)


async def test_every_node_is_had_anew_by_the_id_that_its_own_fields_give(house: House) -> None:
    found = await fill(house)
    assert {each["__typename"] for each in found} == set(nodes._LOOK_UPS)
    asked = [*found, *found[::-1]]
    ids = [each["nodeId"] for each in asked]
    assert (await house.ask(NODES, {"ids": ids}, role=Role.ADMIN))["nodes"] == asked
    assert len({each["nodeId"] for each in found}) == len(found)
    for each in found:
        one = await house.ask(
            "query ($id: ID!) { node(id: $id) { __typename id nodeId } }", {"id": each["nodeId"]}, role=Role.ADMIN
        )
        assert one["node"] == each


async def test_a_node_shows_the_fields_of_its_type(house: House) -> None:
    await fill(house)
    answer = await house.ask(
        "query ($id: ID!) { node(id: $id) { ... on Device { deviceId latest { value } } ... on Site { timeZone } } }",
        {"id": NodeId("Device", "a").encode()},
    )
    assert answer["node"] == {"deviceId": "a", "latest": [{"value": 1.0}]}


async def test_what_is_not_there_is_null(house: House) -> None:
    await fill(house)
    unknown = [NodeId("Device", "nobody"), NodeId("Site", "nowhere"), NodeId("ApiKey", "none"), NodeId("Projection", "none")]
    event = format_event_id(reading("a", 0, temperature=1.0)[1].id)
    unknown += [
        NodeId("Alert", "none"),
        NodeId("AlertRule", "none"),
        NodeId("Notification", "none"),
        NodeId("DeadLetter", event),
        NodeId("EventAudit", format_event_id(b"\x01" * 16)),
    ]
    ids = [NodeId("Device", "a").encode(), *(each.encode() for each in unknown)]
    first, *others = (await house.ask(NODES, {"ids": ids}, role=Role.ADMIN))["nodes"]
    assert first["id"] == "a"
    assert others == [None] * len(unknown)


async def test_an_anomaly_that_is_cleared_is_null(house: House) -> None:
    [one] = [each for each in await fill(house) if each["__typename"] == "Anomaly"][-1:]
    cleared = Anomaly(HOUR.series, HOUR_US, 9.0, 1.0, 8.0, 6.0, Severity.NONE, Position(2))
    await house.history.keep([], {}, Cursor(house.log.log_id, Position(2)), [cleared])
    assert (await house.ask(NODES, {"ids": [one["nodeId"]]}))["nodes"] == [None]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a",
        "tomato-1",
        "é",
        NodeId("Device", "a").encode() + "=",
        NodeId("Device", "a").encode() + "\n",
        NodeId("Reading", "a").encode(),
        NodeId("EventAudit", "no event").encode(),
        NodeId("Anomaly", "no place").encode(),
    ],
)
async def test_what_is_no_id_of_a_node_is_refused(house: House, text: str) -> None:
    assert await house.code(NODES, {"ids": [text]}) == "INVALID_INPUT"
    assert await house.code("query ($id: ID!) { node(id: $id) { id } }", {"id": text}) == "INVALID_INPUT"


async def test_what_is_refused_of_one_node_keeps_no_other_away(house: House) -> None:
    found = {each["__typename"]: each for each in await fill(house)}
    wrong = [NodeId("EventAudit", "no event"), NodeId("Anomaly", "no place"), NodeId("Reading", "a")]
    ids = ["tomato-1", found["ApiKey"]["nodeId"], *(each.encode() for each in wrong)]
    good = [found[kind]["nodeId"] for kind in ("EventAudit", "Anomaly", "Device")]
    answer = await house.answer(NODES, {"ids": [each for pair in zip(ids, [*good, *good], strict=False) for each in pair]})
    told = [node and node["nodeId"] for node in answer["data"]["nodes"]]
    assert told == [each for name in [*good, *good[:2]] for each in (None, name)]
    codes = {error["path"][1]: error["extensions"]["code"] for error in answer["errors"]}
    assert codes == {0: "INVALID_INPUT", 2: "FORBIDDEN", 4: "INVALID_INPUT", 6: "INVALID_INPUT", 8: "INVALID_INPUT"}


async def test_the_own_id_of_an_object_is_refused_with_a_word_of_help(house: House) -> None:
    [error] = (await house.answer('{ node(id: "tomato-1") { id } }'))["errors"]
    assert error["message"] == "'tomato-1' is no id of a node: give the `nodeId` of an object, not its `id`"


async def test_a_node_asks_for_the_role_that_its_own_fields_ask_for(house: House) -> None:
    keys = [each["nodeId"] for each in await fill(house) if each["__typename"] == "ApiKey"]
    assert await house.code(NODES, {"ids": keys[:1]}) == "FORBIDDEN"
    assert await house.code(NODES, {"ids": [NodeId("ApiKey", "none").encode()]}, role=Role.OPERATOR) == "FORBIDDEN"


async def test_more_nodes_than_one_answer_gives_are_refused_and_each_has_its_price(house: House) -> None:
    ids = [NodeId("Device", f"d{number}").encode() for number in range(101)]
    [error] = (await house.answer(NODES, {"ids": ids}))["errors"]
    assert (error["extensions"]["limit"], error["extensions"]["allowed"]) == ("node ids", 100)
    dear = "nodes(ids: $ids) { ... on Device { latest { value unit metric quality timestamp } } }"
    fields = " ".join(f"n{number}: {dear}" for number in range(6))
    assert await house.code(f"query ($ids: [ID!]!) {{ {fields} }}", {"ids": ids[:100]}) == "LIMIT_EXCEEDED"
    assert (await house.ask(f"query ($ids: [ID!]!) {{ {fields} }}", {"ids": ids[:2]}))["n0"] == [None, None]


async def test_dead_letters_share_the_room_of_an_answer_whichever_way_they_are_asked_for(tmp_path: Path) -> None:
    async with small_house(tmp_path, limits=Limits(letter_bytes=1_000)) as house:
        await house.says([dead_letter(b"x" * 400 + bytes([number])) for number in range(3)])
        page = await house.ask("{ deadLetters { nodes { nodeId } } }")
        ids = [each["nodeId"] for each in page["deadLetters"]["nodes"]]
        rest = NodeId("DeadLetter", format_event_id(dead_letter(b"x" * 400 + bytes([0]))[1].id)).encode()
        assert (await house.ask(NODES, {"ids": ids}))["nodes"][0]["nodeId"] == ids[0]
        answer = await house.answer(NODES, {"ids": [*ids, rest]})
        [error] = answer["errors"]
        assert (error["extensions"]["limit"], error["path"]) == ("bytes of dead letters", ["nodes", 2])
        assert [node["nodeId"] for node in answer["data"]["nodes"][:2]] == ids


async def test_nodes_wait_for_a_change_that_they_must_show(house: House) -> None:
    house.wait_no_longer_than(0.01)
    beyond = Cursor(house.log.log_id, Position(10**9)).encode()
    query = "query ($ids: [ID!]!, $at: Cursor) { nodes(ids: $ids, atLeast: $at) { id } }"
    for kind, own in (("Device", "a"), ("Site", "farm"), ("EventAudit", format_event_id(b"\x01" * 16))):
        assert await house.code(query, {"ids": [NodeId(kind, own).encode()], "at": beyond}) == "NOT_YET_VISIBLE"


async def test_nodes_of_one_type_are_one_question(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    found = await fill(house)
    asked: list[int] = []
    lineage, history = house.services.lineage, house.services.history
    assert history is not None
    letters_of, anomalies_in = lineage.letters, history.anomalies_in

    async def letters(event_ids: Sequence[EventId]) -> list[DeadLetterView | None]:
        asked.append(len(event_ids))
        return await letters_of(event_ids)

    async def anomalies(ranges: Sequence[SeriesRange]) -> list[Anomaly]:
        asked.append(len(ranges))
        return await anomalies_in(ranges)

    monkeypatch.setattr(lineage, "letters", letters)
    monkeypatch.setattr(history, "anomalies_in", anomalies)
    ids = [each["nodeId"] for each in found if each["__typename"] in {"DeadLetter", "Anomaly"}]
    assert len((await house.ask(NODES, {"ids": ids}))["nodes"]) == 4
    assert asked == [2, 2]
