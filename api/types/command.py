"""Commands: what an actuator was asked to do, and what became of it."""

from collections.abc import Sequence
from datetime import datetime

import strawberry

from api.cursors import CommandPlace, encode_place
from api.fields import described
from api.scalars import CursorText, StateValue, id_or_none, state_or_none
from api.types.enums import CommandState
from api.types.node import Node
from api.types.paging import Page, PageInfo
from projections.command_queries import CommandView
from projections.command_queries import Step as KnownStep


@strawberry.type(description="A step of a command.")
class CommandStep:
    state: CommandState = described("What it came to.")
    at: datetime = described("When, by our clock.")
    event_id: strawberry.ID = described("The event that says so.")


@strawberry.type(description="A command for an actuator.")
class Command(Node):
    id: strawberry.ID = described("It follows from the correlation id and the place in the request.")
    correlation_id: strawberry.ID = described("What it belongs together with.")
    device_id: strawberry.ID = described("The device.")
    actuator_id: strawberry.ID = described("The actuator on it.")
    command: str = described("What it is to do: `set`, and whatever else its actuator takes.")
    value: StateValue | None = described("The state to come to; null where the command takes none.")
    state: CommandState = described("Where it stands.")
    requested_at: datetime = described("When it was asked for.")
    requested_by: str | None = described("Who asked for it.")
    causation_id: strawberry.ID | None = described("The event that led to it: the request, or what the one who asked acted on.")
    deadline: datetime = described("It is sent before this, or never.")
    held: bool = described("Whether it waits where its device is offline: it was asked for with `HOLD`.")
    dispatched_at: datetime | None = described("When the broker had it.")
    acknowledged_at: datetime | None = described("When the device said that it has it.")
    ended_at: datetime | None = described("When it ended.")
    reason: str | None = described("Why it ended so, where there is more to say.")
    reached_state: StateValue | None = described("The state that the device came to by it, where it says so.")
    sets_back: strawberry.ID | None = described("The command whose effect it undoes.")
    steps: list[CommandStep] = described("All that became of it, in order.")


@strawberry.type(description="A command and its place in the list.")
class CommandEdge:
    cursor: CursorText = described("The place of this command: give it as `after` to go on from here.")
    node: Command = described("The command.")


@strawberry.type(description="A page of commands, newest first.")
class CommandConnection:
    edges: list[CommandEdge] = described("The commands with their places.")
    nodes: list[Command] = described("The commands alone.")
    page_info: PageInfo = described("Where the page stands.")


def command(view: CommandView) -> Command:
    known = view.command
    return Command(
        id=strawberry.ID(known.id),
        correlation_id=strawberry.ID(known.correlation_id),
        device_id=strawberry.ID(known.device_id),
        actuator_id=strawberry.ID(known.actuator_id),
        command=known.command,
        value=state_or_none(known.value),
        state=CommandState(known.state.value),
        requested_at=known.requested_at,
        requested_by=view.requested_by,
        causation_id=id_or_none(view.causation_id),
        deadline=known.deadline,
        held=known.hold,
        dispatched_at=known.dispatched_at,
        acknowledged_at=known.acknowledged_at,
        ended_at=known.ended_at,
        reason=known.reason,
        reached_state=state_or_none(known.reached),
        sets_back=id_or_none(known.sets_back),
        steps=[_step(step) for step in view.steps],
    )


def command_page(found: Sequence[CommandView], page: Page) -> CommandConnection:
    """`found` may hold one beyond the page."""
    kept, more = page.cut(found)
    edges = [CommandEdge(cursor=CursorText(encode_place(CommandPlace(view.position))), node=command(view)) for view in kept]
    return CommandConnection(
        edges=edges,
        nodes=[edge.node for edge in edges],
        page_info=page.info([edge.cursor for edge in edges], more=more),
    )


def _step(step: KnownStep) -> CommandStep:
    return CommandStep(state=CommandState(step.state.value), at=step.at, event_id=strawberry.ID(step.event_id))
