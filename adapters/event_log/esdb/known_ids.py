"""Which event ids a stream holds: EventStoreDB cannot be asked, so what is asked about is read once and its ids kept aside."""

import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from itertools import islice, takewhile
from typing import Final

from schema.ids import EventId

_ASKED_AT_ONCE: Final = 500
_SCHEMA: Final = """
create table stream (number integer primary key, name text unique, first integer not null, next integer not null);
create table held (stream integer, id blob, primary key (stream, id)) without rowid;
"""
_Place = tuple[int, EventId]
_Ids = Callable[[int], Iterator[_Place]]


class KnownIds:
    """A temporary index of the streams that were asked for, in a file that goes with the process. Safe for threads.

    Of each it knows the revisions from `first` on up to `next`, which is one beyond the last.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._index = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        self._index.executescript(_SCHEMA)

    def held(self, stream: str, ids: Sequence[EventId], start: int, read: _Ids) -> set[EventId]:
        """Those of `ids` that the stream holds from revision `start` on. `read` gives revision and id from a revision on."""
        with self._lock:
            number = self._catch_up(stream, start, read)
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

    def _catch_up(self, stream: str, start: int, read: _Ids) -> int:
        """Take in what the stream got since, and what is asked for further back; all or nothing."""
        self._index.execute("begin")
        try:
            self._index.execute("insert or ignore into stream (name, first, next) values (?, ?, ?)", (stream, start, start))
            known = self._index.execute("select number, first, next from stream where name = ?", (stream,)).fetchone()
            number, first, following = known
            following = self._keep(number, read(following), following)
            if start < first:
                self._keep(number, takewhile(lambda place: place[0] < first, read(start)), start)
            # Of a stream that does not reach as far as it was asked about nothing is known, not even that it is empty there.
            bounds = (min(start, first), following) if following > first else (0, 0)
            self._index.execute("update stream set first = ?, next = ? where number = ?", (*bounds, number))
        except BaseException:
            self._index.execute("rollback")
            raise
        self._index.execute("commit")
        return int(number)

    def _keep(self, number: int, places: Iterator[_Place], following: int) -> int:
        for revision, event_id in places:
            self._index.execute("insert or ignore into held values (?, ?)", (number, event_id))
            following = revision + 1
        return following
