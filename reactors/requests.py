"""What reactors know of a request that has not ended: how far each of its commands has come."""

from datetime import datetime

import msgspec

from domain.states import is_same
from reactors.facts import Fact
from schema.actuators import Id
from schema.commands import CommandEnded, CommandsRequested, Outcome, RequestedCommand
from schema.events import ActuatorCommand


class Request(msgspec.Struct, omit_defaults=True, kw_only=True):
    """A request under way. `set_backs` are the commands that set others back, by the ids of these.

    `passed_over` are not set back: that was refused, or somebody decided otherwise about the actuator since.
    What it holds is replaced and never changed, so that a copy stays as it is.
    """

    asked: CommandsRequested
    latest: str
    issued: frozenset[Id] = frozenset()
    ends: dict[Id, Outcome] = {}
    set_backs: dict[Id, Id] = {}
    passed_over: frozenset[Id] = frozenset()

    @property
    def name(self) -> str:
        return self.asked.correlation_id

    @property
    def command_ids(self) -> list[Id]:
        """Its commands, and those that set them back."""
        return [*(one.command_id for one in self.asked.commands), *self.set_backs.values()]

    @property
    def devices(self) -> set[Id]:
        """Those that its commands are for."""
        return {one.device_id for one in self.asked.commands}

    @property
    def succeeded(self) -> list[RequestedCommand]:
        """Those of its commands that did."""
        return [one for one in self.asked.commands if self.ends.get(one.command_id) is Outcome.SUCCEEDED]

    @property
    def has_succeeded(self) -> bool:
        return len(self.succeeded) == len(self.asked.commands)

    @property
    def to_set_back(self) -> list[RequestedCommand]:
        """Those that succeeded, made a difference, and were neither set back nor passed over."""
        dealt_with = self.set_backs.keys() | self.passed_over
        return [one for one in self.succeeded if one.command_id not in dealt_with and _made_a_difference(one)]

    @property
    def undone(self) -> tuple[tuple[Id, ...], tuple[Id, ...]]:
        """Of a request that did not succeed: the commands that were set back, and those that could not be."""
        if self.has_succeeded:
            return (), ()
        back = {one: self.ends.get(by) is Outcome.SUCCEEDED for one, by in self.set_backs.items()}
        made = [one for one in self.succeeded if one.command_id in back or one.before is None or _made_a_difference(one)]
        set_back = tuple(one.command_id for one in made if back.get(one.command_id, False))
        return set_back, tuple(one.command_id for one in made if not back.get(one.command_id, False))

    def has_failed(self, now: datetime) -> bool:
        """Whether one of its commands did not succeed, or was never issued and cannot be any more."""
        return any(self._is_lost(one.command_id, now) for one in self.asked.commands)

    def is_settled(self, now: datetime) -> bool:
        """Whether nothing more will become of its commands, nor of those that set them back."""
        over = (one.command_id in self.ends or self._is_lost(one.command_id, now) for one in self.asked.commands)
        return all(over) and self.ends.keys() >= set(self.set_backs.values())

    def follow(self, fact: Fact) -> None:
        """A fact of one of its own commands."""
        self.latest, event = fact.id, fact.event
        if isinstance(event, ActuatorCommand) and event.command_id is not None:
            self.issued |= {event.command_id}
            if event.sets_back is not None:
                self.set_backs = {**self.set_backs, event.sets_back: event.command_id}
        elif isinstance(event, CommandEnded):
            self.ends = {**self.ends, event.command_id: event.outcome}

    def overtaken(self, event: ActuatorCommand) -> None:
        """Somebody else wants something of an actuator: what this request did there before is not to be undone."""
        for one in self.succeeded:
            if (one.device_id, one.actuator_id) == (event.device_id, event.actuator_id):
                self.pass_over(one.command_id)

    def pass_over(self, command_id: Id) -> None:
        """It is not to be set back."""
        self.passed_over |= {command_id}

    def _is_lost(self, command_id: Id, now: datetime) -> bool:
        if command_id not in self.issued:
            return now >= self.asked.deadline
        return self.ends.get(command_id, Outcome.SUCCEEDED) is not Outcome.SUCCEEDED


def _made_a_difference(one: RequestedCommand) -> bool:
    return one.before is not None and (one.value is None or not is_same(one.before, one.value))
