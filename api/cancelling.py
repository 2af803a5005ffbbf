"""Taking a command back."""

from collections.abc import Sequence
from functools import reduce

from api.changes import settled
from api.context import Context
from api.errors import ApiError, ErrorCode
from api.issued import changed_view
from api.refusals import refusal
from api.types.command import command
from api.types.command_results import CancelCommandSuccess
from api.visibility import COMMANDS
from api.writes import Cause, Known
from domain.command_decider import CommandRefused, cancel
from domain.commands import Command, CommandState, advance
from domain.control import fold
from domain.decisions import Decision
from projections.command_queries import CommandView
from schema.commands import CommandStep
from schema.events import Event


async def cancel_command(context: Context, command_id: str, reason: str | None) -> CancelCommandSuccess:
    """ApiError where it was sent already, has ended otherwise, or is not known."""
    commands = context.services.commands
    device_id = (await _found(context, command_id)).command.device_id
    known = await commands.control(device_id)
    view = await _found(context, command_id)  # knows as much as the control state, or more

    def decide(events: Sequence[Event]) -> Decision:
        own = (event for event in events if isinstance(event, CommandStep) and event.command_id == command_id)
        stands = reduce(advance, own, view.command)
        if stands.state is CommandState.CANCELLED:
            return []
        if not stands.is_open:
            raise ApiError(ErrorCode.TOO_LATE, _over(stands))
        event = cancel(reduce(fold, events, known.control), command_id, context.services.clock(), reason)
        if isinstance(event, CommandRefused):
            raise refusal(event)
        return [event]

    cause = Cause(view.command.correlation_id, view.steps[-1].event_id)
    stands = Known(known.revision, known.position)
    change = await context.writer.change(f"control-{device_id}", context.principal.actor, decide, known=stands, cause=cause)
    cursor = await settled(context, change, COMMANDS)
    [shown] = await commands.find([command_id])
    return CancelCommandSuccess(command=command(changed_view(shown or view, change)), cursor=cursor)


def _over(command: Command) -> str:
    told = "" if command.reason is None else f" ({command.reason})"
    return f"command {command.id} has ended already, {command.state.name}{told}: there is nothing left to take back"


async def _found(context: Context, command_id: str) -> CommandView:
    [view] = await context.services.commands.find([command_id])
    if view is None:
        raise ApiError(ErrorCode.NOT_FOUND, f"there is no command {command_id[:64]!r}")
    return view
