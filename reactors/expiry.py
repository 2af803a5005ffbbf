"""Expiry: the ends that time alone brings."""

from datetime import datetime

from domain.command_outcomes import due
from reactors.appending import Appending, Step
from reactors.situation import Situation
from reactors.steps import next_step


class Expiry:
    """Ends what is over. Implements `Reactor`."""

    name = "expiry"

    def __init__(self, appending: Appending) -> None:
        self._appending = appending

    async def react(self, situation: Situation, now: datetime) -> datetime | None:
        """End what is over; the next time is that of the command which is over next."""
        steps: list[Step] = []
        next_at: datetime | None = None
        for device in situation.busy():
            found = due(device.control, now)
            steps += [next_step(device, end) for end in found.ends]
            if found.next_at is not None and (next_at is None or found.next_at < next_at):
                next_at = found.next_at
        taken = await self._appending.append(situation, steps)
        return next_at if all(step.stream in taken for step in steps) else now
