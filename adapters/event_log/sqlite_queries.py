"""What is asked of an SQLite event log: pages of events, each fetched as one row.

SQLite glues a page together, column by column, and Python takes it apart again: one step, hence one loss of Python's
interpreter lock, for a whole page instead of one an event. JSON text holds no record separator, so it can part events.
"""

import sqlite3
from collections.abc import Sequence
from sys import intern
from typing import Final

import msgspec

from adapters.event_log.port import Append, LogError
from schema.envelope import Filter, RecordedEvent
from schema.ids import EventId

SEPARATOR: Final = b"\x1e"
SCANNED_AT_MOST: Final = 50_000
"""How many events one filtered page looks at, so that it returns soon where hardly any match."""
_PAGE_BYTES: Final = 16 << 20
"""What SQLite may glue together; a page that would be larger comes in parts."""
_IDS: Final = 512
_NO_LIMIT: Final = 1 << 62
_COLUMNS: Final = "position, name, revision, event.id AS id, type, recorded_us, data, metadata"
_GLUE: Final = """
    group_concat(position), group_concat(name, x'1e'), group_concat(revision), group_concat(id, ''),
    group_concat(type, x'1e'), group_concat(recorded_us), group_concat(data, x'1e'), group_concat(metadata, x'1e')
"""
_integers = msgspec.json.Decoder(list[int])


class Slice(msgspec.Struct, frozen=True):
    """Events found in one look at the log: all that matched up to `position`, while the log ended at `head`."""

    events: list[RecordedEvent]
    position: int
    head: int


def check_text(appends: Sequence[Append]) -> None:
    """LogError where an event could not be told from the one beside it when it is read."""
    for append in appends:
        for event in append.events:
            if SEPARATOR in event.data or SEPARATOR in event.metadata:
                raise LogError(f"a {event.type} holds the control character 0x1E, which JSON does not allow")


def prepare_reader(connection: sqlite3.Connection) -> None:
    """Make a connection ready for the queries of this file."""
    connection.text_factory = bytes
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _PAGE_BYTES)


def head(connection: sqlite3.Connection) -> int:
    """The position of the last event that was ever appended; 0 for none."""
    found: int = connection.execute("SELECT head FROM log").fetchone()[0]
    return found


def read_slice(connection: sqlite3.Connection, after: int, until: int | None, only: Filter, limit: int) -> Slice:
    """The next events that match, at most `limit`; fewer where they are large, or matches are rare."""
    upto = after + SCANNED_AT_MOST if only.categories or only.types else None
    bounds = [bound for bound in (until, upto) if bound is not None]
    while True:
        try:
            found, glued = _slice_row(connection, after, min(bounds, default=_NO_LIMIT), only, limit)
            break
        except sqlite3.DataError:
            limit = _smaller(limit)
    events = _take_apart(glued)
    position = events[-1].position if len(events) == limit else max(after, min([found, *bounds]))
    return Slice(events, position, found)


def read_stream(
    connection: sqlite3.Connection, stream: str, start: int | None, until: int | None, limit: int, *, backwards: bool
) -> list[RecordedEvent]:
    """At most `limit` events of a stream, all there are up to that."""
    events: list[RecordedEvent] = []
    at_once = limit
    while len(events) < limit:
        asked = min(at_once, limit - len(events))
        try:
            part = _stream_part(connection, stream, start, until, asked, backwards=backwards)
        except sqlite3.DataError:
            at_once = _smaller(asked)
            continue
        events += part
        if len(part) < asked:
            break
        start = part[-1].revision + (-1 if backwards else 1)
    return events


def contains(connection: sqlite3.Connection, stream: str, ids: Sequence[EventId]) -> set[EventId]:
    """Those of `ids` that the stream holds."""
    found: set[EventId] = set()
    for start in range(0, len(ids), _IDS):
        part = list(ids[start : start + _IDS])
        marks = ",".join("?" * (1 << (len(part) - 1).bit_length()))
        row = connection.execute(
            "SELECT group_concat(id, '') FROM event INDEXED BY event_by_id"  # noqa: S608 - question marks alone
            f" WHERE id IN ({marks}) AND stream = (SELECT id FROM stream WHERE name = ?)",
            [*part, *[None] * (marks.count("?") - len(part)), stream],
        ).fetchone()
        found.update(_split_ids(row[0] or b""))
    return found


def _smaller(limit: int) -> int:
    if limit == 1:
        raise LogError(f"an event is larger than the {_PAGE_BYTES} bytes that are read at once")
    return limit // 2


def _slice_row(
    connection: sqlite3.Connection, after: int, upto: int, only: Filter, limit: int
) -> tuple[int, Sequence[bytes | None]]:
    conditions, wanted = "", []
    for column, values in (("category", only.categories), ("type", only.types)):
        if values:
            conditions += f" AND {column} IN (SELECT value FROM json_each(?))"  # noqa: S608 - one of two columns
            wanted.append(msgspec.json.encode(sorted(values)).decode())
    head_now, *glued = connection.execute(
        f"SELECT (SELECT head FROM log), {_GLUE} FROM (SELECT {_COLUMNS}"  # noqa: S608 - columns of ours alone
        " FROM event CROSS JOIN stream ON stream.id = event.stream"
        f" WHERE position > ? AND position <= ?{conditions} ORDER BY position LIMIT ?)",
        (after, upto, *wanted, limit),
    ).fetchone()
    return head_now, glued


def _stream_part(
    connection: sqlite3.Connection, stream: str, start: int | None, until: int | None, limit: int, *, backwards: bool
) -> list[RecordedEvent]:
    bound, order = ("<=", "DESC") if backwards else (">=", "ASC")
    start = (_NO_LIMIT if backwards else 0) if start is None else start
    glued = connection.execute(
        f"SELECT {_GLUE} FROM (SELECT {_COLUMNS}"  # noqa: S608 - columns and words of ours alone
        " FROM stream CROSS JOIN event ON event.stream = stream.id"
        f" WHERE name = ? AND revision >= truncated_before AND revision {bound} ? AND position <= ?"
        f" ORDER BY revision {order} LIMIT ?)",
        (stream, start, _NO_LIMIT if until is None else until, limit),
    ).fetchone()
    return _take_apart(glued)


def _take_apart(glued: Sequence[bytes | None]) -> list[RecordedEvent]:
    """The events of a page; its columns are NULL where there are none."""
    columns = [column for column in glued if column is not None]
    if not columns:
        return []
    positions, names, revisions, ids, types, recorded, data, metadata = columns
    return list(
        map(
            RecordedEvent,
            _numbers(positions),
            map(intern, names.decode().split("\x1e")),
            _numbers(revisions),
            _split_ids(ids),
            map(intern, types.decode().split("\x1e")),
            _numbers(recorded),
            data.split(SEPARATOR),
            metadata.split(SEPARATOR),
        )
    )


def _numbers(glued: bytes) -> list[int]:
    return _integers.decode(b"[%b]" % glued)


def _split_ids(glued: bytes) -> list[EventId]:
    return [glued[start : start + 16] for start in range(0, len(glued), 16)]
