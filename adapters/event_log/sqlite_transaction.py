"""One transaction of an SQLite event log: decides each append by what stands, and writes those that hold.

Each statement is one step of SQLite, however many rows it has: Python gives up its interpreter lock for every step, and
beside a busy event loop each time may cost a thread 5 ms to get it back.
"""

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from typing import Final

import msgspec

from adapters.event_log.port import ANY, Append, Appended, Conflict
from adapters.sqlite import immediate
from schema.envelope import Position

_ROWS: Final = 1024
"""Rows of one INSERT: eight variables each, well below SQLite's limit of 32766."""
_DELETED_AT_ONCE: Final = 10_000
_STANDING: Final = """
    SELECT head, recorded_us, (SELECT coalesce(max(id), 0) FROM stream), (
        SELECT json_group_array(json_array(id, name, next_revision - 1))
        FROM stream WHERE name IN (SELECT value FROM json_each(?))
    ) FROM log
"""


class _Stream(msgspec.Struct, array_like=True):
    """A stream as it stands in this transaction; `revision` is that of its last event."""

    id: int
    name: str
    revision: int


_streams = msgspec.json.Decoder(list[_Stream])


def commit(connection: sqlite3.Connection, appends: Sequence[Append], now_us: int) -> list[Appended | Conflict]:
    """A result for each append, in order; what was appended is durable. Leaves nothing behind where it fails."""
    with immediate(connection):
        transaction = _Transaction(connection, {append.stream for append in appends}, now_us)
        results = [transaction.append(append) for append in appends]
        transaction.write()
    return results


class _Transaction:
    def __init__(self, connection: sqlite3.Connection, names: Iterable[str], now_us: int) -> None:
        self._connection = connection
        asked = msgspec.json.encode(list(names)).decode()
        self._head, recorded_us, self._last_stream, standing = connection.execute(_STANDING, (asked,)).fetchone()
        self._recorded_us = max(now_us, recorded_us)
        self._streams = {stream.name: stream for stream in _streams.decode(standing)}
        self._touched: dict[int, _Stream] = {}
        self._rows: list[object] = []

    def append(self, append: Append) -> Appended | Conflict:
        stream = self._streams.get(append.stream) or self._new_stream(append.stream)
        if append.expected not in (ANY, stream.revision):
            return self._standing(stream, append) or Conflict(stream.revision)
        add = self._rows.extend
        position, revision = self._head, stream.revision
        for event in append.events:
            position += 1
            revision += 1
            add((position, stream.id, revision, event.id, event.type, self._recorded_us, event.data, event.metadata))
        self._head, stream.revision = position, revision
        self._touched[stream.id] = stream
        return Appended(revision, Position(position))

    def write(self) -> None:
        """Write what was appended so far."""
        if not self._touched:
            return
        _insert(self._connection, _insert_events, 8, self._rows)
        streams = [field for s in self._touched.values() for field in (s.id, s.name, s.name.partition("-")[0], s.revision + 1)]
        _insert(self._connection, _upsert_streams, 4, streams)
        self._connection.execute("UPDATE log SET head = ?, recorded_us = ?", (self._head, self._recorded_us))
        self._rows, self._touched = [], {}

    def _new_stream(self, name: str) -> _Stream:
        self._last_stream += 1
        self._streams[name] = stream = _Stream(self._last_stream, name, -1)
        return stream

    def _standing(self, stream: _Stream, append: Append) -> Appended | None:
        """The result that `append` had before, where the very same events stand in the place where it wants them."""
        last = append.expected + len(append.events)
        if not -1 <= append.expected < last <= stream.revision:
            return None
        self.write()
        rows = self._connection.execute(
            "SELECT id, position FROM event WHERE stream = ? AND revision > ? AND revision <= ? ORDER BY revision",
            (stream.id, append.expected, last),
        ).fetchall()
        if [row[0] for row in rows] != [event.id for event in append.events]:
            return None
        return Appended(last, Position(rows[-1][1]))


@cache
def _insert_events(rows: int) -> str:
    return f"INSERT INTO event SELECT * FROM (VALUES {_values(8, rows)}) WHERE column1 IS NOT NULL"  # noqa: S608 - question marks alone


@cache
def _upsert_streams(rows: int) -> str:
    return f"""
        INSERT INTO stream (id, name, category, next_revision)
        SELECT * FROM (VALUES {_values(4, rows)}) WHERE column1 IS NOT NULL
        ON CONFLICT (id) DO UPDATE SET next_revision = excluded.next_revision
    """  # noqa: S608 - question marks alone


def _values(columns: int, rows: int) -> str:
    return ",".join([f"({','.join('?' * columns)})"] * rows)


def _insert(connection: sqlite3.Connection, statement: Callable[[int], str], columns: int, fields: Sequence[object]) -> None:
    """Insert rows, given as one flat list: one step for each _ROWS of them.

    Statements exist for powers of two alone, so that few are prepared; rows of NULL fill up what is left.
    """
    for start in range(0, len(fields), _ROWS * columns):
        part = fields[start : start + _ROWS * columns]
        rows = 1 << (len(part) // columns - 1).bit_length()
        connection.execute(statement(rows), [*part, *[None] * (rows * columns - len(part))])


def truncate(connection: sqlite3.Connection, stream: str, before: int) -> bool:
    """Hide the stream's events below revision `before`, and delete some of them; whether there are more to delete."""
    with immediate(connection):
        connection.execute(
            "UPDATE stream SET truncated_before = max(truncated_before, min(?, next_revision)) WHERE name = ?", (before, stream)
        )
        deleted = connection.execute(
            "DELETE FROM event WHERE position IN (SELECT position FROM stream CROSS JOIN event ON event.stream = stream.id"
            " WHERE name = ? AND revision < truncated_before ORDER BY revision LIMIT ?)",
            (stream, _DELETED_AT_ONCE),
        )
        return deleted.rowcount == _DELETED_AT_ONCE
