"""A command as it was asked for, while the read model does not show it yet."""

from collections.abc import Sequence

from msgspec.structs import replace

from api.writes import Change
from domain.commands import CommandState, advance, requested
from projections.command_queries import CommandView, Step
from schema.commands import CommandStep
from schema.envelope import Position
from schema.events import ActuatorCommand
from schema.ids import format_event_id


def issued_view(changes: Sequence[Change], command_id: str, actor: str, cause: str | None) -> CommandView:
    """The command of that id, which one of the changes asked for."""
    [change] = [change for change in changes if any(_asks_for(event, command_id) for event in change.events)]
    view: CommandView | None = None
    for event, event_id in zip(change.events, change.ids, strict=True):
        if isinstance(event, ActuatorCommand) and event.command_id == command_id and (command := requested(event)):
            step = Step(CommandState.REQUESTED, event.timestamp, format_event_id(event_id))
            view = CommandView(command, change.position or Position(0), actor, cause, (step,))
        elif isinstance(event, CommandStep) and event.command_id == command_id and view is not None:
            view = replace(view, command=advance(view.command, event))
    assert view is not None, "the change asks for it"  # noqa: S101 - for the type checker
    return view


def _asks_for(event: object, command_id: str) -> bool:
    return isinstance(event, ActuatorCommand) and event.command_id == command_id
