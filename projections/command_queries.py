"""What may be asked about commands, and the shapes of the answers."""

import asyncio
from collections.abc import Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol

import msgspec
from msgspec.structs import replace

from domain.commands import Command, CommandState, advance, state_of
from domain.control import Control
from schema.commands import CommandStep, OnFailure
from schema.envelope import Position


class Step(msgspec.Struct, frozen=True, array_like=True):
    """A command came to this state, then, by that event."""

    state: CommandState
    at: datetime
    event_id: str


class CommandView(msgspec.Struct, frozen=True):
    """A command as the log has it. `position` is where it was asked for, `steps` is all that became of it."""

    command: Command
    position: Position
    requested_by: str | None
    causation_id: str | None
    steps: tuple[Step, ...]


def moved(view: CommandView, event: CommandStep, event_id: str) -> CommandView | None:
    """The command after a step of its own; None where that changes nothing, since it came late, or again."""
    command = advance(view.command, event)
    if command is view.command:
        return None
    return replace(view, command=command, steps=(*view.steps, Step(state_of(event), event.timestamp, event_id)))


class RequestView(msgspec.Struct, frozen=True):
    """Commands that were asked for together. `left` are those that were to be set back and could not be."""

    correlation_id: str
    requested_at: datetime
    on_failure: OnFailure
    command_ids: tuple[str, ...]
    ended_at: datetime | None = None
    succeeded: bool | None = None
    set_back: tuple[str, ...] = ()
    left: tuple[str, ...] = ()


class KnownControl(msgspec.Struct, frozen=True):
    """What a device's control stream came to up to that revision, which stands at that position; -1 and None: nothing yet."""

    control: Control
    revision: int = -1
    position: Position | None = None


class CommandQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Commands, newest first, asked for between those positions (both left out); with `backwards` the last of them.

    They are of one of `devices`, where these are named.
    """

    correlation_id: str | None = None
    device_id: str | None = None
    devices: tuple[str, ...] | None = None
    state: CommandState | None = None
    after: Position | None = None
    before: Position | None = None
    backwards: bool = False
    limit: int


class CommandQueries(Protocol):
    """The read model of commands."""

    async def find(self, ids: Sequence[str]) -> list[CommandView | None]:
        """The command of each id, in that order."""
        ...

    async def commands(self, query: CommandQuery) -> list[CommandView]: ...

    async def devices(self) -> list[str]:
        """Those that were ever asked for anything."""
        ...

    async def request(self, correlation_id: str) -> RequestView | None:
        """What was asked under a correlation id of one's own; None where there was none."""
        ...

    async def control(self, device_id: str) -> KnownControl:
        """What is known for deciding: `find`, asked afterwards, knows every command up to its revision."""
        ...

    def watching(self, correlation_id: str) -> AbstractContextManager[asyncio.Event]:
        """An event that is set at first, and whenever something became of what was asked for under it."""
        ...
