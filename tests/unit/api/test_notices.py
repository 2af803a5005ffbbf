"""Whoever asks for a command is told where nobody sends it now."""

from dataclasses import replace

import pytest
from prometheus_client import CollectorRegistry

from api.app import build_app
from api.roles import Role
from schema.commands import Outcome
from tests.support.api import House
from tests.support.commanding import asked_of, become, wanted

ISSUE = """mutation ($input: IssueCommandInput!) { issueCommand(input: $input) {
  ... on IssueCommandSuccess { notice command { state } } } }"""
ISSUE_SEVERAL = """mutation ($input: IssueCommandsInput!) { issueCommands(input: $input) {
  ... on IssueCommandsSuccess { notice commands { state } } } }"""
UNSENT = "nobody holds the role `react` now: nothing is sent before somebody does, and nothing after its deadline"


async def notice(house: House) -> str | None:
    answer = await house.ask(ISSUE, {"input": wanted(correlationId="airing")}, role=Role.OPERATOR)
    return answer["issueCommand"]["notice"]  # type: ignore[no-any-return]


def sent_by_another(house: House, *, is_there: bool) -> None:
    async def is_sending() -> bool:
        return is_there

    house.services = replace(house.services, is_sending=is_sending, registry=CollectorRegistry())
    house.app = build_app(house.services)


@pytest.mark.parametrize(("is_there", "told"), [(False, UNSENT), (True, None)])
async def test_the_answer_says_whether_nobody_sends_commands_now(box: House, *, is_there: bool, told: str | None) -> None:
    sent_by_another(box, is_there=is_there)
    assert await notice(box) == told
    several = {"commands": [wanted("fan"), wanted("heater", device="shed")]}
    answer = await box.ask(ISSUE_SEVERAL, {"input": several}, role=Role.OPERATOR)
    assert answer["issueCommands"] == {"notice": told, "commands": [{"state": "REQUESTED"}] * 2}


async def test_a_process_that_sends_them_itself_has_nothing_to_say(box: House) -> None:
    assert await notice(box) is None


async def test_of_a_command_that_has_ended_there_is_nothing_to_say(box: House) -> None:
    sent_by_another(box, is_there=False)
    await notice(box)
    await become(box, (await asked_of(box))[0], Outcome.CANCELLED)
    assert await notice(box) is None
