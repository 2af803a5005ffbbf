"""What reactors know of one device: its control stream folded, and what it said that has yet to be weighed."""

from datetime import UTC, datetime
from typing import Final

import msgspec

from domain.command_outcomes import BY_HAND, due
from domain.commands import Command, CommandState
from domain.control import Control, fold
from reactors.facts import Fact
from schema.actuators import Dialect, Scalar
from schema.commands import CommandEnded, CommandStep
from schema.events import (
    ActuatorCommand,
    ActuatorEvent,
    Clock,
    CommandAck,
    DeviceStatus,
    StateSnapshot,
)

_HEARD_MOST: Final = 100
"""Of one device, between two rounds of the reactors: of more, the last ones count."""
_STATES_MOST: Final = 256
"""Actuators of one device whose states are known; of more, those that were declared."""
_EVER: Final = datetime.min.replace(tzinfo=UTC)
_ONLINE: Final = "online"


class Heard(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a device said, an answer or a state, and when the log took it. It stays until a reactor has weighed it."""

    id: str
    at: datetime
    answer: CommandAck | None = None
    state: ActuatorEvent | None = None


class Device(msgspec.Struct, omit_defaults=True, kw_only=True):
    """One device. `latest` is the id of the last event of each command under way. No word of it online or offline: None.

    What it holds is replaced and never changed, so that a copy stays as it is.
    """

    control: Control
    site: str | None = None
    online: bool | None = None
    latest: dict[str, str] = {}
    heard: list[Heard] = []
    states: dict[str, ActuatorEvent] = {}
    snapshot: StateSnapshot | None = None

    def decide(self, fact: Fact) -> None:
        """The next fact of its control stream."""
        self.control = fold(self.control, fact.event)
        event = fact.event
        command_id = event.command_id if isinstance(event, ActuatorCommand | CommandStep) else None
        if command_id is not None and command_id in self.control.open:
            self.latest = {**self.latest, command_id: fact.id}
        elif isinstance(event, CommandEnded):
            self.latest = {other: id_ for other, id_ in self.latest.items() if other != event.command_id}
            self.heard = [heard for heard in self.heard if self._matters(heard)]

    def hear(self, fact: Fact) -> None:
        """What it said of itself."""
        self.site = fact.site or self.site
        match fact.event:
            case DeviceStatus():
                self.online = fact.event.status == _ONLINE
            case CommandAck():
                self._weigh(Heard(fact.id, fact.at, answer=fact.event))
            case ActuatorEvent():
                self._keep(fact.event)
                self._weigh(Heard(fact.id, fact.at, state=fact.event))

    @property
    def over_at(self) -> datetime | None:
        """When the next of its commands is over, if nothing happens before."""
        return due(self.control, _EVER).next_at

    @property
    def is_foreign(self) -> bool:
        """Whether it speaks another dialect than ours."""
        metadata = self.control.metadata
        return metadata is not None and metadata.dialect is not Dialect.NATIVE

    @property
    def place(self) -> str | None:
        """The site at which it can be spoken to: from where it spoke, else where people said that it is."""
        location = self.control.location
        return self.site or (None if location is None else location.partition("/")[0])

    @property
    def state(self) -> dict[str, Scalar]:
        """The control state: what each actuator is in, as far as the device said."""
        return {actuator: event.state for actuator, event in sorted(self.states.items())}

    @property
    def is_unsaved(self) -> bool:
        """Whether its control state is another than the one that was kept last."""
        return bool(self.states) and (self.snapshot is None or self.snapshot.state != self.state)

    def is_waited_for(self, command: Command) -> bool:
        """Whether the command is to be held until the device is back, which said that it is offline."""
        return command.hold and self.online is False

    def command_of(self, heard: Heard) -> Command | None:
        """The command that this may be of."""
        if heard.answer is not None:
            return self.control.open.get(heard.answer.command_id)
        return None if heard.state is None else self.control.in_flight(heard.state.actuator_id)

    def _weigh(self, heard: Heard) -> None:
        if self._matters(heard):
            self.heard = [*self.heard[-_HEARD_MOST + 1 :], heard]

    def _matters(self, heard: Heard) -> bool:
        """Whether anything may follow from it: it is of a command that was sent, or a hand was at the device."""
        if heard.state is not None and heard.state.by == BY_HAND:
            return True
        return _is_sent(self.command_of(heard))

    def _keep(self, event: ActuatorEvent) -> None:
        """Buffered states come late, and those of a clock that is off cannot be placed."""
        known = self.states.get(event.actuator_id)
        is_later = self._has_room(event.actuator_id) if known is None else event.timestamp >= known.timestamp
        if event.clock is Clock.OK and is_later:
            self.states = {**self.states, event.actuator_id: event}

    def _has_room(self, actuator_id: str) -> bool:
        return len(self.states) < _STATES_MOST or self.control.actuator(actuator_id) is not None


def _is_sent(command: Command | None) -> bool:
    return command is not None and command.state is not CommandState.REQUESTED
