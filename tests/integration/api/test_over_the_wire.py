"""Over a real socket: what clients' own libraries meet, slow readers, lost connections."""

import asyncio
import json
import socket
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
import websockets
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from api.roles import Role
from glasshouse.settings import Address
from glasshouse.web import WebServer, bind, url_of
from schema.envelope import Cursor
from tests.support.api import small_house
from tests.support.house_events import reading, tell

if TYPE_CHECKING:
    from tests.integration.api.conftest import Served

PROTOCOL = [Subprotocol("graphql-transport-ws")]
WATCH = """subscription ($after: String) { readings(after: $after) { __typename
  ... on ReadingReceived { cursor reading { value } } ... on ReadingProgress { cursor }
  ... on ReadingGap { cursor reason } } }"""


async def open_socket(served: "Served") -> ClientConnection:
    host, port = served.url.removeprefix("http://").split(":")
    line = socket.socket()
    line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16_384)
    line.connect((host, int(port)))
    connection = await connect(served.websocket, subprotocols=PROTOCOL, sock=line)
    await connection.send(
        json.dumps({"type": "connection_init", "payload": {"authorization": f"Bearer {served.house.keys[Role.VIEWER]}"}})
    )
    assert json.loads(await connection.recv()) == {"type": "connection_ack"}
    return connection


async def watch(connection: ClientConnection, after: str | None = None) -> None:
    await connection.send(
        json.dumps({"id": "1", "type": "subscribe", "payload": {"query": WATCH, "variables": {"after": after}}})
    )


async def next_message(connection: ClientConnection) -> Any:
    frame = json.loads(await connection.recv())
    assert frame["type"] == "next", frame
    return frame["payload"]["data"]["readings"]


async def test_a_query_over_http_is_answered(served: "Served") -> None:
    await served.house.says([reading("a", 0, temperature=20.5)])
    headers = {"authorization": f"Bearer {served.house.keys[Role.VIEWER]}"}
    async with httpx.AsyncClient(base_url=served.url, headers=headers) as client:
        query = {"query": '{ device(id: "a") { latest { metric value unit } } }'}
        response = await client.post("/graphql", json=query)
        assert response.json() == {"data": {"device": {"latest": [{"metric": "temperature", "value": 20.5, "unit": "degC"}]}}}
        assert (await client.get("/healthz")).status_code == 200
        assert "glasshouse_api_operations_total" in (await client.get("/metrics")).text


async def test_close_codes_reach_the_client(served: "Served") -> None:
    connection = await connect(served.websocket, subprotocols=PROTOCOL)
    await connection.send(json.dumps({"type": "connection_init", "payload": {"authorization": "Bearer gh_a_b"}}))
    with pytest.raises(websockets.ConnectionClosed) as closed:
        await connection.recv()
    assert (closed.value.rcvd and closed.value.rcvd.code) == 4403
    other = await connect(served.websocket)
    with pytest.raises(websockets.ConnectionClosed) as refused:
        await other.recv()
    assert (refused.value.rcvd and refused.value.rcvd.code) == 4406


async def test_a_client_that_is_cut_off_again_and_again_sees_every_reading_once(served: "Served") -> None:
    log, total = served.house.log, 2000
    cursor = Cursor(log.log_id, await log.head()).encode()

    async def happen() -> None:
        for number in range(total // 2):
            await tell(log, [reading(f"d{number % 7}", number, temperature=2.0 * number, humidity=2.0 * number + 1)])
            if number % 5 == 0:
                await asyncio.sleep(0)

    happening = asyncio.create_task(happen())
    seen: list[float] = []
    while len(seen) < total:
        connection = await open_socket(served)
        await watch(connection, cursor)
        for _ in range(41):
            message = await next_message(connection)
            cursor = message["cursor"]
            assert message["__typename"] != "ReadingGap"
            seen += [message["reading"]["value"]] if "reading" in message else []
            if len(seen) == total:
                break
        connection.transport.abort()
    await happening
    assert seen == [float(number) for number in range(total)]


async def test_a_reader_that_stops_reading_costs_no_memory_and_delays_nobody(served: "Served") -> None:
    stuck = await open_socket(served)
    await watch(stuck)
    await next_message(stuck)
    await tell(served.house.log, [reading("a", number, temperature=float(number)) for number in range(20_000)])
    quick = await open_socket(served)
    await watch(quick, Cursor(served.house.log.log_id, None).encode())
    count = 0
    while count < 20_000:
        count += (await next_message(quick))["__typename"] == "ReadingReceived"
    sent = served.house.services.registry.get_sample_value("glasshouse_api_messages_total")
    assert sent is not None
    assert sent < 20_000 + 15_000  # the rest is in no queue: it waits in the log
    values: list[float] = []
    while len(values) < 20_000:
        message = await next_message(stuck)
        values += [message["reading"]["value"]] if "reading" in message else []
    assert values == [float(number) for number in range(20_000)]
    await asyncio.gather(stuck.close(), quick.close())


async def test_a_live_reader_that_is_too_slow_hears_where_to_go_on_and_is_closed(served_impatiently: "Served") -> None:
    served = served_impatiently
    slow = await open_socket(served)
    await watch(slow)
    await next_message(slow)
    await tell(served.house.log, [reading("a", number, temperature=float(number)) for number in range(20_000)])
    quick = await open_socket(served)
    await watch(quick, Cursor(served.house.log.log_id, None).encode())
    for _ in range(10_000):  # meanwhile the slow one takes nothing
        await next_message(quick)
    values: list[float] = []
    while (message := await next_message(slow))["__typename"] != "ReadingGap":
        values += [message["reading"]["value"]] if "reading" in message else []
    with pytest.raises(websockets.ConnectionClosed) as closed:
        await slow.recv()
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 4450
    again = await open_socket(served)
    await watch(again, message["cursor"])
    for _ in range(100):
        values.append((await next_message(again))["reading"]["value"])
    assert values == [float(number) for number in range(len(values))]
    await asyncio.gather(again.close(), quick.close())


async def test_whoever_goes_without_a_word_is_forgotten(served: "Served") -> None:
    registry = served.house.services.registry
    connections = [await open_socket(served) for _ in range(5)]
    for connection in connections:
        await watch(connection)
        await next_message(connection)
    assert registry.get_sample_value("glasshouse_api_subscribers") == 5
    for connection in connections:
        connection.transport.abort()
    async with asyncio.timeout(10):
        while registry.get_sample_value("glasshouse_api_sockets") != 0:
            await asyncio.sleep(0.01)
    assert registry.get_sample_value("glasshouse_api_subscribers") == 0


async def test_a_body_that_never_ends_is_cut_off(served: "Served") -> None:
    host, port = served.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port), family=socket.AF_INET)
    key = served.house.keys[Role.VIEWER]
    head = f"POST /graphql HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {key}\r\nContent-Type: application/json\r\n"
    writer.write(f"{head}Transfer-Encoding: chunked\r\n\r\n".encode())
    for _ in range(20):
        writer.write(b"4000\r\n" + b" " * 0x4000 + b"\r\n")
    assert b"413" in await reader.readline()
    writer.close()
    await writer.wait_closed()


async def test_a_server_that_stops_waits_for_no_event_stream(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with small_house(tmp_path) as house:
        listener = bind(Address("127.0.0.1", 0))
        server = WebServer(house.app)
        serving = asyncio.create_task(server.run_on(listener), name="web")
        await server.ready.wait()
        headers = {"authorization": f"Bearer {house.keys[Role.VIEWER]}", "accept": "text/event-stream"}
        async with (
            httpx.AsyncClient(base_url=url_of(listener), headers=headers) as client,
            client.stream("POST", "/graphql", json={"query": WATCH}) as stream,
        ):
            parts = stream.aiter_raw()
            assert await anext(parts)
            serving.cancel()
            with suppress(httpx.RemoteProtocolError):
                async for _ in parts:
                    pass
        await asyncio.gather(serving, return_exceptions=True)
    assert not caplog.records
