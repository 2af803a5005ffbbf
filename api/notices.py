"""What somebody who asks for a command should know beside that it was taken."""

from collections.abc import Sequence
from typing import Final

from api.services import Services
from domain.commands import CommandState
from projections.command_queries import CommandView

_UNSENT: Final = "nobody holds the role `react` now: nothing is sent before somebody does, and nothing after its deadline"


async def sending_notice(services: Services) -> str | None:
    """That nobody sends commands now, as far as this process can tell; None where somebody does."""
    return None if services.is_sending is None or await services.is_sending() else _UNSENT


def concerning(notice: str | None, views: Sequence[CommandView]) -> str | None:
    """The notice where it says anything of these commands: one of them waits to be sent."""
    return notice if any(view.command.state is CommandState.REQUESTED for view in views) else None
