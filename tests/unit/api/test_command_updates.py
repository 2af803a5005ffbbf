"""What becomes of commands is told to its end, to whoever watches from whenever."""

import asyncio
from typing import Any

from api.roles import Role
from schema.commands import Outcome, RequestEnded
from tests.support.api import NOW, AsgiSocket, House
from tests.support.command_events import asked, control, correlated
from tests.support.commanding import (
    ON_ITS_WAY,
    asked_of,
    become,
    issue,
    issue_several,
    wanted,
)

UPDATES = "subscription ($id: ID!) { commandUpdates(correlationId: $id) { id state setsBack steps { state } } }"


async def test_updates_begin_with_what_is_so_and_end_with_the_last_of_them(box: House) -> None:
    async with AsgiSocket(box.app, subprotocols=["graphql-transport-ws"]) as socket:
        await socket.init(box.keys[Role.VIEWER])
        await issue(box, correlationId="mine")
        socket.subscribe(UPDATES, {"id": "mine"})
        states = [(await _update(socket))["state"]]
        [event] = await asked_of(box)
        for kind in (*ON_ITS_WAY, Outcome.SUCCEEDED):
            await become(box, event, kind)
            states.append((await _update(socket))["state"])
        assert states == ["REQUESTED", "DISPATCHING", "DISPATCHED", "ACKNOWLEDGED", "SUCCEEDED"]
        assert (await socket.receive())["type"] == "complete"


async def test_updates_may_be_asked_for_first(box: House) -> None:
    async with AsgiSocket(box.app, subprotocols=["graphql-transport-ws"]) as socket:
        await socket.init(box.keys[Role.VIEWER])
        socket.subscribe(UPDATES, {"id": "night"})
        await issue_several(box, wanted(), wanted("fan", device="shed"), correlationId="night")
        seen: dict[str, str] = {}
        while len(seen) < 2:
            update = await _update(socket)
            seen[update["id"]] = update["state"]
        assert set(seen.values()) == {"REQUESTED"}


async def test_whoever_watches_from_whenever_sees_each_command_to_its_end(box: House) -> None:
    actuators = [(actuator, device) for device in ("box", "shed") for actuator in ("heater", "fan")]
    seen: list[dict[str, list[str]]] = []

    async def watch() -> None:
        found: dict[str, list[str]] = {}
        async with AsgiSocket(box.app, subprotocols=["graphql-transport-ws"]) as socket:
            await socket.init(box.keys[Role.VIEWER])
            socket.subscribe(UPDATES, {"id": "night"})
            while (frame := await socket.receive())["type"] != "complete":
                update = frame["payload"]["data"]["commandUpdates"]
                states = [one["state"] for one in update["steps"]]
                assert states[: len(found.get(update["id"], ()))] == found.get(update["id"], [])
                found[update["id"]] = states
        seen.append(found)

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(watch())
        await issue_several(box, *(wanted(actuator, device=device) for actuator, device in actuators), correlationId="night")
        for kind in (*ON_ITS_WAY, Outcome.SUCCEEDED):
            for device in ("box", "shed"):
                for event in await asked_of(box, device):
                    tasks.create_task(watch())
                    await become(box, event, kind)
    assert len(seen) == 17
    ways = ["REQUESTED", "DISPATCHING", "DISPATCHED", "ACKNOWLEDGED", "SUCCEEDED"]
    assert all(list(found.values()) == [ways] * 4 for found in seen)


async def test_updates_go_on_until_what_sets_others_back_has_ended(box: House) -> None:
    async with AsgiSocket(box.app, subprotocols=["graphql-transport-ws"]) as socket:
        await socket.init(box.keys[Role.VIEWER])
        await issue_several(box, wanted(), wanted("fan", device="shed"), correlationId="night", onFailure="SET_BACK")
        socket.subscribe(UPDATES, {"id": "night"})
        [heater], [fan] = await asked_of(box), await asked_of(box, "shed")
        await become(box, heater, Outcome.SUCCEEDED)
        await become(box, fan, Outcome.FAILED)
        back = asked("night", 7, value="off", when=NOW, sets_back=heater.command_id)
        await box.says([control(back, "night")])
        await become(box, back, Outcome.SUCCEEDED)
        ended = RequestEnded(correlation_id="night", timestamp=NOW, succeeded=False, set_back=(str(heater.command_id),))
        await box.says([correlated("request-night", ended, "night")])
        states: dict[str, str] = {}
        while (frame := await socket.receive())["type"] != "complete":
            update = frame["payload"]["data"]["commandUpdates"]
            states[update["setsBack"] or update["id"]] = update["state"]
        assert states == {heater.command_id: "SUCCEEDED", fan.command_id: "FAILED"}


async def _update(socket: AsgiSocket) -> Any:
    frame = await socket.receive()
    assert frame["type"] == "next", frame
    return frame["payload"]["data"]["commandUpdates"]
