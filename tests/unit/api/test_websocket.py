"""The websocket: `graphql-transport-ws` to the letter, and nobody in without a key."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from api.limits import Limits
from api.policy import Policy
from api.roles import Role
from tests.support.api import NOW, AsgiSocket, House, small_house
from tests.support.house_events import reading

WATCH = "subscription { readings { ... on ReadingReceived { reading { value } } ... on ReadingProgress { cursor } } }"
PROTOCOL = ["graphql-transport-ws"]


def socket_to(house: House, **headers: str) -> AsgiSocket:
    return AsgiSocket(house.app, subprotocols=PROTOCOL, headers=headers)


@pytest.fixture
async def socket(house: House) -> AsyncIterator[AsgiSocket]:
    """A socket that was let in as a viewer."""
    async with socket_to(house) as opened:
        await opened.init(house.keys[Role.VIEWER])
        yield opened


async def test_another_subprotocol_is_not_acceptable(house: House) -> None:
    for offered in ([], ["graphql-ws"]):
        async with AsgiSocket(house.app, subprotocols=offered) as socket:
            assert await socket.closed() == (4406, "Subprotocol not acceptable")


async def test_a_ping_is_answered_with_its_payload_even_before_the_init(house: House) -> None:
    async with socket_to(house) as socket:
        socket.send({"type": "ping", "payload": {"n": 1}})
        assert await socket.receive() == {"type": "pong", "payload": {"n": 1}}
        socket.send({"type": "ping"})
        assert await socket.receive() == {"type": "pong"}


async def test_a_client_that_does_not_say_who_it_is_in_time_is_closed(tmp_path: Path) -> None:
    async with small_house(tmp_path, limits=Limits(init_seconds=0.01)) as house, socket_to(house) as socket:
        assert await socket.closed() == (4408, "Connection initialisation timeout")


async def test_a_second_init_is_one_too_many(socket: AsgiSocket) -> None:
    socket.send({"type": "connection_init", "payload": {"authorization": "Bearer x"}})
    assert await socket.closed() == (4429, "Too many initialisation requests")


async def test_a_subscription_before_the_init_is_unauthorized(house: House) -> None:
    async with socket_to(house) as socket:
        socket.subscribe(WATCH)
        assert await socket.closed() == (4401, "Unauthorized")


async def test_an_operation_id_is_taken_until_its_operation_ends(socket: AsgiSocket) -> None:
    socket.subscribe(WATCH, name="x")
    await socket.receive()
    socket.send({"id": "x", "type": "complete"})
    socket.subscribe("{ projections { name } }", name="x")
    assert (await socket.receive())["payload"]["data"]["projections"]
    assert await socket.receive() == {"id": "x", "type": "complete"}
    socket.subscribe(WATCH, name="x")
    socket.subscribe(WATCH, name="x")
    frame = await socket.receive()
    while frame["type"] == "next":
        frame = await socket.receive()
    assert (frame["type"], frame["code"], frame["reason"]) == ("websocket.close", 4409, "Subscriber for x already exists")


async def test_a_query_is_answered_once_and_completed(socket: AsgiSocket) -> None:
    socket.subscribe('{ device(id: "nobody") { id } }', name="q")
    assert await socket.receive() == {"id": "q", "type": "next", "payload": {"data": {"device": None}}}
    assert await socket.receive() == {"id": "q", "type": "complete"}


async def test_what_cannot_run_is_an_error_that_ends_the_operation_alone(socket: AsgiSocket) -> None:
    for query in ("{ nonsense }", "{", "query ($x: Int!) { devices(first: $x) { nodes { id } } }"):
        socket.subscribe(query, name="bad")
        frame = await socket.receive()
        assert (frame["id"], frame["type"], frame["payload"][0]["extensions"]["code"]) == ("bad", "error", "INVALID_INPUT")
    socket.subscribe('{ device(id: "nobody") { id } }', name="good")
    assert (await socket.receive())["type"] == "next"


GARBAGE = ["[]", "1", "null", '""', "{", "", "{}", '{"type":1}', '{"type":"start"}', '{"type":"subscribe"}', "[" * 50_000,
           '{"type":"subscribe","id":"","payload":{"query":"{a}"}}', '{"type":"subscribe","id":"1","payload":{"query":1}}',
           '{"type":"subscribe","id":"1","payload":[]}', '{"type":"complete"}', '{"type":"connection_init","payload":[]}',
           '{"type":"connection_init","payload":"x"}', "\x00", '{"type":"ping","payload":' + "[" * 5000 + "]" * 5000 + "}",
           '{"type":"subscribe","id":"' + "x" * 200 + '","payload":{"query":"{a}"}}', "x" * 200_000]  # fmt: skip


async def test_garbage_is_a_bad_request_and_kills_nobody_else(house: House) -> None:
    for frame in GARBAGE:
        async with socket_to(house) as socket:
            await socket.init(house.keys[Role.VIEWER])
            socket.send_text(frame)
            code, reason = await socket.closed()
            assert code == 4400, frame[:40]
            assert len(reason.encode()) <= 123


async def test_a_frame_is_measured_in_bytes(socket: AsgiSocket) -> None:
    socket.subscribe("{ __typename } # " + "\N{SEEDLING}" * 33_000)
    code, reason = await socket.closed()
    assert (code, reason.startswith("A message may hold 131072 bytes; this has 132")) == (4400, True), reason


async def test_a_binary_frame_is_a_bad_request(socket: AsgiSocket) -> None:
    socket.send_bytes(b'{"type":"ping"}')
    assert (await socket.closed())[0] == 4400


async def test_nobody_gets_in_without_a_good_key(house: House) -> None:
    payloads: list[Any] = [None, {}, *({"authorization": text} for text in ("Bearer gh_no_key", "Basic x", "", 1))]
    for payload in payloads:
        async with socket_to(house) as socket:
            socket.send({"type": "connection_init", "payload": payload})
            code, reason = await socket.closed()
            assert (code, reason.startswith("Forbidden")) == (4403, True), payload


async def test_a_key_too_weak_for_a_subscription_is_forbidden_by_name(house: House) -> None:
    async with socket_to(house) as socket:
        await socket.init(house.keys[Role.INGEST])
        socket.subscribe(WATCH)
        [error] = (await socket.receive())["payload"]
        assert error["extensions"]["code"] == "FORBIDDEN"
        assert "viewer" in error["message"]


async def test_a_socket_dies_with_its_key(tmp_path: Path) -> None:
    limits = Limits(init_seconds=0.01, recheck_seconds=0.01)
    async with small_house(tmp_path, limits=limits) as house, socket_to(house) as socket:
        await socket.init(house.keys[Role.VIEWER])
        key_id = house.keys[Role.VIEWER].split("_")[1]
        data = await house.ask(f'mutation {{ revokeKey(input: {{keyId: "{key_id}"}}) {{ __typename }} }}', role=Role.ADMIN)
        assert data == {"revokeKey": {"__typename": "RevokeKeySuccess"}}
        assert (await socket.closed())[0] == 4403


async def session_cookie(house: House) -> str:
    async with house.client(None) as client:
        response = await client.post("/session", json={"key": house.keys[Role.VIEWER]})
        return f"glasshouse_session={response.cookies['glasshouse_session']}"


async def test_the_page_gets_in_with_its_cookie_and_no_other_site_does(house: House) -> None:
    cookie = await session_cookie(house)
    for origin, let_in in {"http://house.test": True, "http://evil.test": False, "null": False, "": False}.items():
        async with socket_to(house, cookie=cookie, origin=origin) as socket:
            socket.send({"type": "connection_init"})
            answer = await socket.receive()
            assert (answer["type"] == "connection_ack") is let_in, origin
    async with socket_to(house, cookie=cookie) as socket:
        socket.send({"type": "connection_init"})
        assert (await socket.closed())[0] == 4403


async def test_pages_of_other_origins_get_no_socket_whatever_their_key(tmp_path: Path) -> None:
    async with small_house(tmp_path, policy=Policy(allowed_origins=("https://panel.example",))) as house:
        key = house.keys[Role.VIEWER]
        async with socket_to(house, origin="https://panel.example") as socket:
            await socket.init(key)
        async with socket_to(house, origin="https://evil.test") as socket:
            socket.send({"type": "connection_init", "payload": {"authorization": f"Bearer {key}"}})
            code, reason = await socket.closed()
            assert (code, "evil.test" in reason) == (4403, True)


async def test_a_socket_opened_with_a_cookie_ends_with_the_session(tmp_path: Path) -> None:
    async with small_house(tmp_path, limits=Limits(init_seconds=0.01, recheck_seconds=0.01)) as house:
        cookie = await session_cookie(house)
        async with socket_to(house, cookie=cookie, origin="http://house.test") as socket:
            socket.send({"type": "connection_init"})
            assert (await socket.receive())["type"] == "connection_ack"
            house.now = NOW + timedelta(hours=13)
            assert (await socket.closed())[0] == 4403


async def test_a_socket_bears_so_many_operations_and_refuses_the_next_alone(tmp_path: Path) -> None:
    limits = Limits(socket_operations=2)
    async with small_house(tmp_path, limits=limits) as house, socket_to(house) as socket:
        await socket.init(house.keys[Role.VIEWER])
        for name in ("1", "2", "3"):
            socket.subscribe(WATCH, name=name)
        frames = [await socket.receive() for _ in range(3)]
        [refused] = [frame for frame in frames if frame["type"] == "error"]
        assert (refused["id"], refused["payload"][0]["extensions"]["code"]) == ("3", "LIMIT_EXCEEDED")
        assert refused["payload"][0]["extensions"]["allowed"] == 2


async def test_more_sockets_than_there_is_room_for_are_told_to_come_later(tmp_path: Path) -> None:
    async with small_house(tmp_path, limits=Limits(connections=1)) as house, socket_to(house), socket_to(house) as second:
        assert (await second.closed())[0] == 1013


async def test_operations_end_when_the_client_goes(house: House) -> None:
    async with socket_to(house) as socket:
        await socket.init(house.keys[Role.VIEWER])
        socket.subscribe(WATCH)
        await socket.receive()
        assert "operation-1" in running()
    assert not {name for name in running() if name.startswith(("operation", "socket", "subscription"))}


async def test_a_slow_reader_holds_up_itself_alone(house: House) -> None:
    async with socket_to(house) as socket:
        await socket.init(house.keys[Role.VIEWER])
        socket.subscribe(WATCH)
        await socket.receive()
        gate = asyncio.Event()
        socket.block(gate)
        await house.says([reading("a", number, temperature=float(number)) for number in range(3000)])
        async with socket_to(house) as quick:
            await quick.init(house.keys[Role.VIEWER])
        assert socket.waiting() <= 1
        gate.set()
        values = [frame["payload"]["data"]["readings"] for frame in [await socket.receive() for _ in range(3000)]]
        assert [value["reading"]["value"] for value in values if "reading" in value] == [float(n) for n in range(3000)]


def running() -> set[str]:
    return {task.get_name() for task in asyncio.all_tasks()}
