"""Compensation: a change over several devices is undone where a part of it did not succeed; and every request ends."""

from datetime import datetime

from domain.advice import Advice
from domain.command_decider import CommandRefused, Wanted, cancel, farthest_deadline, issue
from domain.control import Control
from reactors.appending import Appending, Step
from reactors.requests import Request
from reactors.situation import Situation
from reactors.steps import next_step
from schema.commands import CommandEnded, OnFailure, RequestedCommand, RequestEnded
from schema.events import ActuatorCommand
from schema.ids import content_event_id, format_event_id


class Compensation:
    """Cancels, sets back and ends. Implements `Reactor`."""

    name = "compensation"

    def __init__(self, appending: Appending, advice: Advice) -> None:
        self._appending = appending
        self._advice = advice

    async def react(self, situation: Situation, now: datetime) -> datetime | None:
        """Go on with each request as far as its commands have come: of two that set back at one device, the second after."""
        asked: set[str] = set()
        steps: list[Step] = []
        for request in situation.requests.stirred(now):
            if asked.isdisjoint(request.devices):
                due = self._due(situation, request, now)
                asked |= {step.event.device_id for step in due if isinstance(step.event, ActuatorCommand)}
                steps += due
                if not due:
                    situation.requests.rested(request, now)
        await self._appending.append(situation, steps)
        return now if steps else situation.requests.next_deadline

    def _due(self, situation: Situation, request: Request, now: datetime) -> list[Step]:
        if request.asked.on_failure is OnFailure.SET_BACK and request.has_failed(now):
            steps = [*_cancelled(situation, request, now), *self._set_back(situation, request, now)]
            if steps:
                return steps
        return [_ended(request, now)] if request.is_settled(now) else []

    def _set_back(self, situation: Situation, request: Request, now: datetime) -> list[Step]:
        """One command a device at a time, so that the next is judged by it."""
        steps: dict[str, Step] = {}
        for one in request.to_set_back:
            control = situation.device(one.device_id).control
            if one.device_id in steps:
                continue
            decided = issue(control, _wanted(request, control, one, now), self._advice, now)
            if isinstance(decided, CommandRefused):
                request.pass_over(one.command_id)
            else:
                steps[one.device_id] = Step(f"control-{one.device_id}", decided, request.name, request.latest)
        return list(steps.values())


def _cancelled(situation: Situation, request: Request, now: datetime) -> list[Step]:
    """Those that were not sent yet."""
    steps = []
    for one in request.asked.commands:
        device = situation.device(one.device_id)
        ended = cancel(device.control, one.command_id, now, "another command of the same request did not succeed")
        if isinstance(ended, CommandEnded):
            steps.append(next_step(device, ended))
    return steps


def _wanted(request: Request, control: Control, one: RequestedCommand, now: datetime) -> Wanted:
    """The command back to the state before, with as much time as the first one had, if it may have that much."""
    span = request.asked.deadline - request.asked.timestamp
    return Wanted(
        command_id=format_event_id(content_event_id(None, "set-back", one.command_id)),
        device_id=one.device_id,
        actuator_id=one.actuator_id,
        command=one.command,
        value=one.before,
        correlation_id=request.name,
        deadline=min(now + span, farthest_deadline(control, one.actuator_id, one.before, now)),
        hold=request.asked.hold,
        sets_back=one.command_id,
    )


def _ended(request: Request, now: datetime) -> Step:
    undone, left = request.undone if request.asked.on_failure is OnFailure.SET_BACK else ((), ())
    event = RequestEnded(
        correlation_id=request.name, timestamp=now, succeeded=request.has_succeeded, set_back=undone, left=left
    )
    return Step(f"request-{request.name}", event, request.name, request.latest)
