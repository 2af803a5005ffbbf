"""Unchanged: commands that found their actuator in the wanted state, at devices that say nothing where nothing changes."""

from datetime import datetime

from domain.command_outcomes import unchanged
from reactors.appending import Appending, Step
from reactors.situation import Situation
from reactors.steps import next_step


class Unchanged:
    """Ends them once they were sent. Implements `Reactor`."""

    name = "unchanged"

    def __init__(self, appending: Appending) -> None:
        self._appending = appending

    async def react(self, situation: Situation, now: datetime) -> datetime | None:
        """End what changes nothing; again where somebody wrote to a stream meanwhile."""
        steps: list[Step] = []
        for device in situation.foreign():
            ends = unchanged(device.control, device.states, now)
            steps += (next_step(device, end) for end in ends)
            if not ends:
                situation.looked_at(device)
        taken = await self._appending.append(situation, steps)
        return None if all(step.stream in taken for step in steps) else now
