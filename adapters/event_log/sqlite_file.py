"""The file of an SQLite event log: its tables and format version, how it is opened, and its errors in plain words."""

import secrets
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from adapters.event_log.port import LogError, LogUnavailableError
from adapters.sqlite import immediate

APPLICATION_ID: Final = 0x474C4F47
"""Stands in the file's header, so that the file of another application is not taken for a log: `GLOG`."""
BUSY_SECONDS: Final = 10.0
"""How long to wait for another process that is writing."""

_FIRST_FORMAT: Final = """
CREATE TABLE log (
    only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
    log_id TEXT NOT NULL,
    head INTEGER NOT NULL,
    recorded_us INTEGER NOT NULL
);
CREATE TABLE stream (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    category TEXT NOT NULL,
    next_revision INTEGER NOT NULL,
    truncated_before INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE event (
    position INTEGER PRIMARY KEY,
    stream INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    id BLOB NOT NULL,
    type TEXT NOT NULL,
    recorded_us INTEGER NOT NULL,
    data BLOB NOT NULL,
    metadata BLOB NOT NULL
);
CREATE UNIQUE INDEX event_by_stream ON event (stream, revision);
CREATE INDEX event_by_id ON event (id)
"""
FORMATS: Final[Sequence[str]] = (_FIRST_FORMAT,)
"""`FORMATS[n]` lifts a file of format n to n + 1, in one transaction; an empty file has format 0."""


def open_file(path: Path, *, read_only: bool = False, formats: Sequence[str] = FORMATS) -> tuple[sqlite3.Connection, str]:
    """A connection to the log at `path`, made or upgraded where need be, and the log's id."""
    with plain_words(path):
        connection = connect(path, read_only=read_only)
        try:
            _check_owner(connection, path)
            _check_format(connection, path, len(formats), read_only=read_only)
            if not read_only:
                _use_wal(connection)
                connection.execute("PRAGMA wal_autocheckpoint = 0")  # see `sqlite_checkpoints`
                _upgrade(connection, formats)
            return connection, connection.execute("SELECT log_id FROM log").fetchone()[0]
        except BaseException:
            connection.close()
            raise


def connect(path: Path, *, read_only: bool) -> sqlite3.Connection:
    """A bare connection that any one thread at a time may use. Each transaction is begun by hand."""
    mode = "ro" if read_only else "rwc"
    uri = f"{path.absolute().as_uri()}?mode={mode}"
    connection = sqlite3.connect(uri, uri=True, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    connection.execute("PRAGMA synchronous = FULL")
    return connection


def _number(connection: sqlite3.Connection, pragma: str) -> int:
    value: int = connection.execute(f"PRAGMA {pragma}").fetchone()[0]
    return value


def _check_owner(connection: sqlite3.Connection, path: Path) -> None:
    is_new = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0] == 0
    if not is_new and _number(connection, "application_id") != APPLICATION_ID:
        raise LogError(f"{path} is an SQLite file of another application; give the event log a file of its own")


def _check_format(connection: sqlite3.Connection, path: Path, known: int, *, read_only: bool) -> None:
    found = _number(connection, "user_version")
    if found > known:
        raise LogError(
            f"{path} has format {found}, and this glasshouse reads up to {known}: use the version that wrote it, or a newer one"
        )
    if read_only and found < known:
        raise LogError(f"{path} has format {found} and must be opened for writing once, to be made or lifted to format {known}")


def _use_wal(connection: sqlite3.Connection) -> None:
    """SQLite does not wait by itself while another process makes the same change to a new file."""
    give_up = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > give_up:
                raise
            time.sleep(0.01)
        else:
            return


def _upgrade(connection: sqlite3.Connection, formats: Sequence[str]) -> None:
    with immediate(connection):
        found = _number(connection, "user_version")
        for script in formats[found:]:
            for statement in script.split(";"):
                connection.execute(statement)
        if found == 0:
            connection.execute("INSERT INTO log VALUES (1, ?, 0, 0)", (secrets.token_hex(16),))
            connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {len(formats)}")


@contextmanager
def plain_words(path: Path) -> Iterator[None]:
    """Turn SQLite's errors into ours, which say what to do."""
    try:
        yield
    except sqlite3.Error as error:
        raise _in_plain_words(error, path) from error


def _in_plain_words(error: sqlite3.Error, path: Path) -> LogError:
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
    if code in _FOR_NOW:
        return LogUnavailableError(_FOR_NOW[code].format(path=path, error=error))
    return LogError(_FOR_GOOD.get(code, "{path}: {error}").format(path=path, error=error))


_FOR_NOW: Final = {
    sqlite3.SQLITE_FULL: "the disk that holds {path} is full; make room, and the log goes on by itself",
    sqlite3.SQLITE_BUSY: f"another process kept {{path}} locked for {BUSY_SECONDS:.0f} s; see what else has the log open",
    sqlite3.SQLITE_LOCKED: "{path} is locked within this process; try again",
    sqlite3.SQLITE_IOERR: "{path} cannot be read or written ({error}); check the disk, and whether it is full",
    sqlite3.SQLITE_READONLY: "{path} may not be written; check who owns the file and its folder",
    sqlite3.SQLITE_PERM: "{path} may not be opened; check who owns the file and its folder",
    sqlite3.SQLITE_CANTOPEN: "{path} cannot be opened; check that its folder exists and may be written by this user",
}
_FOR_GOOD: Final = {
    sqlite3.SQLITE_NOTADB: "{path} is not an event log: it is no SQLite file, or a damaged one",
    sqlite3.SQLITE_CORRUPT: "{path} is damaged ({error}); keep a copy of it as it is, and restore a backup",
}
