"""The fields of Mutation for commands."""

from typing import Annotated

import strawberry

from api.cancelling import cancel_command
from api.context import Info
from api.fields import argument, guarded
from api.issuing import issue_command, issue_commands
from api.roles import Role
from api.types.command_inputs import IssueCommandInput, IssueCommandsInput
from api.types.command_results import CancelCommandResult, IssueCommandResult, IssueCommandsResult


@strawberry.type
class CommandMutation:
    @guarded(
        Role.OPERATOR,
        "Ask an actuator for something, by a deadline. It is refused where it cannot be now: the code says why.",
    )
    async def issue_command(
        self,
        info: Info,
        input: Annotated[IssueCommandInput, argument("The command.")],  # noqa: A002 - the name is fixed
    ) -> IssueCommandResult:
        return await issue_command(info.context, input)

    @guarded(Role.OPERATOR, "Ask several actuators for something under one correlation id: all, or none where one is refused.")
    async def issue_commands(
        self,
        info: Info,
        input: Annotated[IssueCommandsInput, argument("The commands.")],  # noqa: A002 - the name is fixed
    ) -> IssueCommandsResult:
        return await issue_commands(info.context, input)

    @guarded(Role.OPERATOR, "Take a command back that was not sent yet.")
    async def cancel_command(
        self,
        info: Info,
        *,
        id: Annotated[strawberry.ID, argument("The command.")],  # noqa: A002 - the name is fixed
        reason: Annotated[str | None, argument("Why: 1 to 200 characters.")] = None,
    ) -> CancelCommandResult:
        return await cancel_command(info.context, id, reason)
