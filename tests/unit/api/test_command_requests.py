"""A request under a correlation id of one's own is made once, whatever happens between; several commands are one request."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.event_log.port import Append, Appended, Conflict, LogUnavailableError
from api.roles import Role
from schema.commands import CommandEnded, CommandsRequested, Outcome, RequestEnded
from schema.envelope import RecordedEvent
from schema.events import ActuatorEvent
from schema.registry import REGISTRY
from tests.support.api import NOW, House, small_house
from tests.support.command_events import control, correlated, step
from tests.support.commanding import (
    ISSUE,
    ISSUE_SEVERAL,
    ON_ITS_WAY,
    asked_of,
    become,
    issue,
    issue_several,
    wanted,
)
from tests.support.house_events import at, pack, tell


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


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
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


async def test_a_request_that_has_ended_is_not_gone_on_with(box: House, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(box.log, "append", Failing(box, 1, durable=False).append)
        await box.answer(ISSUE, {"input": wanted(correlationId="mine")}, role=Role.OPERATOR)
    ended = RequestEnded(correlation_id="mine", timestamp=NOW, succeeded=False)
    await box.says([correlated("request-mine", ended, "mine")])
    assert (await issue(box, correlationId="mine"))["command"]["state"] == "EXPIRED"


async def test_where_the_read_model_stands_still_the_log_alone_decides(box: House) -> None:
    box.engine.serving(["commands"]).close_gates()
    box.wait_no_longer_than(0.01)
    first = await issue(box, correlationId="mine")
    assert (first["command"]["state"], len(first["command"]["steps"])) == ("REQUESTED", 1)
    assert (await issue(box, correlationId="mine"))["command"] == first["command"]
    assert (await issue(box, value="off"))["code"] == "ACTUATOR_BUSY"
    [event] = await asked_of(box)
    await tell(box.log, [control(step(CommandEnded, event, 1, outcome=Outcome.FAILED, reason="stuck"), "mine")])
    again = (await issue(box, correlationId="mine"))["command"]
    assert (again["id"], again["state"], again["reason"]) == (first["command"]["id"], "FAILED", "stuck")
    assert [one["state"] for one in again["steps"]] == ["REQUESTED", "FAILED"]
    assert (await issue(box, value="off"))["command"]["state"] == "REQUESTED"


async def test_the_same_that_was_asked_for_just_after_one_looked_is_answered_the_same(
    box: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = await issue(box, correlationId="mine")
    read, looked = box.log.read_stream, list[str]()

    async def read_before(stream: str, **how: Any) -> Sequence[RecordedEvent]:
        looked.append(stream)
        return [] if looked == ["request-mine"] else await read(stream, **how)

    monkeypatch.setattr(box.log, "read_stream", read_before)
    assert (await issue(box, correlationId="mine"))["command"] == first["command"]


async def test_two_servers_over_one_log_ask_once(box: House, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    async with small_house(tmp_path / "other", log=box.log) as other:
        await box.settle()
        given = {"input": wanted(correlationId="mine")}
        answers = await asyncio.gather(*(house.ask(ISSUE, given, role=Role.OPERATOR) for house in (box, other) * 4))
        assert len({answer["issueCommand"]["command"]["id"] for answer in answers}) == 1
    assert len(await asked_of(box)) == 1


async def test_a_request_remembers_the_state_before_also_one_that_the_device_did_not_tell_of(box: House) -> None:
    await box.says([pack("device-shed", ActuatorEvent(device_id="shed", actuator_id="vent", timestamp=NOW, state=5.0))])
    await issue(box, actuator="vent", value=40)
    await become(box, (await asked_of(box))[0], *ON_ITS_WAY, Outcome.SUCCEEDED)
    await issue_several(
        box,
        wanted("vent", 80),
        wanted("vent", 90, device="shed"),
        wanted("heater"),
        correlationId="night",
        onFailure="SET_BACK",
    )
    [recorded] = await box.log.read_stream("request-night")
    request = REGISTRY.unpack(recorded)
    assert isinstance(request, CommandsRequested)
    assert [one.before for one in request.commands] == [40.0, 5.0, None]
