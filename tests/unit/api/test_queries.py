"""What can be asked, and what is answered."""

import asyncio
from dataclasses import replace

import pytest
from prometheus_client import CollectorRegistry

from api.app import build_app
from api.roles import Role
from schema.envelope import Cursor, NewEvent, Position
from schema.events import ActuatorEvent, Clock, DeviceMetadata, DeviceStatus, SiteDefined
from schema.ids import content_event_id, format_event_id
from tests.support.api import House
from tests.support.house_events import at, dead_letter, pack, reading, tell


async def test_a_device_shows_what_its_sensors_last_said(house: House) -> None:
    await house.says(
        [
            reading("tomato-1", 0, temperature=20.5),
            reading("tomato-1", 60, temperature=21.5, humidity=60.0),
            pack("device-tomato-1", DeviceStatus(device_id="tomato-1", status="online", timestamp=at(60))),
            pack("device-tomato-1", ActuatorEvent(device_id="tomato-1", actuator_id="vent", timestamp=at(60), state=0.4)),
        ]
    )
    data = await house.ask(
        """{ device(id: "tomato-1") { id deviceId site status statusAt
               latest { deviceId sensorId metric value unit quality timestamp recordedAt streamRevision eventId }
               warm: latest(metric: "temperature") { value }
               actuators { actuatorId state timestamp eventId } } }"""
    )
    device = data["device"]
    assert (device["id"], device["deviceId"], device["site"], device["status"]) == ("tomato-1", "tomato-1", "farm", "ONLINE")
    assert [(one["metric"], one["value"]) for one in device["latest"]] == [("humidity", 60.0), ("temperature", 21.5)]
    assert device["warm"] == [{"value": 21.5}]
    assert device["latest"][0]["timestamp"] == "2026-06-01T00:01:00Z"
    assert device["latest"][0]["quality"] == "GOOD"
    assert device["actuators"][0]["state"] == 0.4


async def test_an_unknown_device_is_null(house: House) -> None:
    assert await house.ask('{ device(id: "nobody") { id } }') == {"device": None}


async def test_devices_come_page_by_page_in_order_of_id(house: House) -> None:
    await house.says([reading(name, 0, temperature=1.0) for name in ("c", "a", "b")])
    page = (
        "query ($after: String) { devices(first: 2, after: $after) { nodes { id } edges { cursor } "
        "pageInfo { hasNextPage endCursor hasPreviousPage } } }"
    )
    first = (await house.ask(page))["devices"]
    assert [node["id"] for node in first["nodes"]] == ["a", "b"]
    assert first["pageInfo"] == {"hasNextPage": True, "endCursor": first["edges"][1]["cursor"], "hasPreviousPage": False}
    second = (await house.ask(page, {"after": first["pageInfo"]["endCursor"]}))["devices"]
    assert [node["id"] for node in second["nodes"]] == ["c"]
    assert (second["pageInfo"]["hasNextPage"], second["pageInfo"]["hasPreviousPage"]) == (False, True)


async def test_a_location_holds_what_lies_below_it_and_nothing_that_only_begins_like_it(house: House) -> None:
    await house.says(
        [
            pack("control-a", DeviceMetadata(device_id="a", location="farm/house-1/zone-1")),
            pack("control-b", DeviceMetadata(device_id="b", location="farm/house-10")),
            reading("a", 0, temperature=1.0),
            reading("b", 0, temperature=1.0),
            reading("c", 0, temperature=1.0, site="farm"),
        ]
    )
    query = "query ($at: String) { devices(location: $at) { nodes { id } } }"
    found = {at: [n["id"] for n in (await house.ask(query, {"at": at}))["devices"]["nodes"]] for at in ("farm/house-1", "farm")}
    assert found == {"farm/house-1": ["a"], "farm": ["a", "b", "c"]}


READINGS = """query ($after: String, $first: Int, $from: DateTime, $to: DateTime) {
  readings(deviceId: "a", after: $after, first: $first, from: $from, to: $to) {
    nodes { value timestamp } pageInfo { hasNextPage endCursor } liveCursor } }"""


async def test_readings_come_by_time_of_measurement_whatever_the_order_they_came_in(house: House) -> None:
    await house.says([reading("a", second, temperature=float(second)) for second in (30, 10, 20)])
    page = (await house.ask(READINGS))["readings"]
    assert [node["value"] for node in page["nodes"]] == [10.0, 20.0, 30.0]
    span = {"from": "2026-06-01T02:00:10+02:00", "to": "2026-06-01T00:00:30Z"}
    assert [node["value"] for node in (await house.ask(READINGS, span))["readings"]["nodes"]] == [10.0, 20.0]


async def test_a_walk_over_pages_sees_the_history_as_it_stood_at_the_first(house: House) -> None:
    await house.says([reading("a", second, temperature=float(second)) for second in (0, 10, 20, 30)])
    first = (await house.ask(READINGS, {"first": 2}))["readings"]
    await house.says([reading("a", 15, temperature=15.0), reading("a", 25, temperature=25.0)])
    second = (await house.ask(READINGS, {"first": 9, "after": first["pageInfo"]["endCursor"]}))["readings"]
    assert [node["value"] for node in first["nodes"] + second["nodes"]] == [0.0, 10.0, 20.0, 30.0]
    assert second["liveCursor"] == first["liveCursor"]


async def test_a_page_of_which_all_is_newer_than_the_walk_still_leads_on(house: House) -> None:
    await house.says([reading("a", second, temperature=float(second)) for second in (0, 40)])
    first = (await house.ask(READINGS, {"first": 1}))["readings"]
    await house.says([reading("a", second, temperature=float(second)) for second in (10, 20, 30)])
    seen, after = [], first["pageInfo"]["endCursor"]
    while after is not None:
        page = (await house.ask(READINGS, {"first": 2, "after": after}))["readings"]
        seen += [node["value"] for node in page["nodes"]]
        after = page["pageInfo"]["endCursor"] if page["pageInfo"]["hasNextPage"] else None
    assert seen == [40.0]


async def test_series_come_in_windows_with_their_unit(house: House) -> None:
    await house.says([reading("a", second, temperature=float(second)) for second in (0, 30, 60)] + [reading("a", 0, odd=1.0)])
    data = await house.ask(
        """query ($selectors: [SeriesSelector!]!) {
          series(selectors: $selectors, from: "2026-06-01T00:00:00Z", to: "2026-06-01T00:02:00Z", window: "PT1M") {
            deviceId sensorId metric unit buckets { start end count mean } } }""",
        {"selectors": [{"deviceId": "a", "sensorId": "main", "metric": metric} for metric in ("temperature", "odd", "none")]},
    )
    warm, odd, none = data["series"]
    assert [(bucket["start"], bucket["count"], bucket["mean"]) for bucket in warm["buckets"]] == [
        ("2026-06-01T00:00:00Z", 2, 15.0),
        ("2026-06-01T00:01:00Z", 1, 60.0),
    ]
    assert (warm["unit"], odd["unit"], none["unit"], none["buckets"]) == ("degC", "degC", None, [])


AUDIT = """query ($id: ID!) {
  audit(eventId: $id) { type source validity reasons schemaVersion stream revision site receivedAt cursor } }"""


async def test_an_audit_tells_where_an_event_came_from_and_what_the_checks_made_of_it(house: House) -> None:
    cases = {
        "VALID": reading("a", 0, temperature=20.0),
        "BAD": reading("a", 1, temperature=900.0, verdicts={"temperature": "above_range"}),
        "SUSPECTED": reading("a", 2, temperature=20.0, clock=Clock.AHEAD),
        "DEAD_LETTER": dead_letter(b"{"),
    }
    await house.says(list(cases.values()))
    for validity, (stream, event) in cases.items():
        audit = (await house.ask(AUDIT, {"id": format_event_id(event.id)}))["audit"]
        assert (audit["validity"], audit["stream"], audit["source"]) == (validity, stream, "test")
        assert bool(audit["reasons"]) == (validity != "VALID")


async def test_an_event_that_this_version_cannot_read_is_audited_all_the_same(house: House) -> None:
    event = NewEvent(content_event_id(None, "newer"), "FromTheFuture", b"{}", b'{"odd": 1}')
    await house.says([("device-a", event)])
    audit = (await house.ask(AUDIT, {"id": format_event_id(event.id)}))["audit"]
    assert (audit["validity"], audit["type"], audit["source"]) == ("UNREADABLE", "FromTheFuture", None)


async def test_an_unknown_event_is_null_and_no_id_at_all_an_error(house: House) -> None:
    assert await house.ask(AUDIT, {"id": format_event_id(bytes(16))}) == {"audit": None}
    assert await house.code(AUDIT, {"id": "nonsense"}) == "INVALID_INPUT"


async def test_dead_letters_come_newest_first_with_their_bytes_and_reason(house: House) -> None:
    await house.says([dead_letter(b"%d\xff" % number) for number in range(3)])
    query = """query ($after: String) { deadLetters(first: 2, after: $after) {
      totalCount nodes { payload payloadBase64 code reason size truncated topic } pageInfo { hasNextPage endCursor } } }"""
    first = (await house.ask(query))["deadLetters"]
    assert [letter["payload"] for letter in first["nodes"]] == ["2\\xff", "1\\xff"]
    assert (first["totalCount"], first["nodes"][0]["payloadBase64"], first["nodes"][0]["truncated"]) == (3, "Mv8=", False)
    rest = (await house.ask(query, {"after": first["pageInfo"]["endCursor"]}))["deadLetters"]
    assert [letter["payload"] for letter in rest["nodes"]] == ["0\\xff"]
    assert rest["pageInfo"]["hasNextPage"] is False


async def test_projections_and_keys_are_listed(house: House) -> None:
    data = await house.ask(
        "{ projections { name state lagSeconds error events cursor } keys { id name role revoked } }", role=Role.ADMIN
    )
    assert {one["name"] for one in data["projections"]} == {
        "accounts",
        "alerts",
        "commands",
        "decisions",
        "latest",
        "history",
        "windows",
        "lineage",
    }
    assert {one["state"] for one in data["projections"]} == {"LIVE"}
    assert {key["role"] for key in data["keys"]} == {"VIEWER", "OPERATOR", "INGEST", "ADMIN"}


async def test_a_query_waits_for_the_position_that_it_must_see(house: House) -> None:
    query = 'query ($at: Cursor) { device(id: "late", atLeast: $at) { id } }'
    here = Cursor(house.log.log_id, await house.log.head())
    beyond = Cursor(house.log.log_id, Position((here.position or 0) + 10)).encode()
    house.wait_no_longer_than(0.2)
    assert await house.code(query, {"at": beyond}) == "NOT_YET_VISIBLE"
    house.wait_no_longer_than(60)
    asking = asyncio.create_task(house.ask(query, {"at": beyond}))
    await tell(house.log, [reading("late", 0, temperature=1.0)])
    assert await asking == {"device": {"id": "late"}}


async def test_a_cursor_of_another_log_and_one_that_is_none_are_refused(house: House) -> None:
    query = "query ($at: Cursor) { sites(atLeast: $at) { id } }"
    assert await house.code(query, {"at": Cursor("another", Position(1)).encode()}) == "INVALID_INPUT"
    assert await house.code(query, {"at": "!"}) == "INVALID_INPUT"
    for after in ("!", "", "AAAA", "💥"):
        assert await house.code("query ($c: String) { devices(after: $c) { nodes { id } } }", {"c": after}) == "INVALID_INPUT"
        assert await house.code(READINGS, {"after": after}) == "INVALID_INPUT"


async def test_sites_are_listed_with_their_time_zones(house: House) -> None:
    await house.says([pack("site-farm", SiteDefined(site_id="farm", name="The farm", time_zone="Europe/Rome"))])
    assert await house.ask("{ sites { id name timeZone } }") == {
        "sites": [{"id": "farm", "name": "The farm", "timeZone": "Europe/Rome"}]
    }


@pytest.mark.parametrize(
    "query",
    [
        '{ readings(deviceId: "a") { nodes { value } } }',
        """{ series(selectors: [{ deviceId: "a", sensorId: "s", metric: "m" }], from: "2026-06-01T00:00:00Z",
             to: "2026-06-02T00:00:00Z", window: "PT1H") { metric } }""",
    ],
)
async def test_history_that_another_process_alone_has_open_is_said_to_be_so_and_the_rest_is_answered(
    house: House, query: str
) -> None:
    await house.says([reading("a", 0, temperature=1.0)])
    house.app = build_app(replace(house.services, history=None, registry=CollectorRegistry()))
    assert await house.code(query) == "HISTORY_NOT_SHARED"
    assert await house.ask('{ device(id: "a") { latest { value } } }') == {"device": {"latest": [{"value": 1}]}}
