"""What mutations of commands answer."""

from typing import Annotated, Final, TypeAlias

import strawberry

from api.fields import described
from api.scalars import CursorText
from api.types.command import Command
from api.types.results import CURSOR, OperationError, result

_NOTICE: Final = (
    "Why nothing is sent for now, where that is so: nobody holds the role `react`. Null: somebody does, as far as is known."
)


@strawberry.type(description="The command is asked for. What becomes of it, `commandUpdates` and `command` tell.")
class IssueCommandSuccess:
    command: Command = described("The command as it stands: of one that was asked for before, as it stands now.")
    cursor: CursorText = described(CURSOR)
    notice: str | None = described(_NOTICE)


@strawberry.type(description="The commands are asked for. What becomes of them, `commandUpdates` and `commands` tell.")
class IssueCommandsSuccess:
    correlation_id: strawberry.ID = described("What they have in common.")
    commands: list[Command] = described(
        "The commands in the order of the request. One that somebody else got in the way of meanwhile is `REJECTED` already."
    )
    cursor: CursorText = described(CURSOR)
    notice: str | None = described(_NOTICE)


@strawberry.type(description="The command is taken back: it will not be sent.")
class CancelCommandSuccess:
    command: Command = described("The command as it stands.")
    cursor: CursorText = described(CURSOR)


IssueCommandResult: TypeAlias = Annotated[
    IssueCommandSuccess | OperationError, result("IssueCommandResult", "What became of `issueCommand`.")
]
IssueCommandsResult: TypeAlias = Annotated[
    IssueCommandsSuccess | OperationError, result("IssueCommandsResult", "What became of `issueCommands`.")
]
CancelCommandResult: TypeAlias = Annotated[
    CancelCommandSuccess | OperationError, result("CancelCommandResult", "What became of `cancelCommand`.")
]
