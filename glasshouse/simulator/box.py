"""An actuator box: it takes commands, says so, does what they want to its zone, and says what became of each."""

from collections import deque
from collections.abc import Callable
from datetime import datetime, timedelta
from random import Random
from typing import Final

import msgspec

from glasshouse.simulator.climate import Zone
from glasshouse.simulator.control import Controls
from glasshouse.simulator.device import Device
from glasshouse.simulator.faults import Dice
from glasshouse.simulator.message import Message
from glasshouse.simulator.mishaps import Mishap, MishapRates
from schema.actuators import Id, Scalar
from schema.events import UtcTime

REMEMBERED: Final = 1_000
"""Command ids that a box knows again, and commands that it has in hand at most."""
_SLOW_SECONDS: Final = (1.5, 4.0)
_AWAY_SECONDS: Final = (2.0, 6.0)

LoseLink = Callable[[Device, float], None]
"""The device is cut off from its broker for so many seconds."""


class Command(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A command as the native layout has it."""

    command_id: Id
    actuator_id: Id
    command: str
    deadline: UtcTime
    value: Scalar | None = None


class Job(msgspec.Struct, frozen=True):
    """A command that was accepted, what goes wrong with it, and when it is done."""

    command: Command
    mishap: Mishap | None
    due: datetime


class Box:
    """One box. It does nothing of its own accord: `take` what arrives, and let it `act` now and then."""

    def __init__(self, device: Device, rates: MishapRates, seed: int) -> None:
        self.device = device
        self._rng = Random(f"{seed}/{device.name}/mishaps")  # noqa: S311 (mishaps, not secrets)
        self._dice = Dice(rates, self._rng)
        self._known: deque[str] = deque(maxlen=REMEMBERED)
        self._taken: deque[Command] = deque()
        self._jobs: list[Job] = []

    def take(self, command: Command, now: datetime) -> bool:
        """Whether it will do something about the command: not if it is too late, knows it already, or has its hands full."""
        has_room = len(self._taken) + len(self._jobs) < REMEMBERED
        if command.deadline <= now or command.command_id in self._known or not has_room:
            return False
        self._known.append(command.command_id)
        self._taken.append(command)
        return True

    def act(self, zone: Zone, now: datetime, lose_link: LoseLink) -> tuple[list[Message], list[Mishap]]:
        """Accept what was taken and do what is due: its messages, and the mishaps that began."""
        said = [message for job in self._due(now) for message in self._do(job, zone, now)]
        mishaps = []
        while self._taken:
            command, mishap = self._taken.popleft(), self._dice.throw()
            said.append(self._begin(command, mishap, zone.controls, now))
            if mishap is not None:
                mishaps.append(mishap)
            if mishap is Mishap.CUT_OFF:
                lose_link(self.device, self._rng.uniform(*_AWAY_SECONDS))
        return said, mishaps

    def _due(self, now: datetime) -> list[Job]:
        due = [job for job in self._jobs if job.due <= now]
        self._jobs = [job for job in self._jobs if job.due > now]
        return due

    def _begin(self, command: Command, mishap: Mishap | None, controls: Controls, now: datetime) -> Message:
        reason = "the box is set to refuse" if mishap is Mishap.REFUSED else _objection(command, controls)
        if reason is not None:
            return self.device.ack(command.command_id, "rejected", reason=reason)
        delay = self._rng.uniform(*_SLOW_SECONDS) if mishap is Mishap.SLOW else 0.0
        self._jobs.append(Job(command, mishap, now + timedelta(seconds=delay)))
        return self.device.ack(command.command_id, "accepted")

    def _do(self, job: Job, zone: Zone, now: datetime) -> list[Message]:
        id_, actuator = job.command.command_id, job.command.actuator_id
        if job.mishap is Mishap.FAILED:
            return [self.device.ack(id_, "failed", reason="the drive is blocked")]
        _obey(job.command, zone)
        state = zone.controls.states()[actuator]
        twice = job.mishap is Mishap.ANSWERED_TWICE
        done = [
            self.device.state(actuator, state, now, by="remote", command_id=id_),
            self.device.ack(id_, "succeeded", state=state, twice=twice),
        ]
        return [*done, self._switch_by_hand(actuator, zone, now)] if job.mishap is Mishap.BY_HAND else done

    def _switch_by_hand(self, actuator: str, zone: Zone, now: datetime) -> Message:
        zone.put(actuator, _another(zone.controls.states()[actuator]))
        return self.device.state(actuator, zone.controls.states()[actuator], now, by="device")


def _objection(command: Command, controls: Controls) -> str | None:
    """Why the box cannot do that."""
    if command.command not in ("set", "auto"):
        return f"{command.actuator_id} knows set and auto, not {command.command}"
    if command.command == "auto":
        return None if command.actuator_id in controls.states() else f"there is no actuator {command.actuator_id} in this box"
    try:
        controls.put(command.actuator_id, command.value)
    except ValueError as error:
        return str(error)
    return None


def _obey(command: Command, zone: Zone) -> None:
    if command.command == "auto":
        zone.let_go(command.actuator_id)
    else:
        zone.put(command.actuator_id, command.value)


def _another(state: Scalar) -> Scalar:
    """A state that it is not in."""
    if isinstance(state, str):
        return {"on": "off", "off": "on", "open": "closed", "closed": "open"}[state]
    return 0.0 if state else 50.0
