"""Connections walked forwards and backwards, in pages of any size: the same items in the same order, with true page infos."""

from typing import Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.history.port import Anomaly, SeriesKey
from api.roles import Role
from domain.anomalies import Severity
from schema.envelope import Cursor, Position
from schema.times import HOUR_US
from tests.support.api import House
from tests.support.house_events import Said, dead_letter, reading

SLOW = settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
INFO = "pageInfo { hasNextPage hasPreviousPage startCursor endCursor }"
NODES = {
    "auditTrail": "id operationName",
    "devices": "id",
    "deadLetters": "eventId",
    "anomalies": "id",
    "readings": "eventId metric",
    "index": "eventId metric",
}
CONNECTIONS = sorted(NODES)


def query(name: str) -> str:
    """The connection of that name: all its items, the first, or the last."""
    field, fixed = {
        "auditTrail": ("auditTrail", "outcome: REFUSED, "),
        "index": ("readings", 'deviceId: "a", metric: "dew_point", '),
        "readings": ("readings", 'deviceId: "a", '),
    }.get(name, (name, ""))
    given = "first: $first, after: $after, last: $last, before: $before"
    return (
        "query ($first: Int, $after: String, $last: Int, $before: String) {"
        f" page: {field}({fixed}{given}) {{ edges {{ cursor node {{ {NODES[name]} }} }} nodes {{ {NODES[name]} }} {INFO} }} }}"
    )


async def page(house: House, name: str, **variables: Any) -> dict[str, Any]:
    """A page whose page info fits its edges."""
    found: dict[str, Any] = (await house.ask(query(name), variables, role=Role.ADMIN))["page"]
    cursors = [edge["cursor"] for edge in found["edges"]]
    info = found["pageInfo"]
    assert (info["startCursor"], info["endCursor"]) == ((cursors[0], cursors[-1]) if cursors else (None, None))
    assert [edge["node"] for edge in found["edges"]] == found["nodes"]
    return found


async def forwards(house: House, name: str, size: int) -> list[Any]:
    seen: list[Any] = []
    after: str | None = None
    while True:
        found = await page(house, name, first=size, after=after)
        assert found["pageInfo"]["hasPreviousPage"] == (after is not None)
        seen += found["nodes"]
        if not found["pageInfo"]["hasNextPage"]:
            return seen
        assert len(found["nodes"]) == size
        after = found["pageInfo"]["endCursor"]


async def backwards(house: House, name: str, size: int) -> list[Any]:
    seen: list[Any] = []
    before: str | None = None
    while True:
        found = await page(house, name, last=size, before=before)
        assert found["pageInfo"]["hasNextPage"] == (before is not None)
        seen = found["nodes"] + seen
        if not found["pageInfo"]["hasPreviousPage"]:
            return seen
        assert len(found["nodes"]) == size
        before = found["pageInfo"]["startCursor"]


async def fill(house: House) -> None:
    """Some of everything that comes in pages."""
    said: list[Said] = [reading(f"d{number}", 0, temperature=1.0) for number in range(7)]
    said += [reading("a", 60 * (number // 2), own_id=str(number), temperature=20.0, humidity=60.0) for number in range(9)]
    said += [dead_letter(f"letter {number}".encode()) for number in range(11)]
    await house.says(said)
    for number in range(8):
        assert await house.code(f"query Q{number} {{ keys {{ id }} }}") == "FORBIDDEN"
    keys = [SeriesKey(device, "main", "temperature") for device in ("a", "b")]
    places = [(key, hour) for hour in range(5) for key in keys]
    anomalies = [Anomaly(key, hour * HOUR_US, 9.0, 1.0, 8.0, 6.0, Severity.MINOR, Position(1)) for key, hour in places]
    await house.history.keep([], {}, Cursor(house.log.log_id, Position(1)), anomalies)


@pytest.mark.parametrize("name", CONNECTIONS)
async def test_both_ways_give_the_same_items_in_the_same_order(house: House, name: str) -> None:
    await fill(house)
    whole = (await page(house, name))["nodes"]
    assert len(whole) == {"auditTrail": 8, "devices": 8, "deadLetters": 11, "anomalies": 10, "readings": 18, "index": 9}[name]
    for size in (1, 2, 3, len(whole), 50):
        assert await forwards(house, name, size) == whole
        assert await backwards(house, name, size) == whole


@pytest.mark.parametrize("name", CONNECTIONS)
async def test_a_page_between_two_cursors_holds_what_lies_between(house: House, name: str) -> None:
    await fill(house)
    whole = await page(house, name)
    after, before = whole["edges"][1]["cursor"], whole["edges"][-2]["cursor"]
    first = await page(house, name, first=3, after=after, before=before)
    last = await page(house, name, last=3, after=after, before=before)
    assert first["nodes"] == whole["nodes"][2:5]
    assert last["nodes"] == whole["nodes"][-5:-2]
    assert (await page(house, name, last=50, after=after, before=before))["nodes"] == whole["nodes"][2:-2]
    assert (await page(house, name, first=5, after=before, before=after))["nodes"] == []


@pytest.mark.parametrize("name", CONNECTIONS)
async def test_a_page_that_nobody_can_give_is_refused_in_plain_words(house: House, name: str) -> None:
    refusals: dict[str, dict[str, Any]] = {
        "both": {"first": 1, "last": 1},
        "negative": {"last": -1},
        "cursor": {"last": 1, "before": "no cursor"},
    }
    for variables in refusals.values():
        [error] = (await house.answer(query(name), variables, role=Role.ADMIN))["errors"]
        assert error["extensions"]["code"] == "INVALID_INPUT"
    [error] = (await house.answer(query(name), refusals["both"], role=Role.ADMIN))["errors"]
    assert error["message"] == "ask for the first items or for the last ones, not for both: leave one out"
    [error] = (await house.answer(query(name), refusals["negative"], role=Role.ADMIN))["errors"]
    assert error["message"] == "last must not be negative; got -1"
    [error] = (await house.answer(query(name), {"last": 501}, role=Role.ADMIN))["errors"]
    assert {error["extensions"][part] for part in ("limit", "allowed", "asked")} == {"last", 500, 501}


@pytest.mark.parametrize("name", CONNECTIONS)
async def test_a_page_of_nothing_holds_nothing_and_tells_whether_there_is_more(house: House, name: str) -> None:
    for count, more in (("first", "hasNextPage"), ("last", "hasPreviousPage")):
        assert not (await page(house, name, **{count: 0}))["pageInfo"][more]
    await fill(house)
    for count, more in (("first", "hasNextPage"), ("last", "hasPreviousPage")):
        found = await page(house, name, **{count: 0})
        assert (found["nodes"], found["pageInfo"][more]) == ([], True)


@SLOW
@given(
    moments=st.lists(st.integers(0, 12), min_size=1, max_size=20),
    there=st.integers(0, 20),
    size=st.integers(1, 6),
)
async def test_a_walk_of_readings_either_way_sees_the_history_as_it_stood_at_its_first_page(
    house: House, moments: list[int], there: int, size: int
) -> None:
    device = f"device-{uuid4().hex}"
    said = [reading(device, 30 * at, own_id=str(number), temperature=1.0) for number, at in enumerate(moments)]
    await house.says(said[:there])
    coming = said[there:]
    text = query("readings").replace('deviceId: "a"', f'deviceId: "{device}"')
    for count, place, edge, more in (
        ("last", "before", "startCursor", "hasPreviousPage"),
        ("first", "after", "endCursor", "hasNextPage"),
    ):
        whole = (await house.ask(text, {"first": 500}))["page"]["nodes"]
        seen, cursor, goes_on = list[Any](), None, True
        while goes_on:
            found = (await house.ask(text, {count: size, place: cursor}))["page"]
            seen = found["nodes"] + seen if count == "last" else seen + found["nodes"]
            cursor, goes_on = found["pageInfo"][edge], found["pageInfo"][more]
            await house.says(coming[:2])
            coming = coming[2:]
        assert seen == whole
