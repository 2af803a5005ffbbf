"""The situation: what is under way, folded from the log. What is to be done follows from it and the time alone.

Facts of streams that reactors append to count once, by their revision: those just appended are taken in at once, and passed
over when the log hands them over.
"""

from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from copy import copy
from datetime import datetime
from typing import Final

import msgspec

from adapters.event_log.port import NO_STREAM
from domain.commands import Command, CommandState
from domain.control import Control
from reactors.devices import Device
from reactors.facts import Fact
from reactors.request_book import RequestBook
from reactors.requests import Request
from schema.commands import CommandEnded, CommandsRequested, CommandStep, RequestEnded
from schema.envelope import Position
from schema.events import ActuatorCommand, StateSnapshot

SNAPSHOT_KIND: Final = "reactors"
SNAPSHOT_VERSION: Final = 1
"""To be raised whenever the situation holds other fields, or the same events lead to another one."""


class _Record(msgspec.Struct, omit_defaults=True):
    """A line of the snapshot."""

    device: Device | None = None
    request: Request | None = None
    revisions: dict[str, int] | None = None


class Situation:
    """Devices that were decided about or said more than readings, and requests that have not ended. Holds up to `position`."""

    def __init__(self) -> None:
        self.position: Position | None = None
        self.devices: dict[str, Device] = {}
        self.requests = RequestBook()
        self.unsaved: set[str] = set()
        self._revisions: dict[str, int] = {}
        self._open: dict[str, str] = {}
        self._requested: dict[str, str] = {}
        self._foreign: set[str] = set()
        self._over_at: dict[str, datetime] = {}
        self._talking: set[str] = set()

    def take(self, fact: Fact) -> None:
        """The next fact of a stream. Those of different streams may come in any order."""
        category, _, name = fact.stream.partition("-")
        if category == "device":
            self._hear(self.device(name), fact)
        elif fact.revision > self.revision(fact.stream):
            self._revisions[fact.stream] = fact.revision
            if category == "control":
                self._decide(self.device(name), fact)
            elif category == "snapshot" and isinstance(fact.event, StateSnapshot):
                self._save(self.device(name), fact.event)
            elif category == "request":
                self._request(fact)

    def revision(self, stream: str) -> int:
        """That of the stream's last event, as far as is known."""
        return self._revisions.get(stream, NO_STREAM)

    def skip_to(self, stream: str, revision: int) -> None:
        """What the stream holds up to there means nothing here."""
        self._revisions[stream] = max(revision, self.revision(stream))

    def device(self, device_id: str) -> Device:
        known = self.devices.get(device_id)
        if known is None:
            known = self.devices[device_id] = Device(control=Control(device_id))
        return known

    def under_way(self) -> Iterator[tuple[Device, Command]]:
        """The commands that have not ended, each with its device."""
        for command_id, device_id in self._open.items():
            device = self.devices[device_id]
            yield device, device.control.open[command_id]

    def requested(self) -> Iterator[tuple[Device, Command]]:
        """Those of them that were not dispatched yet and wait for no device, the oldest first."""
        for command_id, device_id in self._requested.items():
            device = self.devices[device_id]
            yield device, device.control.open[command_id]

    def foreign(self) -> list[Device]:
        """Devices of other dialects than ours that have commands under way, and of which something has changed."""
        return [self.devices[device_id] for device_id in self._foreign]

    def looked_at(self, device: Device) -> None:
        """Nothing follows from how this foreign device is now."""
        self._foreign.discard(device.control.device_id)

    def over(self, now: datetime) -> list[Device]:
        """The devices of which a command is over."""
        return [self.devices[device_id] for device_id, at in self._over_at.items() if at <= now]

    @property
    def next_over_at(self) -> datetime | None:
        """When the next command is over, of any device."""
        return min(self._over_at.values(), default=None)

    def command(self, command_id: str) -> tuple[Device, Command] | None:
        """A command that has not ended."""
        device_id = self._open.get(command_id)
        return None if device_id is None else (self.devices[device_id], self.devices[device_id].control.open[command_id])

    def talking(self) -> list[Device]:
        """Devices that said what has yet to be weighed."""
        return [self.devices[device_id] for device_id in self._talking]

    def weighed(self, device: Device, ids: AbstractSet[str]) -> None:
        """These words of the device are dealt with."""
        device.heard = [heard for heard in device.heard if heard.id not in ids]
        self._notice(device)

    def records(self) -> Iterator[bytes]:
        """The whole of it as it is at the call, to be kept; what is written down later has not changed since."""
        return _written(list(map(copy, self.devices.values())), list(map(copy, self.requests)), dict(self._revisions))

    @classmethod
    def restored(cls, position: Position, records: Sequence[bytes]) -> "Situation":
        """What `records` gave; msgspec.DecodeError for anything else."""
        situation = cls()
        situation.position = position
        decoder = msgspec.json.Decoder(_Record)
        for record in map(decoder.decode, records):
            situation._restore(record)
        return situation

    def _restore(self, record: _Record) -> None:
        if (device := record.device) is not None:
            self.devices[device.control.device_id] = device
            for command in device.control.open.values():
                self._index(command.id, device)
            self._notice(device)
        if (request := record.request) is not None:
            self.requests.begin(request)
        self._revisions |= record.revisions or {}

    def _hear(self, device: Device, fact: Fact) -> None:
        was_online = device.online
        device.hear(fact)
        if device.online is not was_online:
            for command_id in device.control.open:
                self._index(command_id, device)
        self._notice(device)

    def _decide(self, device: Device, fact: Fact) -> None:
        event = fact.event
        device.decide(fact)
        if isinstance(event, ActuatorCommand | CommandStep) and event.command_id is not None:
            self._index(event.command_id, device)
        self._notice(device)
        if isinstance(event, ActuatorCommand | CommandEnded):
            self.requests.follow(fact, event)

    def _index(self, command_id: str, device: Device) -> None:
        """Where a command is found, after a step of it."""
        command = device.control.open.get(command_id)
        may_go = command is not None and command.state is CommandState.REQUESTED and not device.is_waited_for(command)
        for index, holds in ((self._open, command is not None), (self._requested, may_go)):
            if holds:
                index[command_id] = device.control.device_id
            else:
                index.pop(command_id, None)

    def _save(self, device: Device, snapshot: StateSnapshot) -> None:
        device.snapshot = snapshot
        self._notice(device)

    def _request(self, fact: Fact) -> None:
        if isinstance(fact.event, CommandsRequested):
            self.requests.begin(Request(asked=fact.event, latest=fact.id))
        elif isinstance(fact.event, RequestEnded):
            self.requests.end(fact.event)
            self._revisions.pop(fact.stream, None)

    def _notice(self, device: Device) -> None:
        """In which ways a device is to be found, after anything of it has changed."""
        name = device.control.device_id
        _keep(self._foreign, name, holds=device.is_foreign and bool(device.control.open))
        _keep(self._talking, name, holds=bool(device.heard))
        _keep(self.unsaved, name, holds=device.is_unsaved)
        if (over_at := device.over_at) is None:
            self._over_at.pop(name, None)
        else:
            self._over_at[name] = over_at


def _written(devices: Sequence[Device], requests: Sequence[Request], revisions: dict[str, int]) -> Iterator[bytes]:
    encode = msgspec.json.encode
    yield from (encode(_Record(device=device)) for device in devices)
    yield from (encode(_Record(request=request)) for request in requests)
    yield encode(_Record(revisions=revisions))


def _keep(names: set[str], name: str, *, holds: bool) -> None:
    """Have the name among them where it holds, and only then."""
    if holds:
        names.add(name)
    else:
        names.discard(name)
