"""Outcomes: what follows from what devices say. Answers and states end commands, or move them on; a hand overrides them."""

from collections.abc import Sequence
from datetime import datetime

from adapters.tracing.port import OFF, Tracer
from domain.command_outcomes import answered, stated
from domain.control import Control, fold
from reactors.answers import answers_of
from reactors.appending import Appending, Step
from reactors.devices import Device, Heard
from reactors.situation import Situation
from reactors.steps import step
from schema.commands import CommandStep
from schema.events import Event


class Outcomes:
    """Weighs what was heard, in the order of the log. Implements `Reactor`."""

    name = "outcomes"

    def __init__(self, appending: Appending, tracer: Tracer = OFF) -> None:
        self._appending = appending
        self._tracer = tracer

    async def react(self, situation: Situation, now: datetime) -> datetime | None:
        """Weigh what was said by all devices; what was said of a stream that somebody wrote to meanwhile, again."""
        talking = situation.talking()
        ids = {device.control.device_id: {heard.id for heard in device.heard} for device in talking}
        steps = {device.control.device_id: _follow(device, now) for device in talking}
        answers = list(answers_of(talking)) if self._tracer.on else ()
        taken = await self._appending.append(situation, [one for some in steps.values() for one in some])
        for answer in answers:
            if any(one.causation_id == answer.id and one.stream in taken for one in steps[answer.command.device_id]):
                answer.tell(self._tracer)
        for device in talking:
            name = device.control.device_id
            if not steps[name] or steps[name][0].stream in taken:
                situation.weighed(device, ids[name])
        return now if situation.talking() else None


def _follow(device: Device, now: datetime) -> list[Step]:
    """What follows from all that it said: each judged by what followed from the ones before."""
    control, steps = device.control, []
    for heard in device.heard:
        for event in _weighed(control, heard, now):
            command = control.open.get(event.command_id) if isinstance(event, CommandStep) else None
            steps.append(step(device, event, heard.id, command))
            control = fold(control, event)
    return steps


def _weighed(control: Control, heard: Heard, now: datetime) -> Sequence[Event]:
    if heard.answer is not None:
        return answered(control, heard.answer, now)
    return () if heard.state is None else stated(control, heard.state, heard.at, now)
