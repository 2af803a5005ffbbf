"""Which event ids a stream holds: an EventStoreDB cannot be asked, so a stream is read once and its ids are kept aside."""

import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Final

from schema.ids import EventId

_ASKED_AT_ONCE: Final = 500
_SCHEMA: Final = """
create table stream (number integer primary key, name text unique, next integer not null);
create table held (stream integer, id blob, primary key (stream, id)) without rowid;
"""
_Ids = Callable[[int], Iterator[tuple[int, EventId]]]


class KnownIds:
    """A temporary index of the streams that were asked for, in a file that goes with the process. Safe for threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._index = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        self._index.executescript(_SCHEMA)

    def held(self, stream: str, ids: Sequence[EventId], read: _Ids) -> set[EventId]:
        """Those of `ids` that the stream holds. `read` gives revision and id of its events from a revision on."""
        with self._lock:
            number = self._catch_up(stream, read)
            asked = iter(ids)
            found: set[EventId] = set()
            while some := list(islice(asked, _ASKED_AT_ONCE)):
                marks = ",".join("?" * len(some))
                rows = self._index.execute(f"select id from held where stream = ? and id in ({marks})", (number, *some))  # noqa: S608
                found.update(row[0] for row in rows)
            return found

    def close(self) -> None:
        with self._lock:
            self._index.close()

    def _catch_up(self, stream: str, read: _Ids) -> int:
        """Take in what the stream got since, all or nothing."""
        self._index.execute("insert or ignore into stream (name, next) values (?, 0)", (stream,))
        number, following = self._index.execute("select number, next from stream where name = ?", (stream,)).fetchone()
        self._index.execute("begin")
        try:
            for revision, event_id in read(following):
                self._index.execute("insert or ignore into held values (?, ?)", (number, event_id))
                following = revision + 1
            self._index.execute("update stream set next = ? where number = ?", (following, number))
        except BaseException:
            self._index.execute("rollback")
            raise
        self._index.execute("commit")
        return int(number)
