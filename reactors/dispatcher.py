"""Dispatch: a command is sent by whoever got its CommandDispatching appended, and nobody else: at most once."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from itertools import islice
from typing import Final

import msgspec

from domain.advice import Advice
from domain.command_decider import dispatch
from domain.command_outcomes import ended
from domain.commands import Command
from reactors.appending import Appending, Step
from reactors.clock import Clock
from reactors.devices import Device
from reactors.encoders import encode
from reactors.encoders.publication import NotEncodableError, Publication
from reactors.metrics import ReactorMetrics
from reactors.sending import LEAST, Sending, Word
from reactors.situation import Situation
from reactors.steps import next_step
from schema.commands import CommandDispatched, CommandDispatching, CommandStep, Outcome
from schema.events import DeviceMetadata

_LOOK_AGAIN: Final = timedelta(milliseconds=200)


class _Plan(msgspec.Struct, frozen=True):
    """What is appended for a command; then it is published, if it can be said."""

    command: Command
    step: Step
    publication: Publication | None


class Dispatcher:
    """Sends what is due while there is a connection to the broker, and says what the broker said. Implements `Reactor`."""

    name = "dispatcher"

    def __init__(
        self,
        appending: Appending,
        sending: Sending,
        advice: Advice,
        *,
        clock: Clock,
        metrics: ReactorMetrics,
        fencing: Callable[[], int | None],
    ) -> None:
        self._appending = appending
        self._sending = sending
        self._advice = advice
        self._clock = clock
        self._metrics = metrics
        self._fencing = fencing

    async def react(self, situation: Situation, now: datetime) -> datetime | None:
        """Dispatch what is due, as much at a time as may be on its way to the broker."""
        self._sending.check()
        await self._tell(situation, now)
        room = self._sending.room
        due = list(islice(self._due(situation, now), room + 1))
        plans = due[:room]
        if plans and not self._sending.is_ready:
            return now + _LOOK_AGAIN
        taken = await self._appending.append(situation, [plan.step for plan in plans])
        for plan in plans:
            if plan.step.stream in taken and plan.publication is not None:
                self._metrics.published((self._clock.now() - plan.command.requested_at).total_seconds())
                self._sending.send(plan.command, plan.publication, plan.step.causation_id)
        self._sending.rest()
        is_left = len(due) > room or any(plan.step.stream not in taken for plan in plans)
        return now if is_left or self._sending.told else None

    def _due(self, situation: Situation, now: datetime) -> Iterator[_Plan]:
        for device, command in situation.requested():
            if command.deadline - now >= LEAST:
                dispatching = dispatch(device.control, command.id, now, self._fencing())
                if dispatching is not None:
                    yield _plan(device, command, dispatching, device.place or self._advice.site(command.device_id))

    async def _tell(self, situation: Situation, now: datetime) -> None:
        """Append what the broker said of commands that are still under way."""
        steps: dict[str, Step] = {}
        for command_id, word in self._sending.told.items():
            found = situation.command(command_id)
            event = None if found is None else _said(found[1], word, now)
            if found is not None and event is not None:
                steps[command_id] = next_step(found[0], event)
        told = set(self._sending.told)
        taken = await self._appending.append(situation, steps.values())
        self._sending.forget(told - {command_id for command_id, step in steps.items() if step.stream not in taken})


def _plan(device: Device, command: Command, dispatching: CommandDispatching, site: str | None) -> _Plan:
    try:
        return _Plan(command, next_step(device, dispatching), _publication(device, command, site))
    except NotEncodableError as error:
        failed = ended(command, Outcome.FAILED, dispatching.timestamp, f"not sent: {error}")
        return _Plan(command, next_step(device, failed), None)


def _publication(device: Device, command: Command, site: str | None) -> Publication:
    metadata = device.control.metadata or DeviceMetadata(device_id=command.device_id)
    if site is None:
        raise NotEncodableError("nobody knows at which site the device is; give it a location")
    return encode(metadata.dialect, command, metadata, site)


def _said(command: Command, word: Word, now: datetime) -> CommandStep | None:
    """What follows from the broker's word; None where that is known."""
    if word.outcome is not None:
        return ended(command, word.outcome, now, word.reason)
    if command.dispatched_at is not None:
        return None
    return CommandDispatched(device_id=command.device_id, actuator_id=command.actuator_id, command_id=command.id, timestamp=now)
