"""No query can stop the others: what asks for too much is refused, and told which limit and how much."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from graphql import get_introspection_query

from api.limits import Limits
from tests.support.api import House, small_house
from tests.support.house_events import dead_letter, reading


def nested(depth: int) -> str:
    return "{ __schema " + "{ types { fields { type " * depth + "{ name }" + " } } }" * depth + " }"


def fragments(doublings: int) -> str:
    chain = " ".join(f"fragment F{n} on Device {{ ...F{n + 1} ...F{n + 1} }}" for n in range(doublings))
    return f"{{ devices {{ nodes {{ ...F0 }} }} }} {chain} fragment F{doublings} on Device {{ id name }}"


BOMBS = {
    "tokens": "{ " + "__typename " * 2000 + "}",
    "depth": nested(10),
    "fields": fragments(20),
    "root fields": "{ " + " ".join(f"a{n}: __typename" for n in range(30)) + " }",
    "aliases": "{ devices { nodes { " + " ".join(f"a{n}: id" for n in range(60)) + " } } }",
    "directives": "{ __typename " + "@include(if: true) " * 60 + "}",
    "cost": "{ devices(first: 500) { nodes { latest { eventId value unit metric quality timestamp } } } }",
}


async def test_a_query_bomb_is_refused_and_told_which_limit_it_exceeds(house: House) -> None:
    for limit, query in BOMBS.items():
        [error] = (await house.answer(query))["errors"]
        told = error["extensions"]
        assert (told["code"], told["limit"]) == ("LIMIT_EXCEEDED", limit)
        assert error["message"] == f"the limit on {limit} is {told['allowed']}; asked for {told['asked']}"


async def test_a_fragment_may_have_more_fields_than_an_operation_may_have_at_its_root(house: House) -> None:
    fields = " ".join(["id"] * 21)
    assert await house.ask(f"{{ devices {{ nodes {{ ...D }} }} }} fragment D on Device {{ {fields} }}") == {
        "devices": {"nodes": []}
    }


@pytest.mark.parametrize("first", [501, 2**31 - 1])
async def test_a_page_larger_than_the_largest_is_refused(house: House, first: int) -> None:
    for query in ("devices(first: $n) { pageInfo { endCursor } }", "deadLetters(first: $n) { totalCount }",
                  'readings(deviceId: "a", first: $n) { liveCursor }'):  # fmt: skip
        [error] = (await house.answer(f"query ($n: Int) {{ {query} }}", {"n": first}))["errors"]
        assert error["extensions"]["code"] == "LIMIT_EXCEEDED"
        assert error["extensions"]["asked"] >= first


async def test_a_negative_page_is_refused_and_makes_nothing_cheaper(house: House) -> None:
    assert await house.code("{ devices(first: -1) { nodes { id } } }") == "INVALID_INPUT"
    query = "{ a: devices(first: -1000000) { nodes { id } } b: devices(first: 500) { nodes { latest { a: metric b: metric "
    assert await house.code(query + "c: metric d: metric e: metric f: metric } } } }") == "LIMIT_EXCEEDED"


async def test_the_cost_of_a_page_is_that_of_its_variable(house: House) -> None:
    query = "query ($n: Int = 500) { devices(first: $n) { nodes { latest { eventId value unit metric quality timestamp } } } }"
    assert await house.code(query) == "LIMIT_EXCEEDED"
    assert await house.code(query, {"n": 500.0}) == "LIMIT_EXCEEDED"
    assert await house.ask(query, {"n": 10}) == {"devices": {"nodes": []}}


async def test_a_page_size_of_null_costs_what_it_gives(house: House) -> None:
    pages = " ".join(f"p{n}: devices(first: $n) {{ nodes {{ latest {{ eventId value unit }} }} }}" for n in range(20))
    assert await house.code(f"query ($n: Int) {{ {pages} }}", {"n": None}) == "LIMIT_EXCEEDED"


async def test_a_device_with_too_many_sensors_for_one_answer_is_asked_for_in_parts(tmp_path: Path) -> None:
    async with small_house(tmp_path, limits=Limits(items=40)) as house:
        await house.says([reading("d", 0, sensor=f"s{number}", temperature=1.0) for number in range(30)])
        assert len((await house.ask('{ device(id: "d") { latest { value } } }'))["device"]["latest"]) == 30
        [error] = (await house.answer('{ device(id: "d") { a: latest { value } b: latest { value } } }'))["errors"]
        assert (error["extensions"]["limit"], error["extensions"]["asked"]) == ("items", 60)
        assert await house.ask('{ device(id: "d") { latest(sensorId: "s7") { value } } }') == {
            "device": {"latest": [{"value": 1.0}]}
        }


async def test_a_page_of_large_dead_letters_ends_early_and_the_walk_misses_none(tmp_path: Path) -> None:
    async with small_house(tmp_path, limits=Limits(letter_bytes=1_000)) as house:
        await house.says([dead_letter(f"{number:02}".encode() + b"x" * 398) for number in range(25)])
        query = "query ($a: String) { deadLetters(after: $a) { nodes { payload } pageInfo { hasNextPage endCursor } } }"
        seen, after, more = [], None, True
        while more:
            page = (await house.ask(query, {"a": after}))["deadLetters"]
            assert 1 <= len(page["nodes"]) <= 2
            seen += [node["payload"][:2] for node in page["nodes"]]
            after, more = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]
        assert seen == [f"{number:02}" for number in reversed(range(25))]


async def test_all_dead_letters_of_one_answer_share_its_room(tmp_path: Path) -> None:
    async with small_house(tmp_path, limits=Limits(letter_bytes=1_000)) as house:
        await house.says([dead_letter(b"x" * 400 + bytes([number])) for number in range(3)])
        [error] = (await house.answer("{ a: deadLetters { nodes { payload } } b: deadLetters { totalCount } }"))["errors"]
        assert error["extensions"]["limit"] == "bytes of dead letters"


SERIES = """query ($s: [SeriesSelector!]!, $to: DateTime!, $w: Duration!) {
  series(selectors: $s, from: "2026-01-01T00:00:00Z", to: $to, window: $w) { metric } }"""
COLUMNS = """query ($s: [SeriesSelector!]!, $to: DateTime!) {
  readingColumns(selectors: $s, from: "2026-01-01T00:00:00Z", to: $to) { metric } }"""


@pytest.mark.parametrize(
    ("number", "to", "window", "code"),
    [
        (21, "2026-01-02T00:00:00Z", "PT1H", "LIMIT_EXCEEDED"),
        (0, "2026-01-02T00:00:00Z", "PT1H", "INVALID_INPUT"),
        (1, "9999-01-02T00:00:00Z", "PT1M", "LIMIT_EXCEEDED"),
        (2, "2026-01-02T00:00:00Z", "PT1S", "LIMIT_EXCEEDED"),
        (1, "2026-01-01T00:00:00Z", "PT1M", "INVALID_INPUT"),
        (1, "2026-01-02T00:00:00Z", "PT0.5S", "INVALID_INPUT"),
        (1, "2026-01-02T00:00:00Z", "PT0S", "INVALID_INPUT"),
    ],
)
async def test_series_of_too_many_windows_are_refused(house: House, number: int, to: str, window: str, code: str) -> None:
    selectors = [{"deviceId": "a", "sensorId": "main", "metric": "temperature"}] * number
    assert await house.code(SERIES, {"s": selectors, "to": to, "w": window}) == code


@pytest.mark.parametrize("query", [SERIES, COLUMNS], ids=["series", "readingColumns"])
async def test_who_names_no_series_is_told_to_name_one(house: House, query: str) -> None:
    [error] = (await house.answer(query, {"s": [], "to": "2026-01-02T00:00:00Z", "w": "PT1H"}))["errors"]
    assert (error["extensions"]["code"], error["message"]) == ("INVALID_INPUT", "name at least one series in `selectors`")


async def test_variables_have_a_size_of_their_own(house: House) -> None:
    [error] = (await house.answer("query ($id: ID!) { device(id: $id) { id } }", {"id": "x" * 70_000}))["errors"]
    assert (error["extensions"]["limit"], error["extensions"]["allowed"]) == ("bytes of variables", 65_536)


async def test_the_schema_can_be_asked_for_within_the_limits(house: House) -> None:
    assert (await house.ask(get_introspection_query()))["__schema"]["queryType"]["name"] == "Query"


async def test_an_operation_that_takes_too_long_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with small_house(tmp_path, limits=Limits(operation_seconds=0.05)) as house:
        monkeypatch.setattr(house.services.history, "readings", _never)
        [error] = (await house.answer('{ readings(deviceId: "a") { liveCursor } }'))["errors"]
    assert (error["extensions"]["code"], error["extensions"]["limit"]) == ("LIMIT_EXCEEDED", "seconds")


async def test_so_many_operations_run_at_once_and_the_next_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with small_house(tmp_path, limits=Limits(concurrent_operations=1)) as house:
        begun, go_on = asyncio.Event(), asyncio.Event()

        async def slow(_query: object) -> Any:
            begun.set()
            await go_on.wait()
            return []

        monkeypatch.setattr(house.services.history, "readings", slow)
        first = asyncio.create_task(house.ask('{ readings(deviceId: "a") { nodes { value } } }'))
        await begun.wait()
        assert await house.code("{ sites { id } }") == "LIMIT_EXCEEDED"
        go_on.set()
        assert await first == {"readings": {"nodes": []}}
        assert await house.ask("{ sites { id } }") == {"sites": []}


async def test_a_long_answer_lets_others_have_their_turn(house: House) -> None:
    await house.says([reading(f"d{number:03}", 0, temperature=1.0) for number in range(300)])
    turns = 0

    async def count() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    counting = asyncio.create_task(count())
    answer = await house.ask("{ devices(first: 300) { nodes { id name site latest { value } } } }")
    counting.cancel()
    assert len(answer["devices"]["nodes"]) == 300
    assert turns > 20


async def _never(_query: object) -> Any:
    await asyncio.get_running_loop().create_future()
