"""The fields of Query for commands, and for what hangs together with them."""

from typing import Annotated

import strawberry

from api import commands
from api.arguments import After, AtLeast, Before, First, Last
from api.context import Info
from api.fields import argument, guarded
from api.roles import Role
from api.trace import trace
from api.types.command import Command, CommandConnection
from api.types.enums import CommandState
from api.types.paging import page_of
from api.types.trace import Trace
from api.visibility import COMMANDS


@strawberry.type
class CommandQuery:
    @guarded(Role.VIEWER, "One command as it stands; null where it is not known.")
    async def command(
        self,
        info: Info,
        *,
        id: Annotated[strawberry.ID, argument("The command.")],  # noqa: A002 - the name is fixed
        at_least: AtLeast = None,
    ) -> Command | None:
        [found] = await commands.find_commands(info.context, [id], at_least)
        return found

    @guarded(Role.VIEWER, "Commands, newest first, page by page. What somebody did at a device itself is none.")
    async def commands(
        self,
        info: Info,
        *,
        correlation_id: Annotated[strawberry.ID | None, argument("Only those of this correlation id.")] = None,
        device_id: Annotated[strawberry.ID | None, argument("Only those for this device.")] = None,
        state: Annotated[CommandState | None, argument("Only those that stand so.")] = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        at_least: AtLeast = None,
    ) -> CommandConnection:
        page = page_of(info.context.services.limits, first=first, after=after, last=last, before=before)
        wanted = commands.Wanted(correlation_id, device_id, state, page)
        await info.context.visibility.at_least(COMMANDS, at_least)
        return await commands.commands(info.context.services, wanted)

    @guarded(
        Role.VIEWER,
        "What hangs together by a correlation id: what led to it, the request, its commands and what became of them, what "
        "devices told, also late, and what was measured after. Null where no event bears it.",
    )
    async def trace(
        self,
        info: Info,
        *,
        correlation_id: Annotated[strawberry.ID, argument("The correlation id.")],
        at_least: AtLeast = None,
    ) -> Trace | None:
        return await trace(info.context, correlation_id, at_least)
