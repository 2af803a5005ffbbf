"""Commands out of their read model."""

from collections.abc import Sequence

import msgspec

from api.context import Context
from api.cursors import CommandPlace, decode_place
from api.services import Services
from api.types.command import Command, CommandConnection, command, command_page
from api.types.enums import CommandState
from api.types.paging import Page
from api.visibility import COMMANDS
from domain.commands import CommandState as Known
from projections.command_queries import CommandQuery
from schema.envelope import Position


class Wanted(msgspec.Struct, frozen=True):
    """A page of commands; None is any."""

    correlation_id: str | None
    device_id: str | None
    state: CommandState | None
    page: Page


async def commands(services: Services, wanted: Wanted) -> CommandConnection:
    """A page, newest first."""
    page = wanted.page
    query = CommandQuery(
        correlation_id=wanted.correlation_id,
        device_id=wanted.device_id,
        state=None if wanted.state is None else Known(wanted.state.word),
        after=_position(page.after),
        before=_position(page.before),
        backwards=page.backwards,
        limit=page.size + 1,
    )
    return command_page(await services.commands.commands(query), page)


async def find_commands(context: Context, ids: Sequence[str], at_least: str | None) -> list[Command | None]:
    await context.visibility.at_least(COMMANDS, at_least)
    views = await context.services.commands.find(ids)
    return [None if view is None else command(view) for view in views]


def _position(cursor: str | None) -> Position | None:
    return None if cursor is None else Position(decode_place(cursor, CommandPlace).position)
