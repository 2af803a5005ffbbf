"""What the engine asks of a reactor."""

from datetime import datetime
from typing import Protocol

from reactors.situation import Situation


class Reactor(Protocol):
    """Does what is due. What that is follows from the situation and the time alone, so nothing need be remembered of before."""

    @property
    def name(self) -> str: ...

    async def react(self, situation: Situation, now: datetime) -> datetime | None:
        """Do it; when there will be more to do if nothing happens before. Any error but a log that is away halts it."""
        ...
