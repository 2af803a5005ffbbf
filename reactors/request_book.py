"""The requests that have not ended: by their names, by their commands, and which of them there is reason to look at."""

from collections.abc import Iterator
from datetime import datetime

from reactors.facts import Fact
from reactors.requests import Request
from schema.commands import CommandEnded, OnFailure, RequestEnded
from schema.events import ActuatorCommand


class RequestBook:
    """Each is looked at once something of it has happened, and once its deadline has passed."""

    def __init__(self) -> None:
        self._open: dict[str, Request] = {}
        self._by_command: dict[str, str] = {}
        self._at: dict[tuple[str, str], set[str]] = {}
        self._stirred: set[str] = set()
        self._deadlines: dict[str, datetime] = {}

    def __iter__(self) -> Iterator[Request]:
        return iter(self._open.values())

    def begin(self, request: Request) -> None:
        self._open[request.name] = request
        self._by_command |= dict.fromkeys(request.command_ids, request.name)
        self._deadlines[request.name] = request.asked.deadline
        self._stirred.add(request.name)
        for place in _undoable(request):
            self._at.setdefault(place, set()).add(request.name)

    def end(self, ended: RequestEnded) -> None:
        name = ended.correlation_id
        self._stirred.discard(name)
        self._deadlines.pop(name, None)
        if (request := self._open.pop(name, None)) is None:
            return
        for command_id in request.command_ids:
            self._by_command.pop(command_id, None)
        for place in _undoable(request):
            self._at[place].discard(name)
            if not self._at[place]:
                del self._at[place]

    def follow(self, fact: Fact, event: ActuatorCommand | CommandEnded) -> None:
        """What a command means for the request that it belongs to, and for those that were at its actuator before."""
        sets_back = event.sets_back if isinstance(event, ActuatorCommand) else None
        name = self._by_command.get(sets_back or event.command_id or "")
        if name is not None:
            self._open[name].follow(fact)
            self._by_command[event.command_id or ""] = name
            self._stirred.add(name)
        if isinstance(event, ActuatorCommand):
            for other in self._at.get((event.device_id, event.actuator_id), set()) - {name}:
                self._open[other].overtaken(event)
                self._stirred.add(other)

    def stirred(self, now: datetime) -> list[Request]:
        """Those to look at."""
        late = {name for name, deadline in self._deadlines.items() if deadline <= now}
        return [self._open[name] for name in sorted(self._stirred | late)]

    def rested(self, request: Request, now: datetime) -> None:
        """There is nothing to do for it until something more happens."""
        self._stirred.discard(request.name)
        if request.asked.deadline <= now:
            self._deadlines.pop(request.name, None)

    @property
    def next_deadline(self) -> datetime | None:
        return min(self._deadlines.values(), default=None)


def _undoable(request: Request) -> set[tuple[str, str]]:
    """The actuators, by their devices, at which the request would undo what it did."""
    if request.asked.on_failure is not OnFailure.SET_BACK:
        return set()
    return {(one.device_id, one.actuator_id) for one in request.asked.commands}
