"""Expiry: the ends that time alone brings."""

from datetime import datetime

from domain.command_outcomes import due
from reactors.appending import Appending
from reactors.situation import Situation
from reactors.steps import next_step


class Expiry:
    """Ends what is over. Implements `Reactor`."""

    name = "expiry"

    def __init__(self, appending: Appending) -> None:
        self._appending = appending

    async def react(self, situation: Situation, now: datetime) -> datetime | None:
        """End what is over; the next time is that of the command which is over next."""
        steps = [next_step(device, end) for device in situation.over(now) for end in due(device.control, now).ends]
        taken = await self._appending.append(situation, steps)
        return situation.next_over_at if all(step.stream in taken for step in steps) else now
