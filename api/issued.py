"""A command as it was decided about it, while the read model does not show that yet."""

from collections.abc import Sequence

from api.writes import Change
from domain.commands import CommandState, requested
from projections.command_queries import CommandView, Step, moved
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
    assert view is not None, "the change asks for it"  # noqa: S101 - for the type checker
    return changed_view(view, change)


def changed_view(view: CommandView, change: Change) -> CommandView:
    """The command after the steps of it that the change holds."""
    for event, event_id in zip(change.events, change.ids, strict=True):
        if isinstance(event, CommandStep) and event.command_id == view.command.id:
            view = moved(view, event, format_event_id(event_id)) or view
    return view


def _asks_for(event: object, command_id: str) -> bool:
    return isinstance(event, ActuatorCommand) and event.command_id == command_id
