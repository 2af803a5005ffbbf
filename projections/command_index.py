"""The commands in SQLite: every command with its steps, newest first, and the control state of each device."""

from collections.abc import Iterator, Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Final, TypeVar

import msgspec

from adapters.sqlite import immediate
from domain.control import Control
from projections.command_file import LAYOUT
from projections.command_queries import CommandQuery, CommandView, KnownControl, RequestView
from projections.command_state import Changes, CommandBook
from projections.index_file import open_anew, open_index
from schema.envelope import Cursor

T = TypeVar("T")
_COMMAND: Final = """
INSERT INTO command (position, id, correlation, device, state, open, view) VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (id) DO UPDATE SET state = excluded.state, open = excluded.open, view = excluded.view
"""
_CONTROL: Final = "INSERT INTO control VALUES (?, ?) ON CONFLICT (device) DO UPDATE SET known = excluded.known"
_REQUEST: Final = """
INSERT INTO request VALUES (?, ?, ?) ON CONFLICT (correlation) DO UPDATE SET open = excluded.open, view = excluded.view
"""
_DEVICES: Final = """
WITH RECURSIVE found (device) AS (
    SELECT min(device) FROM command UNION ALL
    SELECT (SELECT min(device) FROM command WHERE device > found.device) FROM found WHERE found.device IS NOT NULL
) SELECT device FROM found WHERE device IS NOT NULL
"""
_ALL: Final = (
    "SELECT view FROM command ORDER BY position",
    "SELECT known FROM control ORDER BY device",
    "SELECT view FROM request ORDER BY correlation",
)


class CommandIndex:
    """One file, used by one thread at a time."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._connection = open_index(path, LAYOUT)

    def checkpoint(self) -> Cursor | None:
        found = self._connection.execute("SELECT log_id, position FROM checkpoint").fetchone()
        return None if found is None else Cursor(*found)

    def book(self) -> CommandBook:
        """What is to be held in memory."""
        return CommandBook(
            self._decoded("SELECT known FROM control", KnownControl),
            self._decoded("SELECT view FROM command WHERE open", CommandView),
            self._decoded("SELECT view FROM request WHERE open", RequestView),
        )

    def write(self, changes: Changes, checkpoint: Cursor) -> None:
        """Store the changes and move the checkpoint, both or neither."""
        with immediate(self._connection):
            self._connection.executemany(_COMMAND, map(_command_row, changes.commands.values()))
            self._connection.executemany(_CONTROL, map(_control_row, changes.controls.values()))
            self._connection.executemany(_REQUEST, map(_request_row, changes.requests.values()))
            self._connection.execute("DELETE FROM checkpoint")
            self._connection.execute("INSERT INTO checkpoint VALUES (?, ?)", (checkpoint.log_id, checkpoint.position))

    def reset(self) -> None:
        """Forget all: what follows is a rebuild."""
        with immediate(self._connection):
            for table in ("command", "control", "request", "checkpoint"):
                self._connection.execute(f"DELETE FROM {table}")  # noqa: S608  # our own tables

    def make_anew(self) -> None:
        """Forget all, with the file."""
        self._connection.close()
        self._connection = open_anew(self._path, LAYOUT)

    def find(self, ids: Sequence[str]) -> list[CommandView | None]:
        return [self._one("SELECT view FROM command WHERE id = ?", id_, CommandView) for id_ in ids]

    def commands(self, query: CommandQuery) -> list[CommandView]:
        """Newest first."""
        conditions, values = _conditions(query)
        where = f"WHERE {' AND '.join(conditions)}" if conditions else ""
        order = "ASC" if query.backwards else "DESC"
        statement = f"SELECT view FROM command {where} ORDER BY position {order} LIMIT ?"  # noqa: S608  # our own conditions
        found = list(self._decoded(statement, CommandView, *values, query.limit))
        return found[::-1] if query.backwards else found

    def devices(self) -> list[str]:
        """Those that were ever asked for anything: one look each into the index, however many commands they had."""
        return [device for (device,) in self._connection.execute(_DEVICES)]

    def request(self, correlation_id: str) -> RequestView | None:
        return self._one("SELECT view FROM request WHERE correlation = ?", correlation_id, RequestView)

    def control(self, device_id: str) -> KnownControl:
        known = self._one("SELECT known FROM control WHERE device = ?", device_id, KnownControl)
        return known or KnownControl(Control(device_id))

    def content_hash(self) -> str:
        """Hex digest of all that is held."""
        hasher = blake2b(digest_size=16)
        for statement in _ALL:
            for (raw,) in self._connection.execute(statement):
                hasher.update(raw)
        return hasher.hexdigest()

    def close(self) -> None:
        self._connection.close()

    def _one(self, statement: str, key: str, kind: type[T]) -> T | None:
        return next(self._decoded(statement, kind, key), None)

    def _decoded(self, statement: str, kind: type[T], *values: str | int) -> Iterator[T]:
        for (raw,) in self._connection.execute(statement, values):
            yield msgspec.json.decode(raw, type=kind)


def _conditions(query: CommandQuery) -> tuple[list[str], list[str | int]]:
    """Those that the query names, with their values. The list runs from the newest to the oldest."""
    state = None if query.state is None else query.state.value
    devices = None if query.devices is None else msgspec.json.encode(query.devices).decode()
    asked: dict[str, str | int | None] = {
        "correlation = ?": query.correlation_id,
        "device = ?": query.device_id,
        "device IN (SELECT value FROM json_each(?))": devices,
        "state = ?": state,
        "position < ?": query.after,
        "position > ?": query.before,
    }
    named = {condition: value for condition, value in asked.items() if value is not None}
    return list(named), list(named.values())


def _command_row(view: CommandView) -> tuple[object, ...]:
    command, raw = view.command, msgspec.json.encode(view)
    return view.position, command.id, command.correlation_id, command.device_id, command.state.value, command.is_open, raw


def _control_row(known: KnownControl) -> tuple[object, ...]:
    return known.control.device_id, msgspec.json.encode(known)


def _request_row(view: RequestView) -> tuple[object, ...]:
    return view.correlation_id, view.ended_at is None, msgspec.json.encode(view)
