"""Which event ids a stream holds: EventStoreDB cannot be asked, so what is asked about is read once and its ids kept aside."""

import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import Final

from schema.ids import EventId

PAGE: Final = 5_000
_ASKED_AT_ONCE: Final = 500
_SCHEMA: Final = """
create table stream (number integer primary key, name text unique, first integer, last integer, last_id blob);
create table held (stream integer, id blob, primary key (stream, id)) without rowid;
"""
_Page = Sequence[tuple[int, EventId]]
_Read = Callable[[int], _Page]


class KnownIds:
    """A temporary index of the streams that were asked about, in a file that goes with the process. Safe for threads.

    Of each it knows the revisions from `first` to `last`. Nobody waits for the lock while a stream, which may be long, is read.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._index = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        self._index.executescript(_SCHEMA)

    def held(self, stream: str, ids: Sequence[EventId], start: int, read: _Read) -> set[EventId]:
        """Those of `ids` that the stream holds from revision `start` on.

        `read` gives revision and id of its events from a revision on, `PAGE` at most.
        """
        while True:
            known = self._known(stream)
            if known is None:
                page = read(start)
                if not page:
                    return set()
                self._begin(stream, start, page)
                continue
            number, first, last, last_id = known
            if self._read_on(number, last, last_id, read):
                if start < first:
                    self._read_back(number, start, first, read)
                return self._among(number, ids)

    def close(self) -> None:
        with self._lock:
            self._index.close()

    def _known(self, stream: str) -> tuple[int, int, int, EventId] | None:
        with self._lock:
            row: tuple[int, int, int, EventId] | None = self._index.execute(
                "select number, first, last, last_id from stream where name = ?", (stream,)
            ).fetchone()
            return row

    def _begin(self, stream: str, start: int, page: _Page) -> None:
        with self._written():
            last, last_id = page[-1]
            begun = self._index.execute(
                "insert or ignore into stream (name, first, last, last_id) values (?, ?, ?, ?)", (stream, start, last, last_id)
            )
            if begun.rowcount:
                self._keep(begun.lastrowid or 0, page)

    def _read_on(self, number: int, last: int, last_id: EventId, read: _Read) -> bool:
        """Take in what came since. False where the stream is not the one that was read: its log was set back, or replaced."""
        while True:
            page = read(last)
            if not page or (page[0][0] == last and page[0][1] != last_id):
                self._forget(number)
                return False
            last, last_id = page[-1]
            with self._written():
                self._keep(number, page)
                self._index.execute(
                    "update stream set last = ?, last_id = ? where number = ? and last < ?", (last, last_id, number, last)
                )
            if len(page) < PAGE:
                return True

    def _read_back(self, number: int, start: int, first: int, read: _Read) -> None:
        """Take in what lies between `start` and what is known."""
        at = start
        while at < first and (page := read(at)):
            with self._written():
                self._keep(number, page)
            at = page[-1][0] + 1
        with self._written():
            self._index.execute("update stream set first = ? where number = ? and first > ?", (start, number, start))

    def _forget(self, number: int) -> None:
        with self._written():
            self._index.execute("delete from stream where number = ?", (number,))
            self._index.execute("delete from held where stream = ?", (number,))

    def _among(self, number: int, ids: Sequence[EventId]) -> set[EventId]:
        asked = iter(ids)
        found: set[EventId] = set()
        with self._lock:
            while some := list(islice(asked, _ASKED_AT_ONCE)):
                marks = ",".join("?" * len(some))
                rows = self._index.execute(f"select id from held where stream = ? and id in ({marks})", (number, *some))  # noqa: S608
                found.update(row[0] for row in rows)
        return found

    def _keep(self, number: int, page: _Page) -> None:
        self._index.executemany("insert or ignore into held values (?, ?)", ((number, event_id) for _, event_id in page))

    @contextmanager
    def _written(self) -> Iterator[None]:
        """All of the block or nothing."""
        with self._lock:
            self._index.execute("begin")
            try:
                yield
            except BaseException:
                self._index.execute("rollback")
                raise
            self._index.execute("commit")
