"""What the page about commands shows is what the server does, from the first block to the last."""

from typing import Any

from api.roles import Role
from schema.commands import Outcome
from schema.events import ActuatorEvent
from schema.ids import format_event_id
from tests.support.api import NOW, AsgiSocket, House
from tests.support.commanding import ON_ITS_WAY, asked_of, become, registered
from tests.support.documents import ROOT, blocks
from tests.support.house_events import pack, reading

PAGE = ROOT / "docs" / "how-to" / "command.md"


async def test_the_page_about_commands_holds(house: House) -> None:
    declare, vent, night, follow, stands, cancel, why = blocks(PAGE, "graphql")

    async def run(text: str, variables: dict[str, Any] | None = None) -> Any:
        [answer] = (await house.ask(text, variables, role=Role.OPERATOR)).values()
        assert answer.get("__typename") != "OperationError", answer
        return answer

    measured = reading("probe", 86_000, temperature=31.0)
    shut = pack("device-box", ActuatorEvent(device_id="box", actuator_id="vent", timestamp=NOW, state=0.0))
    await house.says([registered("shed"), registered("probe"), measured, shut])
    await run(declare)
    opened = await run(vent, {"reading": format_event_id(measured[1].id)})
    assert opened["command"]["deadline"] == "2026-06-02T00:00:20Z"
    assert await run(vent, {"reading": format_event_id(measured[1].id)}) == opened
    await become(house, (await asked_of(house))[0], *ON_ITS_WAY, Outcome.SUCCEEDED)
    async with AsgiSocket(house.app, subprotocols=["graphql-transport-ws"]) as socket:
        await socket.init(house.keys[Role.VIEWER])
        socket.subscribe(follow)
        ids = [command["id"] for command in (await run(night))["commands"]]
        assert [(await socket.receive())["payload"]["data"]["commandUpdates"]["id"] for _ in ids] == ids
    listed = await house.ask(stands)
    assert [node["id"] for node in listed["commands"]["nodes"]] == ids[::-1]
    assert [node["id"] for node in listed["open"]["nodes"]] == ids[:1]
    assert (await run(cancel, {"id": ids[1]}))["command"] == {"state": "CANCELLED", "reason": "it is cool enough"}
    entries = (await run(why))["entries"]
    assert [entry["__typename"] for entry in entries[:3]] == ["TracedReading", "TracedRequest", "TracedCommand"]
    assert [entry["step"] for entry in entries if "step" in entry][-1] == "SUCCEEDED"


def test_every_code_that_a_command_is_refused_with_is_on_the_page() -> None:
    text = PAGE.read_text()
    codes = ("NOT_FOUND", "DEVICE_RETIRED", "NOT_ALLOWED", "ACTUATOR_BUSY", "OVERRIDDEN", "INTERLOCKED", "STALE_STATE")
    assert [code for code in (*codes, "DEVICE_OFFLINE", "TOO_LATE", "CONFLICT") if f"`{code}`" not in text] == []
