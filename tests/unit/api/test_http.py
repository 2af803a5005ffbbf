"""GraphQL over HTTP: media types, status codes, and what is thrown at it."""

from typing import Any

import pytest
from structlog.testing import capture_logs

from adapters.history.port import HistoryError
from api.execution.documents import Documents
from api.roles import Role
from tests.support.api import House
from tests.support.house_events import reading

RESPONSE = "application/graphql-response+json"
EVENTS = "text/event-stream"
ASK = {"query": "{ projections { name } }"}


ACCEPTED = {
    None: "application/json",
    "*/*": "application/json",
    "application/*": "application/json",
    "application/json": "application/json",
    RESPONSE: RESPONSE,
    f"{RESPONSE}, application/json": RESPONSE,
    f"{RESPONSE};q=0.5, application/json": "application/json",
    f"text/html, {RESPONSE};charset=utf-8;q=0.9, */*;q=0.1": RESPONSE,
}


async def test_the_answer_comes_in_the_type_that_was_asked_for(house: House) -> None:
    for accept, expected in ACCEPTED.items():
        async with house.client(accept=accept or "") as client:
            if accept is None:
                del client.headers["accept"]
            response = await client.post("/graphql", json=ASK)
        assert (response.status_code, response.headers["content-type"]) == (200, f"{expected}; charset=utf-8"), accept


async def test_a_client_that_takes_no_json_is_told_so(house: House) -> None:
    for accept in ("text/html", "application/json;q=0", "application/json;q=x", "image/*"):
        async with house.client(accept=accept) as client:
            assert (await client.post("/graphql", json=ASK)).status_code == 406


async def test_a_long_answer_is_compressed_for_whoever_takes_that(house: House) -> None:
    long = {"query": "{ __schema { types { name description fields { name description } } } }"}
    async with house.client() as client:
        client.headers["accept-encoding"] = "gzip"
        answer = await client.post("/graphql", json=long)
        assert answer.headers["content-encoding"] == "gzip"
        assert int(answer.headers["content-length"]) < len(answer.content) / 3
        assert "content-encoding" not in (await client.post("/graphql", json=ASK)).headers
        assert "content-encoding" not in (await client.post("/graphql", json=long, headers={"accept": EVENTS})).headers
        client.headers["accept-encoding"] = "identity"
        assert "content-encoding" not in (await client.post("/graphql", json=long)).headers


async def test_a_request_that_cannot_run_is_400_in_the_new_type_and_200_in_the_old(house: House) -> None:
    for query in ("{", "{ nonsense }", "query ($x: Int!) { devices(first: $x) { nodes { id } } }", "query A { a }"):
        for accept, status in ((RESPONSE, 400), ("application/json", 200)):
            async with house.client(accept=accept) as client:
                response = await client.post("/graphql", json={"query": query})
            assert response.status_code == status
            assert "data" not in response.json()
            assert {error["extensions"]["code"] for error in response.json()["errors"]} == {"INVALID_INPUT"}


BAD_BODIES: list[tuple[bytes, int]] = [
    (b"", 400),
    (b"1", 400),
    (b"[]", 400),
    (b"null", 400),
    (b'"x"', 400),
    (b"{}", 400),
    (b"{", 400),
    (b"\x00", 400),
    (b'{"query": "\xff\xfe"}', 400),
    (b'{"query": "\\ud800"}', 400),
    (b'{"query": 1}', 400),
    (b'{"query": null}', 400),
    (b'{"query": ["{ a }"]}', 400),
    (b'{"query": "{ a }", "operationName": 1}', 400),
    (b'[{"query": "{ projections { name } }"}]', 400),
    (b"[" * 100_000, 400),
    (b'{"a":' * 20_000, 400),
    (b'{"query": "{ a }", "variables": ' + b"[" * 30_000 + b"]" * 30_000 + b"}", 400),
    (b"x" * 200_000, 413),
    (b'{"query": "' + b"a" * 140_000 + b'"}', 413),
]


async def test_a_body_that_cannot_be_read_is_refused_cleanly(house: House) -> None:
    async with house.client() as client:
        for body, status in BAD_BODIES:
            response = await client.post("/graphql", content=body, headers={"content-type": "application/json"})
            assert response.status_code == status, body[:40]
            assert response.json()["errors"][0]["extensions"]["code"] in {"INVALID_INPUT", "LIMIT_EXCEEDED"}
            assert (await client.post("/graphql", json=ASK)).status_code == 200


async def test_variables_that_do_not_fit_are_an_error_of_the_client(house: House) -> None:
    query = "query ($first: Int) { devices(first: $first) { nodes { id } } }"
    numbers: list[Any] = ["x", 1.5, 10**30, True, {"a": [None]}, -(2**31)]
    odd: list[Any] = [[], "x", 1, *({"first": number} for number in numbers)]
    for variables in odd:
        for error in (await house.answer(query, variables))["errors"]:
            assert error["extensions"]["code"] in {"INVALID_INPUT", "LIMIT_EXCEEDED"}, variables


async def test_nul_and_right_to_left_marks_are_just_characters(house: House) -> None:
    for text in ("\x00", "\u202e", "'; DROP TABLE", "💥", "/+#$"):
        assert await house.ask("query ($id: ID!) { device(id: $id) { id } }", {"id": text}) == {"device": None}


async def test_only_json_in_utf8_is_read_so_that_no_form_can_post_here(house: House) -> None:
    async with house.client() as client:
        for kind in ("text/plain", "application/x-www-form-urlencoded", "application/json; charset=latin-1", "", "json"):
            response = await client.post("/graphql", content=b'{"query":"{ a }"}', headers={"content-type": kind})
            assert response.status_code == 415, kind


async def test_a_body_without_a_length_is_cut_off_at_the_limit(house: House) -> None:
    async def endless() -> Any:
        while True:
            yield b" " * 10_000

    async with house.client() as client:
        response = await client.post("/graphql", content=endless(), headers={"content-type": "application/json"})
    assert response.status_code == 413
    assert response.json()["errors"][0]["extensions"]["limit"] == "bytes of body"


async def test_get_runs_queries_and_nothing_else(house: House) -> None:
    async with house.client(Role.ADMIN) as client:
        query = {"query": "query A { a: projections { name } } query B($id: ID!) { b: device(id: $id) { id } }"}
        chosen = {**query, "operationName": "B", "variables": '{"id": "x"}'}
        assert (await client.get("/graphql", params=chosen)).json() == {"data": {"b": None}}
        mutation = await client.get(
            "/graphql", params={"query": 'mutation { defineSite(input: {siteId: "s"}) { __typename } }'}
        )
        assert (mutation.status_code, mutation.headers["allow"]) == (405, "POST")
        for params in ({}, {"query": "{ a }", "variables": "{"}, {"query": "subscription { readings { __typename } }"}):
            assert (await client.get("/graphql", params=params)).status_code == 400
        assert await house.ask("{ sites { id } }") == {"sites": []}


async def test_another_method_is_not_allowed(house: House) -> None:
    async with house.client() as client:
        for method in ("PUT", "DELETE", "OPTIONS"):
            assert (await client.request(method, "/graphql")).status_code == 405


async def test_an_operation_that_is_not_there_is_named(house: House) -> None:
    async with house.client() as client:
        for body, words in (
            ({"query": "query A { __typename } query B { __typename }"}, "several operations"),
            ({"query": "query A { __typename }", "operationName": "C"}, "no operation named 'C'"),
            ({"query": "fragment F on Query { __typename }"}, "no operation"),
        ):
            assert words in (await client.post("/graphql", json=body)).json()["errors"][0]["message"]


async def test_what_nobody_expected_before_anything_ran_is_masked_too(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("the password is hunter2")

    monkeypatch.setattr(Documents, "prepare", broken)
    async with house.client() as client:
        response = await client.post("/graphql", json={"query": "{ sites { id } }"})
    [error] = response.json()["errors"]
    assert (response.status_code, error["extensions"]["code"]) == (500, "INTERNAL")
    assert "hunter2" not in response.text


async def test_what_nobody_expected_is_masked_with_a_trace_id(
    house: House, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(_query: object) -> Any:
        raise RuntimeError("the password is hunter2")

    monkeypatch.setattr(house.services.history, "readings", broken)
    answer = await house.answer('{ readings(deviceId: "a") { nodes { value } } }')
    [error] = answer["errors"]
    assert (answer["data"], error["extensions"]["code"], error["path"]) == (None, "INTERNAL", ["readings"])
    assert "hunter2" not in str(answer)
    assert error["extensions"]["traceId"] in error["message"]
    assert error["extensions"]["traceId"] in capsys.readouterr().out


async def test_a_store_that_is_away_is_no_surprise_to_the_log(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    async def away(_query: object) -> Any:
        raise HistoryError("the history at 10.0.0.7 is away")

    monkeypatch.setattr(house.services.history, "readings", away)
    with capture_logs() as logs:
        answer = await house.answer('{ readings(deviceId: "a") { nodes { value } } }')
    [error], [line] = answer["errors"], logs
    assert (error["extensions"]["code"], "10.0.0.7" in str(answer)) == ("UNAVAILABLE", False)
    assert (line["log_level"], line["reason"]) == ("warning", "the history at 10.0.0.7 is away")
    assert (line["trace_id"], "exc_info" in line) == (error["extensions"]["traceId"], False)


async def test_answers_to_posts_and_errors_are_kept_by_nobody(house: House) -> None:
    async with house.client() as client:
        posted = await client.post("/graphql", json=ASK)
        failed = await client.get("/graphql", params={"query": "{ keys { id } }"})
        refused = await client.get("/graphql", params={"query": "{"})
    for response in (posted, failed, refused):
        assert (response.headers["cache-control"], response.headers["x-content-type-options"]) == ("no-store", "nosniff")


async def test_an_answer_to_a_get_is_kept_by_its_client_who_asks_whether_it_is_still_so(house: House) -> None:
    await house.says([reading("a", 0, temperature=20.0)])
    params = {"query": '{ device(id: "a") { latest { value } } }'}
    async with house.client() as client:
        first = await client.get("/graphql", params=params)
        assert first.headers["cache-control"] == "private, no-cache"
        assert {"Accept", "Authorization", "Cookie"} <= set(first.headers["vary"].split(", "))
        known = {"if-none-match": f'"another", {first.headers["etag"]}'}
        same = await client.get("/graphql", params=params, headers=known)
        assert (same.status_code, same.content, same.headers["etag"]) == (304, b"", first.headers["etag"])
        strong = {"if-none-match": first.headers["etag"].removeprefix("W/")}
        assert (await client.get("/graphql", params=params, headers=strong)).status_code == 304
        await house.says([reading("a", 1, temperature=21.0)])
        changed = await client.get("/graphql", params=params, headers=known)
    assert changed.json() == {"data": {"device": {"latest": [{"value": 21.0}]}}}
    async with house.client(None) as stranger:
        assert (await stranger.get("/graphql", params=params, headers=known)).status_code == 401
