"""The lineage index in SQLite: event id, correlation id, command id and dead letters -> place in the log.

Event ids are hashes, and random keys wear out one large b-tree: each insert would touch a page of its own. So keys are grouped
in generations of some hundred thousand events: inserts stay within the newest, which fits the cache, and a question looks
into each generation, one seek apiece. Of an id, 64 bits are kept; the event itself tells whether it is the one meant.
"""

from collections.abc import Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Final

import msgspec

from adapters.sqlite import immediate
from projections.index_file import open_anew, open_index
from projections.lineage_file import LAYOUT
from projections.lineage_queries import LetterState
from schema.envelope import Cursor, Position
from schema.ids import EventId

_GENERATION_BITS: Final = 18
_CHUNKS: Final = (2048, 256, 32, 4, 1)
"""Rows a statement. One statement is one step: the interpreter lock is let go once, not once a row."""
_FIND_EVENT: Final = """
WITH RECURSIVE g(number) AS (SELECT 0 UNION ALL SELECT number + 1 FROM g WHERE number < ?)
SELECT e.position, s.name, e.revision FROM g CROSS JOIN event e ON e.generation = g.number AND e.key = ?
JOIN stream s ON s.number = e.stream ORDER BY e.position
"""
_FIND_CORRELATED: Final = """
WITH RECURSIVE g(number) AS (SELECT 0 UNION ALL SELECT number + 1 FROM g WHERE number < ?)
SELECT c.position, s.name, c.revision FROM g CROSS JOIN correlation c ON c.generation = g.number AND c.id = ?
JOIN stream s ON s.number = c.stream ORDER BY c.position LIMIT ?
"""
_DEAD_LETTERS: Final = """
SELECT d.position, s.name, d.revision, d.told FROM dead_letter d JOIN stream s ON s.number = d.stream
WHERE d.position > ? AND d.position < ? AND {which} ORDER BY d.position {order} LIMIT ?
"""
_FIND_LETTERS: Final = """
SELECT d.position, s.name, d.revision, d.told FROM dead_letter d JOIN stream s ON s.number = d.stream
WHERE d.key = ? ORDER BY d.position
"""
_TELL: Final = "UPDATE dead_letter SET state = ?, told = ? WHERE key = ? AND stream = ?"
_STATES: Final = {state: number for number, state in enumerate(LetterState)}
_SUMS: Final = """
SELECT count(*), sum(key & 1048575), sum((key >> 20) & 1048575), sum(position & 1048575), sum(revision & 1048575) FROM event
"""
_BEFORE_ALL, _NO_LIMIT = -1, (1 << 63) - 1


class Place(msgspec.Struct, frozen=True, gc=False):
    """Where an event is."""

    position: Position
    stream: str
    revision: int


class LetterPlace(msgspec.Struct, frozen=True, gc=False):
    """Where a dead letter is, and where it is told what became of it, if anything did."""

    place: Place
    told: Place | None

    @property
    def places(self) -> tuple[Place, ...]:
        """All that must be read to show it."""
        return (self.place,) if self.told is None else (self.place, self.told)


class Fate(msgspec.Struct, frozen=True, gc=False):
    """An event tells what became of a dead letter of its stream."""

    letter: EventId
    state: LetterState


class Entry(msgspec.Struct, frozen=True, gc=False):
    """An event to be indexed."""

    event_id: EventId
    position: Position
    stream: str
    revision: int
    correlation_id: str | None
    command_id: str | None
    is_dead_letter: bool
    fate: Fate | None = None


class LineageIndex:
    """One file, used by one thread at a time."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._connection = open_index(path, LAYOUT)
        self._streams: dict[str, int] = {}
        self._events = 0

    def checkpoint(self) -> Cursor | None:
        found = self._connection.execute("SELECT log_id, position FROM checkpoint").fetchone()
        return None if found is None else Cursor(*found)

    def write(self, entries: Sequence[Entry], checkpoint: Cursor) -> None:
        """Add the entries and move the checkpoint, both or neither."""
        try:
            with immediate(self._connection):
                self._add(entries)
                self._connection.execute("DELETE FROM checkpoint")
                values = (checkpoint.log_id, checkpoint.position, self._events)
                self._connection.execute("INSERT INTO checkpoint VALUES (?, ?, ?)", values)
        except BaseException:
            self.recall()
            raise

    def reset(self) -> None:
        """Forget all: what follows is a rebuild."""
        with immediate(self._connection):
            for table in ("stream", "event", "correlation", "dead_letter", "checkpoint"):
                self._connection.execute(f"DELETE FROM {table}")  # noqa: S608  # our own tables
        self.recall()

    def make_anew(self) -> None:
        """Forget all, with the file."""
        self._connection.close()
        self._connection = open_anew(self._path, LAYOUT)

    def recall(self) -> None:
        """What the file holds: once it was opened, and when a write did not take place."""
        self._streams = dict(self._connection.execute("SELECT name, number FROM stream"))
        found = self._connection.execute("SELECT events FROM checkpoint").fetchone()
        self._events = 0 if found is None else int(found[0])

    def find(self, event_id: EventId) -> list[Place]:
        """Where an event of that id may be, the first recorded first: almost always one place, and the right one."""
        return self._places(_FIND_EVENT, (self._newest_generation(), _key(event_id)))

    def correlated(self, correlation_id: str, first: int) -> list[Place]:
        """Where the events of one correlation id are, in log order."""
        return self._places(_FIND_CORRELATED, (self._newest_generation(), correlation_id, first))

    def of_command(self, device: str, command_id: str, first: int) -> list[Place]:
        """Where that device tells something of that command, in log order."""
        return self.correlated(_command(f"device-{device}", command_id), first)

    def dead_letters(
        self, first: int, *, before: Position | None, since: Position | None, oldest: bool, state: LetterState | None
    ) -> list[LetterPlace]:
        """Where dead letters are, newest first, those of that state or all; with `oldest` the last of these."""
        ends = (_BEFORE_ALL if since is None else since, _NO_LIMIT if before is None else before)
        statement = _DEAD_LETTERS.format(order="ASC" if oldest else "DESC", which=_which(state))
        places = self._letters(statement, (*ends, first))
        return places[::-1] if oldest else places

    def find_letters(self, event_id: EventId) -> list[LetterPlace]:
        """Where a dead letter of that id may be, the first recorded first."""
        return self._letters(_FIND_LETTERS, (_key(event_id),))

    def count_dead_letters(self, state: LetterState | None) -> int:
        return int(self._connection.execute(f"SELECT count(*) FROM dead_letter d WHERE {_which(state)}").fetchone()[0])  # noqa: S608  # our own words

    def content_hash(self) -> str:
        """Hex digest of what is held, however it came to be: sums, since rows of one generation have no order of arrival."""
        sums = self._connection.execute(_SUMS).fetchone()
        letters = self._connection.execute("SELECT count(*), sum(position & 1048575), sum(state) FROM dead_letter").fetchone()
        correlations = self._connection.execute("SELECT count(*), sum(position & 1048575) FROM correlation").fetchone()
        return blake2b(repr((sums, letters, correlations)).encode(), digest_size=16).hexdigest()

    def close(self) -> None:
        self._connection.close()

    def _places(self, statement: str, values: tuple[int | str, ...]) -> list[Place]:
        found = self._connection.execute(statement, values)
        return [Place(Position(position), stream, revision) for position, stream, revision in found]

    def _letters(self, statement: str, values: tuple[int, ...]) -> list[LetterPlace]:
        found = self._connection.execute(statement, values)
        return [_letter_place(*row) for row in found]

    def _add(self, entries: Sequence[Entry]) -> None:
        events, correlations, dead_letters, fates = [], [], [], []
        for number, entry in enumerate(entries, self._events):
            generation = number >> _GENERATION_BITS
            place = (entry.position, self._stream(entry.stream), entry.revision)
            events.append((generation, _key(entry.event_id), *place))
            if entry.correlation_id is not None:
                correlations.append((generation, entry.correlation_id, *place))
            if entry.command_id is not None:
                correlations.append((generation, _command(entry.stream, entry.command_id), *place))
            if entry.is_dead_letter:
                dead_letters.append((*place, _key(entry.event_id)))
            if entry.fate is not None:
                fates.append((_STATES[entry.fate.state], entry.revision, _key(entry.fate.letter), place[1]))
        self._insert("event", 5, sorted(events))
        self._insert("correlation", 5, sorted(correlations))
        self._insert("dead_letter (position, stream, revision, key)", 4, dead_letters)
        self._connection.executemany(_TELL, fates)
        self._events += len(entries)

    def _stream(self, name: str) -> int:
        number = self._streams.get(name)
        if number is None:
            number = self._streams[name] = len(self._streams)
            self._connection.execute("INSERT INTO stream VALUES (?, ?)", (number, name))
        return number

    def _insert(self, table: str, columns: int, rows: Sequence[tuple[int | str, ...]]) -> None:
        row = f"({', '.join('?' * columns)})"
        start = 0
        for size in _CHUNKS:
            statement = f"INSERT INTO {table} VALUES {', '.join([row] * size)}"  # noqa: S608  # our own tables
            while len(rows) - start >= size:
                chunk = rows[start : start + size]
                self._connection.execute(statement, [value for each in chunk for value in each])
                start += size

    def _newest_generation(self) -> int:
        return self._events >> _GENERATION_BITS


def _command(stream: str, command_id: str) -> str:
    """No correlation id: these hold no colon. A device may name the commands of others."""
    return f"command:{stream}:{command_id}"


def _letter_place(position: int, stream: str, revision: int, told: int | None) -> LetterPlace:
    place = Place(Position(position), stream, revision)
    return LetterPlace(place, None if told is None else msgspec.structs.replace(place, revision=told))


def _which(state: LetterState | None) -> str:
    return "true" if state is None else f"d.state = {_STATES[state]}"


def _key(event_id: EventId) -> int:
    """The half of an id that is a hash also where its first half is a time."""
    return int.from_bytes(event_id[8:], "big", signed=True)
