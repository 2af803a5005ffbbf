"""Apprise over its own plugins: to a web server, and by mail."""

import asyncio

import msgspec
import pytest

from adapters.notify.apprise_target import AppriseTarget
from adapters.notify.port import Message, NotDeliveredError
from tests.support.receiver import receiving

pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated")  # Apprise looks whether Python still has it

MESSAGE = Message(id="n-1", title="critical TemperatureAlert", text="41.5 degC", severity="critical", document={})


async def test_a_message_goes_where_apprise_reaches() -> None:
    async with receiving("200 OK") as receiver:
        await AppriseTarget("web", receiver.url.replace("http", "json")).send(MESSAGE)
    [got] = receiver.got
    body = msgspec.json.decode(got.body)
    assert (body["title"], body["message"], body["type"]) == (MESSAGE.title, "41.5 degC\nid n-1", "failure")


async def test_what_a_service_refuses_was_not_delivered() -> None:
    async with receiving("403 Forbidden") as receiver:
        with pytest.raises(NotDeliveredError, match="did not take it"):
            await AppriseTarget("web", receiver.url.replace("http", "json")).send(MESSAGE)


async def test_a_service_that_hangs_gets_nothing_more_until_it_answers() -> None:
    async with receiving(None) as receiver:
        target = AppriseTarget("web", receiver.url.replace("http", "json"))
        sending = asyncio.create_task(target.send(MESSAGE))
        while not receiver.got:
            await asyncio.sleep(0.005)
        sending.cancel()
        with pytest.raises(NotDeliveredError, match="still under way"):
            await target.send(MESSAGE)


async def test_a_message_goes_by_mail() -> None:
    letters: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 here\r\n")
        while (line := await reader.readline()) and not line.lower().startswith(b"quit"):
            if line.lower().startswith(b"data"):
                writer.write(b"354 go on\r\n")
                letters.append(await reader.readuntil(b"\r\n.\r\n"))
            writer.write(b"250 ok\r\n")
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    await AppriseTarget("mail", f"mailto://127.0.0.1:{port}?from=house@farm.example&to=ada@farm.example").send(MESSAGE)
    server.close()
    [letter] = letters
    assert b"To: ada@farm.example" in letter
    assert b"critical TemperatureAlert" in letter
