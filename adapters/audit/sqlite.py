"""The audit store in an SQLite file, which one thread at a time uses."""

import asyncio
import sqlite3
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, TypeVar

import msgspec

from adapters.audit.port import Action, AuditError, Deed, Entry, EntryQuery, Outcome, Tally

T = TypeVar("T")
_FORMAT: Final = 1
_TABLES: Final = f"""
BEGIN;
CREATE TABLE document (id INTEGER PRIMARY KEY, sha256 BLOB NOT NULL UNIQUE, text TEXT NOT NULL) STRICT;
CREATE TABLE entry (
    id INTEGER PRIMARY KEY, first_us INTEGER NOT NULL, last_us INTEGER NOT NULL, count INTEGER NOT NULL,
    actor TEXT, address TEXT, action TEXT NOT NULL, outcome TEXT NOT NULL, operation TEXT, fields TEXT NOT NULL,
    document INTEGER REFERENCES document (id), variables TEXT, code TEXT, message TEXT
) STRICT;
CREATE INDEX entry_actor ON entry (actor, id);
CREATE INDEX entry_outcome ON entry (outcome, id);
CREATE INDEX entry_action ON entry (action, id);
CREATE INDEX entry_document ON entry (document);
CREATE TABLE last_use (actor TEXT PRIMARY KEY, last_us INTEGER NOT NULL) STRICT, WITHOUT ROWID;
PRAGMA user_version = {_FORMAT};
COMMIT;
"""
_ADD: Final = """
INSERT INTO entry (
    first_us, last_us, count, actor, address, action, outcome, operation, fields, document, variables, code, message
) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
_USED: Final = "INSERT INTO last_use VALUES (?, ?) ON CONFLICT (actor) DO UPDATE SET last_us = max(last_us, excluded.last_us)"
_SELECT: Final = """
SELECT e.id, first_us, last_us, count, actor, address, action, outcome, operation, fields, d.text, variables, code, message
FROM entry e LEFT JOIN document d ON d.id = e.document
"""


class SqliteAudit:
    """The port `AuditStore` over one file."""

    def __init__(self, connection: sqlite3.Connection, thread: ThreadPoolExecutor, path: Path) -> None:
        self._connection = connection
        self._thread = thread
        self._path = path

    @classmethod
    async def open(cls, path: Path) -> "SqliteAudit":
        """The store in this file, made if missing; AuditError where it is none of this version or cannot be written."""
        thread = ThreadPoolExecutor(1, thread_name_prefix="audit")
        try:
            connection = await asyncio.get_running_loop().run_in_executor(thread, _opened, path)
        except BaseException:
            thread.shutdown(wait=False)
            raise
        return cls(connection, thread, path)

    async def write(self, tallies: Sequence[Tally]) -> None:
        await self._run(lambda: self._write(tallies))

    async def find(self, query: EntryQuery) -> list[Entry]:
        return await self._run(lambda: self._find(query))

    async def last_used(self) -> Mapping[str, int]:
        return await self._run(lambda: dict(self._connection.execute("SELECT actor, last_us FROM last_use").fetchall()))

    async def expire(self, before_us: int, actions: Collection[Action], most: int) -> int:
        return await self._run(lambda: self._expire(before_us, actions, most))

    async def close(self) -> None:
        await self._run(self._connection.close)
        self._thread.shutdown()

    async def _run(self, work: Callable[[], T]) -> T:
        def run() -> T:
            with _plain_errors(self._path):
                return work()

        return await asyncio.get_running_loop().run_in_executor(self._thread, run)

    def _write(self, tallies: Sequence[Tally]) -> None:
        with self._connection:
            rows = [self._put(tally) for tally in tallies]
        for tally, row in zip(tallies, rows, strict=True):  # so that the next write finds it, whoever waits for this one
            tally.row = row

    def _put(self, tally: Tally) -> int:
        deed, execute = tally.deed, self._connection.execute
        if deed.actor is not None and deed.outcome is not Outcome.REFUSED:
            execute(_USED, (deed.actor, tally.last_us))
        if tally.row is not None:
            execute("UPDATE entry SET last_us = ?, count = ? WHERE id = ?", (tally.last_us, tally.count, tally.row))
            return tally.row
        fields, document = msgspec.json.encode(deed.fields).decode(), self._document(deed.document)
        who = (deed.actor, deed.address, deed.action.value, deed.outcome.value, deed.operation)
        values = (tally.first_us, tally.last_us, tally.count, *who, fields, document, deed.variables, deed.code, deed.message)
        return execute(_ADD, values).lastrowid or 0

    def _document(self, text: str | None) -> int | None:
        """Its number: a text that many entries name is kept once."""
        if text is None:
            return None
        digest = sha256(text.encode(errors="surrogatepass")).digest()
        self._connection.execute("INSERT OR IGNORE INTO document (sha256, text) VALUES (?, ?)", (digest, text))
        [number] = self._connection.execute("SELECT id FROM document WHERE sha256 = ?", (digest,)).fetchone()
        return int(number)

    def _find(self, query: EntryQuery) -> list[Entry]:
        wanted = {
            "actor = ?": query.actor,
            "action = ?": query.action,
            "outcome = ?": query.outcome,
            "last_us >= ?": query.start_us,
            "first_us < ?": query.end_us,
            "e.id < ?": query.before,
            "e.id > ?": query.since,
        }
        conditions = {condition: value for condition, value in wanted.items() if value is not None}
        where, order = " AND ".join(conditions) or "true", "ASC" if query.oldest else "DESC"
        found = self._connection.execute(
            f"{_SELECT} WHERE {where} ORDER BY e.id {order} LIMIT ?",  # conditions are ours
            (*conditions.values(), query.limit),
        )
        entries = [_entry(row) for row in found]
        return entries[::-1] if query.oldest else entries

    def _expire(self, before_us: int, actions: Collection[Action], most: int) -> int:
        these = f"action IN ({', '.join('?' * len(actions))})"
        names = [action.value for action in actions]
        with self._connection:
            dropped = self._connection.execute(
                f"DELETE FROM entry WHERE {these} AND last_us < ?",  # noqa: S608  # placeholders
                (*names, before_us),
            ).rowcount
            oldest = f"SELECT id FROM entry WHERE {these} ORDER BY id DESC LIMIT 1 OFFSET ?"  # noqa: S608  # placeholders
            dropped += self._connection.execute(
                f"DELETE FROM entry WHERE {these} AND id <= ({oldest})",  # noqa: S608  # placeholders
                (*names, *names, most),
            ).rowcount
            self._connection.execute(
                "DELETE FROM document WHERE NOT EXISTS (SELECT 1 FROM entry WHERE entry.document = document.id)"
            )
        return dropped


def _entry(row: tuple[Any, ...]) -> Entry:
    number, first_us, last_us, count, actor, address, action, outcome, *operation, code, message = row
    name, fields, document, variables = operation
    deed = Deed(
        actor=actor,
        address=address,
        action=Action(action),
        outcome=Outcome(outcome),
        operation=name,
        fields=msgspec.json.decode(fields, type=tuple[str, ...]),
        document=document,
        variables=variables,
        code=code,
        message=message,
    )
    return Entry(number, deed, first_us, last_us, count)


def _opened(path: Path) -> sqlite3.Connection:
    with _plain_errors(path):
        path.touch(mode=0o600)  # SQLite gives the files beside it the same mode
        connection = sqlite3.connect(path, check_same_thread=False)
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")
            _prepare(connection, path)
        except BaseException:
            connection.close()
            raise
    return connection


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version == 0:
        connection.executescript(_TABLES)
    elif version != _FORMAT:
        raise AuditError(f"the audit store {path} has format {version}, this version knows {_FORMAT}: use the newer glasshouse")


@contextmanager
def _plain_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, sqlite3.OperationalError, sqlite3.ProgrammingError) as error:
        raise AuditError(f"the audit store {path} cannot be used now: {error}") from error
    except sqlite3.DatabaseError as error:
        raise AuditError(f"the audit store {path} is damaged ({error}): put it back from a backup, or move it away") from error
