"""What becomes of the commands of a correlation id, live: as the read model shows them, so nothing is missed or told twice.

A slow reader is told less often, and then of all steps at once.
"""

from collections.abc import AsyncGenerator, Collection, Sequence

from api.services import Services
from api.types.command import Command, command
from projections.command_queries import CommandQuery, CommandView, RequestView
from schema.commands import OnFailure


async def command_updates(services: Services, correlation_id: str) -> AsyncGenerator[Command, None]:
    """Until all of them have ended, and with them what sets others back."""
    told: dict[str, int] = {}
    with services.commands.watching(correlation_id) as changed:
        while True:
            await changed.wait()
            changed.clear()
            request = await services.commands.request(correlation_id)
            views = await _views(services, correlation_id)
            for view in views:
                if told.get(view.command.id) != len(view.steps):
                    told[view.command.id] = len(view.steps)
                    yield command(view)
            if views and not any(view.command.is_open for view in views) and _is_whole(request, told):
                return


async def _views(services: Services, correlation_id: str) -> Sequence[CommandView]:
    """All of them, the first that was asked for first: as many as one request may have, and what sets each back."""
    most = 2 * services.limits.commands
    found = await services.commands.commands(CommandQuery(correlation_id=correlation_id, limit=most))
    return found[::-1]


def _is_whole(request: RequestView | None, told: Collection[str]) -> bool:
    """Whether no further command can follow from the request, as it was before they were looked at."""
    if request is None:
        return True
    is_over = request.on_failure is OnFailure.LEAVE or request.ended_at is not None
    return is_over and set(told) >= set(request.command_ids)
