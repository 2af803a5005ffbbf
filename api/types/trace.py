"""A trace: what led to commands or to an alert, what became of them, and what was measured where commands work."""

from datetime import datetime
from typing import Annotated, TypeAlias

import strawberry

from api.fields import described
from api.scalars import CursorText, StateValue
from api.types.command import Command
from api.types.enums import AnswerResult, CommandState, OnFailure
from api.types.reading import Reading


@strawberry.interface(description="An event of a trace.")
class Traced:
    event_id: strawberry.ID = described("The event: `audit` tells the rest.")
    type: str = described("Its type, such as `ActuatorCommand`.")
    at: datetime = described("When it happened, by whoever tells it; else when the log took it.")
    recorded_at: datetime = described("When the log took it.")
    causation_id: strawberry.ID | None = described("The event that it follows from, where that is known.")
    actor: str | None = described("Who caused it, where somebody did.")
    cursor: CursorText = described("Its place in the log.")


@strawberry.type(description="What was measured: the cause of it all, or what came of it.")
class TracedReading(Traced):
    readings: list[Reading] = described("The values, as they count.")
    after: bool = described("Whether it was measured after a command had succeeded, where the actuator is.")


@strawberry.type(description="Somebody asked for commands under this correlation id.")
class TracedRequest(Traced):
    command_ids: list[strawberry.ID] = described("The commands.")
    deadline: datetime = described("They are sent before this, or never.")
    on_failure: OnFailure = described("What happens to the others when one does not succeed.")


@strawberry.type(description="A command was asked for.")
class TracedCommand(Traced):
    command_id: strawberry.ID = described("The command.")
    device_id: strawberry.ID = described("The device.")
    actuator_id: strawberry.ID = described("The actuator on it.")
    command: str = described("What it is to do.")
    value: StateValue | None = described("The state to come to; null where the command takes none.")
    sets_back: strawberry.ID | None = described("The command whose effect it undoes.")


@strawberry.type(description="Something became of a command.")
class TracedStep(Traced):
    command_id: strawberry.ID = described("The command.")
    device_id: strawberry.ID = described("The device.")
    actuator_id: strawberry.ID = described("The actuator on it.")
    state: CommandState = described("What it came to.")
    reason: str | None = described("Why it ended so, where there is more to say.")
    reached_state: StateValue | None = described("The state that the device came to by it, where it says so.")


@strawberry.type(description="A device told something of a command: its answer, or the state that its actuator is in.")
class TracedAnswer(Traced):
    command_id: strawberry.ID = described("The command.")
    device_id: strawberry.ID = described("The device.")
    actuator_id: strawberry.ID | None = described("The actuator, where it tells a state.")
    result: AnswerResult | None = described("Its answer; null where it tells a state.")
    state: StateValue | None = described("The state that it tells.")
    reason: str | None = described("Why, where it says so.")
    late: bool = described("Whether the command had ended before: then it changed nothing.")


@strawberry.type(description="All commands of a request have ended, and what sets others back, too.")
class TracedEnd(Traced):
    succeeded: bool = described("Whether all of them succeeded.")
    set_back: list[strawberry.ID] = described("Those that were set back.")
    left: list[strawberry.ID] = described("Those that were to be set back and could not be.")


@strawberry.type(description="Any other event of this correlation id, or one that led here.")
class TracedEvent(Traced):
    stream: str = described("The stream that holds it.")
    text: str | None = described("What it says, in a few words: of an alert, of its rule, of who was told.")


TraceEntry: TypeAlias = Annotated[
    TracedReading | TracedRequest | TracedCommand | TracedStep | TracedAnswer | TracedEnd | TracedEvent,
    strawberry.union("TraceEntry", description="An event of a trace, by what it tells."),
]


@strawberry.type(description="All that hangs together by a correlation id, from its cause to what came of it.")
class Trace:
    correlation_id: strawberry.ID = described("The correlation id.")
    entries: list[TraceEntry] = described(
        "What led to it, then its events as the log has them, then the first readings after each success. Causes come first."
    )
    commands: list[Command] = described("Its commands as they stand, the first that was asked for first.")
    truncated: bool = described("Whether there is more of it than one answer holds.")
