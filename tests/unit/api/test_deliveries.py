"""Readings over HTTP: what is taken, what is refused with which status, and what each item becomes."""

import asyncio
import gzip
import json
import zlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import msgspec
import pytest
from prometheus_client import CollectorRegistry

from adapters.event_log.port import Append, Appended, Conflict
from api.app import build_app
from api.keyring import Keyring
from api.limits import Limits
from api.roles import Role
from api.writes import Writer
from ingest.limits import IngestLimits
from schema.dead_letters import DeadLettered
from schema.envelope import decode_metadata
from schema.ids import parse_event_id
from tests.support.delivering import NDJSON, Gateway, by_line, gateway, item, stored
from tests.support.ingest import reading
from tests.support.memory_log import MemoryLog

SMALL: Final = Limits(ingest_bytes=4_000, ingest_stream_bytes=8_000, ingest_line_bytes=1_000, ingest_items=20)


@pytest.fixture
async def home(tmp_path: Path) -> AsyncIterator[Gateway]:
    async with gateway(tmp_path) as opened:
        yield opened


@pytest.fixture
async def small(tmp_path: Path) -> AsyncIterator[Gateway]:
    async with gateway(tmp_path, limits=SMALL) as opened:
        yield opened


class HeldLog(MemoryLog):
    """Nothing of devices becomes durable while it is not free."""

    def __init__(self) -> None:
        super().__init__()
        self.free = asyncio.Event()
        self.free.set()

    async def append(self, appends: Sequence[Append]) -> list[Appended | Conflict]:
        if appends[0].stream.startswith("device-"):
            await self.free.wait()
        return await super().append(appends)


async def key_of(home: Gateway, *, sites: tuple[str, ...] = (), devices: tuple[str, ...] = ()) -> str:
    house = home.house
    keyring = Keyring(Writer(house.log, lambda: house.now), lambda: house.now)
    issued = await keyring.issue(
        name="gateway", role="ingest", account_id="main", expires_at=None, actor="test", sites=sites, devices=devices
    )
    await house.settle()
    return issued.text


async def test_an_item_is_stored_before_it_is_answered_and_the_answer_says_where(home: Gateway) -> None:
    response = await home.post(item(reading(id="r-1")))
    assert response.status_code == 200
    [event] = await stored(home.house.log)
    [told] = response.json()["results"]
    assert told["result"] == "stored"
    assert told["position"] == event.position
    assert [parse_event_id(one) for one in told["eventIds"]] == [event.id]
    metadata = decode_metadata(event.metadata)
    assert (metadata.source, metadata.site) == ("http:glasshouse/home/tomato-1/reading", "home")


async def test_the_cursor_of_the_answer_is_what_a_query_waits_for(home: Gateway) -> None:
    cursor = (await home.post(item())).json()["cursor"]
    query = 'query ($c: Cursor) { device(id: "tomato-1", atLeast: $c) { latest { value } } }'
    assert (await home.house.ask(query, {"c": cursor}))["device"]["latest"] == [{"value": 21.5}]


async def test_a_list_and_lines_are_answered_item_by_item_in_order(home: Gateway) -> None:
    items = [item(reading(0)), item({"reading": "hot"}), item(reading(1)), item(reading(0))]
    assert await home.results(items) == ["stored", "deadLetter", "stored", "duplicate"]
    assert await home.results(by_line(items), kind=NDJSON) == ["duplicate", "deadLetter", "duplicate", "duplicate"]


async def test_every_topic_of_devices_can_be_posted(home: Gateway) -> None:
    payload = {"actuatorId": "fan", "state": "on", "status": "online", "commandId": "c", "result": "accepted"}
    assert await home.results([item(payload, topic=topic) for topic in ("state", "status", "ack")]) == ["stored"] * 3


async def test_what_is_posted_again_is_a_duplicate_and_counts_as_taken(home: Gateway) -> None:
    assert (await home.post(item(reading(id="r-1")))).status_code == 200
    again = await home.post(item(reading(5, id="r-1")))
    assert (again.status_code, again.json()["results"][0]["result"]) == (200, "duplicate")
    assert again.json()["cursor"] is None
    assert len(await stored(home.house.log)) == 1


async def test_a_payload_may_be_a_list_and_its_receipt_names_each_event(home: Gateway) -> None:
    response = await home.post(item([reading(0), {"reading": {}, "timestamp": "noon"}, reading(1)]))
    [told] = response.json()["results"]
    assert (told["result"], len(told["eventIds"])) == ("stored", 3)
    assert told["reason"].startswith("1 of 3 items")


ODD: Final[dict[str, bytes]] = {
    "malformed_json": b'{"site": "home", ',
    "not_utf8": b'{"site":"home","device":"tomato-1","topic":"reading","payload":{"reading":{}},"x":"\xff"}',
    "duplicate_key": b'{"site":"home","site":"home","device":"a","topic":"reading","payload":{}}',
    "missing_field": b'{"site":"home","device":"a","payload":{}}',
    "wrong_type": b'{"site":"home","device":7,"topic":"reading","payload":{}}',
    "id_not_allowed": b'{"site":"home/a","device":"reading","topic":"reading","payload":{}}',
    "unknown_topic": b'{"site":"home","device":"a","topic":"command","payload":{}}',
    "too_deep": b'{"site":"home","device":"a","topic":"reading","payload":' + b"[" * 100_000 + b"}",
}


async def test_what_is_no_item_is_a_dead_letter_with_its_bytes(home: Gateway) -> None:
    for body in ODD.values():
        response = await home.post(body)
        assert (response.status_code, response.json()["results"][0]["result"]) == (422, "deadLetter")
    letters = [msgspec.json.decode(event.data, type=DeadLettered) for event in await stored(home.house.log, "deadletter")]
    assert {(one.source, one.topic) for one in letters} == {("http", "/ingest")}
    assert {one.code: one.payload for one in letters} == ODD


async def test_a_bad_payload_is_the_dead_letter_that_mqtt_would_make_of_it(home: Gateway) -> None:
    assert (await home.post(item({"reading": {"temperature": True}}))).status_code == 422
    [letter] = [msgspec.json.decode(event.data) for event in await stored(home.house.log, "deadletter")]
    assert (letter["topic"], letter["code"]) == ("glasshouse/home/tomato-1/reading", "wrong_type")


async def test_a_nan_as_python_writes_it_is_a_missing_metric(home: Gateway) -> None:
    assert await home.results(json.dumps(item(reading(0, float("nan")))).encode()) == ["stored"]


async def test_an_oversized_payload_is_a_dead_letter_and_the_others_stand(tmp_path: Path) -> None:
    async with gateway(tmp_path, ingest=IngestLimits(payload_bytes=200)) as home:
        assert await home.results([item(), item(reading(1, units={"x" * 300: "degC"}))]) == ["stored", "deadLetter"]


async def test_a_key_is_held_to_its_sites_and_devices_item_by_item(home: Gateway) -> None:
    north = await key_of(home, sites=("north",))
    one = await key_of(home, devices=("tomato-1",))
    items = [item(site="north", device="a"), item(site="south", device="b")]
    response = await home.post(items, key=north)
    told = response.json()["results"]
    assert (response.status_code, [each["result"] for each in told]) == (200, ["stored", "refused"])
    assert "'b'" in told[1]["reason"]
    assert "'south'" in told[1]["reason"]
    assert await home.results([item(), item(device="other")], key=one) == ["stored", "refused"]
    assert (await home.post(item(device="other"), key=one)).status_code == 422
    assert {event.stream for event in await stored(home.house.log)} == {"device-a", "device-tomato-1"}
    assert await stored(home.house.log, "deadletter") == []


async def test_a_site_that_another_process_owns_is_refused_in_words(tmp_path: Path) -> None:
    async with gateway(tmp_path, sites=("north",)) as home:
        response = await home.post([item(site="north"), item(site="south", device="b")])
        told = response.json()["results"]
        assert [each["result"] for each in told] == ["stored", "refused"]
        assert "'south' is owned by another process" in told[1]["reason"]


async def test_refused_items_are_in_the_audit_trail_and_so_is_who_delivered(home: Gateway) -> None:
    await home.post(item(), key=await key_of(home, devices=("other",)))
    await home.post(item())
    await home.post(item(), key=home.house.keys[Role.VIEWER])
    query = "{ auditTrail(action: DELIVER) { nodes { outcome code message } } }"
    nodes = (await home.house.ask(query, role=Role.ADMIN))["auditTrail"]["nodes"]
    assert [(one["outcome"], one["code"]) for one in nodes] == [
        ("REFUSED", "FORBIDDEN"),
        ("ALLOWED", None),
        ("REFUSED", "FORBIDDEN"),
    ]
    assert "'tomato-1'" in nodes[2]["message"]


@pytest.mark.parametrize(("role", "status"), [(Role.INGEST, 200), (Role.ADMIN, 200), (Role.OPERATOR, 403), (Role.VIEWER, 403)])
async def test_ingest_and_admin_deliver_and_nobody_else(home: Gateway, role: Role, status: int) -> None:
    assert (await home.post(item(), key=home.house.keys[role])).status_code == status


REFUSED: Final[list[tuple[str, int, bytes, dict[str, str]]]] = [
    ("nothing", 400, b"[]", {}),
    ("nothing by line", 400, b"\n \n", {"kind": NDJSON}),
    ("no key", 401, b"{}", {"authorization": "Basic x"}),
    ("a wrong key", 401, b"{}", {"authorization": "Bearer gh_x_y"}),
    ("a page from elsewhere", 403, b"{}", {"origin": "https://elsewhere.test"}),
    ("large JSON", 413, b" " * 4_001, {}),
    ("large NDJSON", 413, b"\n" * 8_001, {"kind": NDJSON}),
    ("a long line", 413, b"\n" + b" " * 1_001, {"kind": NDJSON}),
    ("many items", 413, b"[" + b",".join([b"1"] * 21) + b"]", {}),
    ("many lines", 413, b"1\n" * 21, {"kind": NDJSON}),
    ("a bomb", 413, gzip.compress(b" " * 1_000_000), {"content-encoding": "gzip"}),
    ("a form", 415, b"a=b", {"kind": "application/x-www-form-urlencoded"}),
    ("Latin-1", 415, b"{}", {"kind": "application/json; charset=latin-1"}),
    ("lines in UTF-16", 415, b"{}", {"kind": "application/x-ndjson; charset=utf-16"}),
    ("brotli", 415, b"{}", {"content-encoding": "br"}),
    ("no gzip", 400, b"{}", {"content-encoding": "gzip"}),
    ("half a gzip", 400, gzip.compress(b"{}")[:-3], {"content-encoding": "gzip"}),
    ("no item of it", 422, b"7", {}),
]


async def test_each_status_says_what_is_wrong(small: Gateway) -> None:
    for what, status, body, how in REFUSED:
        response = await small.post(body, **how)
        assert (what, response.status_code) == (what, status)
        told = response.json()
        assert told["results"][0]["reason"] if status == 422 else told["errors"][0]["message"]
    assert await stored(small.house.log) == []


async def test_what_came_before_a_limit_is_stored_and_the_refusal_says_how_much(tmp_path: Path) -> None:
    async with gateway(tmp_path, limits=Limits(ingest_items=600)) as home:
        items = [item(reading(minute)) for minute in range(601)]
        response = await home.post(by_line(items), kind=NDJSON)
        taken = response.json()["errors"][0]["extensions"]["taken"]
        assert (response.status_code, taken) == (413, 600)
        assert set(await home.results(by_line(items[:taken]), kind=NDJSON)) == {"duplicate"}
        assert set(await home.results(by_line(items[taken:]), kind=NDJSON)) == {"stored"}


async def test_what_came_before_a_gzip_that_breaks_off_is_stored(home: Gateway) -> None:
    items = [item(reading(minute)) for minute in range(5)]
    whole, cut = gzip.compress(by_line(items) + b"\n"), gzip.compress(by_line([item(reading(9))]))[:-9]
    response = await home.post(whole + cut, kind=NDJSON, **{"content-encoding": "gzip"})
    assert (response.status_code, response.json()["errors"][0]["extensions"]["taken"]) == (400, 5)
    assert await home.results(by_line(items), kind=NDJSON) == ["duplicate"] * 5


@pytest.mark.parametrize("kind", ["application/json", NDJSON])
async def test_gzip_is_unpacked_also_of_several_members(home: Gateway, kind: str) -> None:
    items = [item(reading(minute)) for minute in range(3)]
    raw = by_line(items) if kind == NDJSON else msgspec.json.encode(items)
    packed = gzip.compress(raw[:50]) + gzip.compress(raw[50:])
    assert await home.results(packed, kind=kind, **{"content-encoding": "gzip"}) == ["stored"] * 3


async def test_a_bomb_by_line_is_refused_before_it_is_in_memory(home: Gateway) -> None:
    squeeze = zlib.compressobj(9, zlib.DEFLATED, 31)
    bomb = b"".join(squeeze.compress(b"\n" * 1_000_000) for _ in range(100)) + squeeze.flush()
    assert (await home.post(bomb, kind=NDJSON, **{"content-encoding": "gzip"})).status_code == 413


async def test_under_pressure_it_is_said_when_to_come_again(tmp_path: Path) -> None:
    async with gateway(tmp_path, ingest=IngestLimits(low_water=0, high_water=0)) as home:
        home.ingest.pipeline._pressed = True
        response = await home.post(item())
        assert (response.status_code, response.headers["retry-after"]) == (429, "1")
        home.ingest.pipeline._pressed = False
        assert (await home.post(item())).status_code == 200


async def test_a_full_queue_is_told_as_pressure(tmp_path: Path) -> None:
    async with gateway(tmp_path, ingest=IngestLimits(hard_bytes=100)) as home:
        assert (await home.post(item())).status_code == 429


async def test_a_process_that_does_not_take_in_says_why_and_when_to_come_again(home: Gateway) -> None:
    home.why_not = "this process is about to end"
    response = await home.post(item())
    assert (response.status_code, response.json()["errors"][0]["message"]) == (503, home.why_not)
    assert "retry-after" in response.headers


async def test_ingest_that_ends_meanwhile_is_no_success(home: Gateway) -> None:
    home.ingest.pipeline.close()
    assert (await home.post(item())).status_code == 503


async def test_a_log_that_does_not_take_it_in_time_is_no_success_and_the_same_again_counts_once(tmp_path: Path) -> None:
    log = HeldLog()
    async with gateway(tmp_path, limits=Limits(ingest_seconds=0.01), log=log) as home:
        log.free.clear()
        response = await home.post(item())
        assert (response.status_code, response.headers["retry-after"]) == (503, "5")
        log.free.set()
        assert await home.results(item()) == ["duplicate"]
        assert len(await stored(log)) == 1


async def test_a_process_without_a_pipeline_says_where_there_is_one(home: Gateway) -> None:
    home.house.app = build_app(replace(home.house.services, ingest=None, registry=CollectorRegistry()))
    response = await home.post(item())
    assert response.status_code == 404
    assert "role `ingest`" in response.json()["errors"][0]["message"]


async def test_only_post_is_answered(home: Gateway) -> None:
    async with home.house.client(Role.INGEST) as client:
        assert {(await client.request(method, "/ingest")).status_code for method in ("GET", "PUT", "DELETE")} == {405}


async def test_a_key_that_sends_too_much_is_told_when_it_may_go_on(tmp_path: Path) -> None:
    async with gateway(tmp_path, limits=Limits(key_items_per_second=1, burst_seconds=1)) as home:
        assert (await home.post([item(reading(minute)) for minute in range(10)])).status_code == 200
        response = await home.post(item())
        assert (response.status_code, int(response.headers["retry-after"]) > 5) == (429, True)
        assert (await home.post(item(), key=home.house.keys[Role.ADMIN])).status_code == 200
