"""Commands over the API: asked for, refused for a reason, remembered by their correlation id, taken back, and watched."""

import asyncio
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.event_log.port import Append, Appended, Conflict, LogUnavailableError
from api.roles import Role
from schema.commands import CommandDispatching, CommandsRequested, Outcome, OverrideBegun, RequestEnded
from schema.envelope import decode_metadata
from schema.events import DeviceRetired
from schema.ids import format_event_id
from schema.registry import REGISTRY
from tests.support.api import NOW, AsgiSocket, House
from tests.support.command_events import control, correlated
from tests.support.commanding import (
    COMMAND,
    ISSUE,
    ISSUE_SEVERAL,
    ON_ITS_WAY,
    asked_of,
    become,
    registered,
    status,
    wanted,
)
from tests.support.house_events import at, reading


@pytest.fixture
async def box(house: House) -> House:
    await house.says([registered(), registered("shed")])
    return house


async def issue(house: House, role: Role = Role.OPERATOR, **given: Any) -> Any:
    return (await house.ask(ISSUE, {"input": wanted(**given)}, role=role))["issueCommand"]


async def issue_several(house: House, *commands: dict[str, Any], **rest: Any) -> Any:
    given = {"commands": list(commands), **rest}
    return (await house.ask(ISSUE_SEVERAL, {"input": given}, role=Role.OPERATOR))["issueCommands"]


async def test_a_command_is_asked_for_and_seen_at_once(box: House) -> None:
    answer = await issue(box)
    command = answer["command"]
    assert (command["state"], command["value"], command["deadline"]) == ("REQUESTED", "on", "2026-06-02T00:00:30Z")
    assert [step["state"] for step in command["steps"]] == ["REQUESTED"]
    query = f"query ($id: ID!, $cursor: Cursor) {{ command(id: $id, atLeast: $cursor) {{ {COMMAND} }} }}"
    assert (await box.ask(query, {"id": command["id"], "cursor": answer["cursor"]}))["command"] == command
    node = (await box.ask("query ($id: ID!) { node(id: $id) { id __typename } }", {"id": command["nodeId"]}))["node"]
    assert node == {"id": command["id"], "__typename": "Command"}
    assert (await box.ask('{ command(id: "none") { id } }'))["command"] is None


async def test_who_asked_and_what_it_follows_from_stand_in_the_log(box: House) -> None:
    await box.says([measured := reading("box", 1, temperature=30.0)])
    cause = format_event_id(measured[1].id)
    command = (await issue(box, correlationId="loop-1", causationId=cause))["command"]
    [asked] = [one for one in await box.log.read_stream("control-box") if one.type == "ActuatorCommand"]
    [request] = await box.log.read_stream("request-loop-1")
    assert decode_metadata(request.metadata).causation_id == cause
    metadata = decode_metadata(asked.metadata)
    assert (metadata.correlation_id, metadata.causation_id) == ("loop-1", format_event_id(request.id))
    assert (command["requestedBy"], command["causationId"]) == (metadata.actor, format_event_id(request.id))


async def test_without_a_correlation_id_one_is_made_and_nothing_is_remembered(box: House) -> None:
    made = [(await issue(box, actuator=actuator))["command"]["correlationId"] for actuator in ("heater", "fan")]
    assert made[0] != made[1]
    assert await box.log.read_stream(f"request-{made[0]}") == []
    again = await issue(box, actuator="vent", value=5, correlationId=made[0])
    assert again["code"] == "CONFLICT"


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"device": "nobody"}, "NOT_FOUND"),
        ({"actuator": "pump"}, "NOT_FOUND"),
        ({"command": "explode"}, "NOT_ALLOWED"),
        ({"value": "blue"}, "NOT_ALLOWED"),
        ({"actuator": "vent", "value": 101}, "NOT_ALLOWED"),
        ({"deadline": "2026-06-01T00:00:00Z"}, "TOO_LATE"),
        ({"deadline": "2026-06-02T00:01:00Z", "timeout": "PT1M"}, "INVALID_INPUT"),
        ({"timeout": "P999999D"}, "INVALID_INPUT"),
        ({"correlationId": "with space"}, "INVALID_INPUT"),
        ({"causationId": "no event"}, "INVALID_INPUT"),
        ({"correlationId": "mine", "value": "blue"}, "NOT_ALLOWED"),
    ],
)
async def test_what_cannot_be_is_refused_with_a_code_and_nothing_is_appended(
    box: House, given: dict[str, Any], code: str
) -> None:
    head = await box.log.head()
    assert (await issue(box, **given))["code"] == code
    assert await box.log.head() == head


async def test_of_two_that_want_one_actuator_the_second_is_told_that_it_is_busy(box: House) -> None:
    first, second = await asyncio.gather(issue(box), issue(box, value="off"))
    refused = first if first["__typename"] == "OperationError" else second
    assert (refused["code"], refused["retryAt"]) == ("ACTUATOR_BUSY", "2026-06-02T00:01:00Z")
    assert len(await asked_of(box)) == 1


async def test_an_override_an_offline_and_a_retired_device_refuse(box: House) -> None:
    override = OverrideBegun(device_id="box", actuator_id="fan", timestamp=NOW, until=at(90_000))
    await box.says([control(override, "x"), status("shed", "offline")])
    assert (await issue(box, actuator="fan"))["retryAt"] == "2026-06-02T01:00:00Z"
    assert (await issue(box, device="shed"))["code"] == "DEVICE_OFFLINE"
    assert (await issue(box, device="shed", whenOffline="HOLD"))["command"]["held"] is True
    await box.says([control(DeviceRetired(device_id="box", at=at(0), reason="broken"), "x")])
    assert (await issue(box))["code"] == "DEVICE_RETIRED"


async def test_only_operators_command(box: House) -> None:
    assert (await issue(box, role=Role.VIEWER))["code"] == "FORBIDDEN"
    assert await asked_of(box) == []


async def test_the_same_again_is_answered_the_same_and_something_else_is_refused(box: House) -> None:
    first = await issue(box, correlationId="mine", timeout="PT20S")
    assert await issue(box, correlationId="mine", timeout="PT20S") == first
    assert (await issue(box, correlationId="mine", timeout="PT21S"))["code"] == "CONFLICT"
    assert (await issue(box, correlationId="mine", timeout="PT20S", value="off"))["code"] == "CONFLICT"
    assert len(await asked_of(box)) == 1


async def test_the_same_again_after_its_end_is_not_asked_for_again(box: House) -> None:
    await issue(box, correlationId="mine")
    [event] = await asked_of(box)
    await become(box, event, *ON_ITS_WAY, Outcome.SUCCEEDED)
    box.now = at(200_000)
    answer = await issue(box, correlationId="mine")
    assert (answer["command"]["state"], answer["command"]["reachedState"]) == ("SUCCEEDED", "on")
    assert len(await asked_of(box)) == 1


async def test_the_same_many_times_at_once_is_one_command(box: House) -> None:
    answers = await asyncio.gather(*(issue(box, correlationId="mine") for _ in range(8)))
    assert len({answer["command"]["id"] for answer in answers}) == 1
    assert len(await asked_of(box)) == 1


async def test_several_are_asked_for_together_or_not_at_all(box: House) -> None:
    head = await box.log.head()
    refused = await issue_several(box, wanted(), wanted("vent", 400), correlationId="night")
    assert (refused["code"], await box.log.head()) == ("NOT_ALLOWED", head)
    twice = await issue_several(box, wanted(), wanted(value="off"))
    assert twice["code"] == "ACTUATOR_BUSY"
    answer = await issue_several(
        box, wanted(), wanted("vent", 40, device="shed"), wanted("fan"), correlationId="night", onFailure="SET_BACK"
    )
    named = [(one["deviceId"], one["actuatorId"], one["value"], one["state"]) for one in answer["commands"]]
    assert named == [
        ("box", "heater", "on", "REQUESTED"),
        ("shed", "vent", 40.0, "REQUESTED"),
        ("box", "fan", "on", "REQUESTED"),
    ]
    [recorded] = await box.log.read_stream("request-night")
    request = REGISTRY.unpack(recorded)
    assert isinstance(request, CommandsRequested)
    assert (request.on_failure.value, [one.command_id for one in request.commands]) == (
        "set_back",
        [one["id"] for one in answer["commands"]],
    )


async def test_a_request_holds_at_most_fifty_commands(box: House) -> None:
    assert (await issue_several(box, *[wanted()] * 51))["code"] == "LIMIT_EXCEEDED"
    assert (await issue_several(box))["code"] == "INVALID_INPUT"


class Failing:
    """Lets so many appends through, and dies at the next: once before and once after it is durable."""

    def __init__(self, house: House, passes: int, *, durable: bool) -> None:
        self._append = house.log.append
        self._passes, self._durable = passes, durable

    async def append(self, appends: list[Append]) -> list[Appended | Conflict]:
        self._passes -= 1
        if self._passes == -1:
            if self._durable:
                await self._append(appends)
            raise LogUnavailableError("killed")
        return await self._append(appends)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(passes=st.integers(0, 3), durable=st.booleans(), again=st.integers(1, 3))
async def test_killed_between_its_appends_a_request_is_completed_by_asking_again(
    box: House, monkeypatch: pytest.MonkeyPatch, passes: int, durable: bool, again: int
) -> None:
    name = f"r-{passes}-{durable}-{again}-{len(await asked_of(box))}"
    commands = (wanted(), wanted("fan", device="shed"), wanted("vent", 4))
    before = len(await asked_of(box)), len(await asked_of(box, "shed"))
    with monkeypatch.context() as patched:
        patched.setattr(box.log, "append", Failing(box, passes, durable=durable).append)
        await box.answer(ISSUE_SEVERAL, {"input": {"commands": list(commands), "correlationId": name}}, role=Role.OPERATOR)
    answers = [await issue_several(box, *commands, correlationId=name) for _ in range(again)]
    assert [one["state"] for one in answers[0]["commands"]] == ["REQUESTED"] * 3
    assert all(answer == answers[0] for answer in answers)
    asked = [event for device in ("box", "shed") for event in await asked_of(box, device)]
    assert sum(event.correlation_id == name for event in asked) == 3
    assert (len(await asked_of(box)), len(await asked_of(box, "shed"))) == (before[0] + 2, before[1] + 1)
    for event in asked:
        await become(box, event, Outcome.CANCELLED)


async def test_what_somebody_else_got_in_the_way_of_ends_at_once(box: House, monkeypatch: pytest.MonkeyPatch) -> None:
    append = box.log.append

    async def rival_first(appends: list[Append]) -> list[Appended | Conflict]:
        done = await append(appends)
        if appends[0].stream == "request-mine":
            await issue(box, value="off")
        return done

    with monkeypatch.context() as patched:
        patched.setattr(box.log, "append", rival_first)
        answer = await issue(box, correlationId="mine")
    assert (answer["command"]["state"], "busy" in answer["command"]["reason"]) == ("REJECTED", True)
    assert await issue(box, correlationId="mine") == answer


async def test_completed_after_its_deadline_a_request_has_expired(box: House, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(box.log, "append", Failing(box, 1, durable=False).append)
        await box.answer(ISSUE, {"input": wanted(correlationId="mine")}, role=Role.OPERATOR)
    box.now = at(90_000)
    assert (await issue(box, correlationId="mine"))["command"]["state"] == "EXPIRED"


CANCEL = f"""mutation ($id: ID!) {{ cancelCommand(id: $id, reason: "too warm") {{ __typename
  ... on CancelCommandSuccess {{ cursor command {{ {COMMAND} }} }} ... on OperationError {{ code }} }} }}"""


async def test_a_command_is_taken_back_while_it_was_not_sent(box: House) -> None:
    async def cancel(command_id: str) -> Any:
        return (await box.ask(CANCEL, {"id": command_id}, role=Role.OPERATOR))["cancelCommand"]

    first = (await issue(box))["command"]["id"]
    done = await cancel(first)
    assert (done["command"]["state"], done["command"]["reason"]) == ("CANCELLED", "too warm")
    assert await cancel(first) == done
    second = (await issue(box))["command"]["id"]
    await become(box, (await asked_of(box))[1], CommandDispatching)
    assert (await cancel(second))["code"] == "TOO_LATE"
    assert (await cancel("none"))["code"] == "NOT_FOUND"


LIST = """query ($state: CommandState, $first: Int, $after: String, $last: Int, $before: String) {
  commands(state: $state, first: $first, after: $after, last: $last, before: $before) {
    nodes { id } edges { cursor } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }"""


async def test_commands_are_listed_newest_first_in_pages(box: House) -> None:
    ids = []
    for number in range(5):
        ids.append((await issue(box, correlationId=f"c{number}"))["command"]["id"])
        outcome = Outcome.FAILED if number % 2 else Outcome.SUCCEEDED
        await become(box, (await asked_of(box))[-1], *ON_ITS_WAY, outcome)
    newest = ids[::-1]

    async def listed(**asked: Any) -> Any:
        return (await box.ask(LIST, asked))["commands"]

    def shown(page: Any) -> list[str]:
        return [node["id"] for node in page["nodes"]]

    first = await listed(first=2)
    rest = await listed(first=9, after=first["pageInfo"]["endCursor"])
    assert (shown(first) + shown(rest), first["pageInfo"]["hasNextPage"]) == (newest, True)
    assert shown(await listed(last=2, before=rest["pageInfo"]["startCursor"])) == newest[:2]
    assert shown(await listed(state="FAILED")) == [ids[3], ids[1]]
    alone = await box.ask(
        '{ commands(correlationId: "c2") { nodes { id } } other: commands(deviceId: "shed") { nodes { id } } }'
    )
    assert alone == {"commands": {"nodes": [{"id": ids[2]}]}, "other": {"nodes": []}}


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


async def _update(socket: AsgiSocket) -> Any:
    frame = await socket.receive()
    assert frame["type"] == "next", frame
    return frame["payload"]["data"]["commandUpdates"]


async def test_a_request_that_has_ended_is_not_gone_on_with(box: House, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(box.log, "append", Failing(box, 1, durable=False).append)
        await box.answer(ISSUE, {"input": wanted(correlationId="mine")}, role=Role.OPERATOR)
    ended = RequestEnded(correlation_id="mine", timestamp=NOW, succeeded=False)
    await box.says([correlated("request-mine", ended, "mine")])
    assert (await issue(box, correlationId="mine"))["command"]["state"] == "EXPIRED"
