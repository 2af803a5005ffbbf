"""Commands over the API: asked for, refused for a reason, listed, and taken back."""

import asyncio
from typing import Any

import pytest

from api.roles import Role
from schema.commands import CommandDispatching, CommandEnded, Outcome, OverrideBegun
from schema.envelope import decode_metadata
from schema.events import DeviceRetired
from schema.ids import format_event_id
from tests.support.api import NOW, House
from tests.support.command_events import control
from tests.support.commanding import (
    COMMAND,
    ON_ITS_WAY,
    asked_of,
    become,
    control_of,
    issue,
    status,
)
from tests.support.house_events import at, reading


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
        ({"device": "a/b"}, "INVALID_INPUT"),
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


CANCEL = f"""mutation ($id: ID!) {{ cancelCommand(id: $id, reason: "too warm") {{ __typename
  ... on CancelCommandSuccess {{ cursor command {{ {COMMAND} }} }} ... on OperationError {{ code message }} }} }}"""


@pytest.mark.parametrize(
    ("outcome", "state"), [(Outcome.SUCCEEDED, "SUCCEEDED"), (Outcome.TIMED_OUT, "TIMED_OUT"), (Outcome.EXPIRED, "EXPIRED")]
)
async def test_what_has_ended_is_not_taken_back_and_the_refusal_says_how_it_ended(
    box: House, outcome: Outcome, state: str
) -> None:
    command = (await issue(box))["command"]["id"]
    await become(box, (await asked_of(box))[0], outcome)
    refused = (await box.ask(CANCEL, {"id": command}, role=Role.OPERATOR))["cancelCommand"]
    told = f"command {command} has ended already, {state}: there is nothing left to take back"
    assert (refused["code"], refused["message"]) == ("TOO_LATE", told)


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


async def test_a_command_is_told_as_taken_back_also_while_the_read_model_stands_still(box: House) -> None:
    asked = (await issue(box))["command"]
    box.engine.serving(["commands"]).close_gates()
    box.wait_no_longer_than(0.01)
    done = (await box.ask(CANCEL, {"id": asked["id"]}, role=Role.OPERATOR))["cancelCommand"]["command"]
    assert [step["state"] for step in done["steps"]] == ["REQUESTED", "CANCELLED"]
    assert (done["state"], done["reason"]) == ("CANCELLED", "too warm")


async def test_what_became_of_another_command_of_the_device_meanwhile_says_nothing_of_this_one(box: House) -> None:
    async def cancel(command_id: str) -> Any:
        return (await box.ask(CANCEL, {"id": command_id}, role=Role.OPERATOR))["cancelCommand"]

    heater = (await issue(box))["command"]["id"]
    vent = (await issue(box, actuator="vent", value=40))["command"]["id"]
    box.engine.serving(["commands"]).close_gates()
    box.wait_no_longer_than(0.01)
    await cancel(heater)
    assert [step["state"] for step in (await cancel(vent))["command"]["steps"]] == ["REQUESTED", "CANCELLED"]
    ends = [event for event in await control_of(box) if isinstance(event, CommandEnded)]
    assert [event.command_id for event in ends] == [heater, vent]


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


async def test_each_command_and_each_refusal_is_in_the_audit_trail(box: House) -> None:
    await issue(box)
    await issue(box, value="off")
    query = "{ auditTrail(first: 5) { nodes { action fields outcome code } } }"
    noted = (await box.ask(query, role=Role.ADMIN))["auditTrail"]["nodes"]
    assert [(one["fields"], one["outcome"], one["code"]) for one in noted if one["action"] == "CHANGE"] == [
        (["issueCommand"], "FAILED", "ACTUATOR_BUSY"),
        (["issueCommand"], "ALLOWED", None),
    ]
