"""The file of the lineage index: its tables, and how it is opened, or made anew where it cannot be read."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import structlog

_FORMAT: Final = 1
_CACHE_KIB: Final = 12 << 10
_TABLES: Final = f"""
BEGIN;
CREATE TABLE stream (number INTEGER PRIMARY KEY, name TEXT NOT NULL) STRICT;
CREATE TABLE event (
    generation INTEGER NOT NULL, key INTEGER NOT NULL, position INTEGER NOT NULL, stream INTEGER NOT NULL,
    revision INTEGER NOT NULL, PRIMARY KEY (generation, key, position)
) STRICT, WITHOUT ROWID;
CREATE TABLE correlation (
    generation INTEGER NOT NULL, id TEXT NOT NULL, position INTEGER NOT NULL, stream INTEGER NOT NULL,
    revision INTEGER NOT NULL, PRIMARY KEY (generation, id, position)
) STRICT, WITHOUT ROWID;
CREATE TABLE dead_letter (position INTEGER PRIMARY KEY, stream INTEGER NOT NULL, revision INTEGER NOT NULL) STRICT;
CREATE TABLE checkpoint (log_id TEXT NOT NULL, position INTEGER, events INTEGER NOT NULL) STRICT;
PRAGMA user_version = {_FORMAT};
COMMIT;
"""


def open_index(path: Path) -> sqlite3.Connection:
    """The file, made if missing, and made anew if it is damaged or of another format. To be used by one thread at a time."""
    try:
        return _opened(path)
    except sqlite3.OperationalError:
        raise
    except sqlite3.DatabaseError as error:
        structlog.get_logger().warning("lineage_index_built_anew", path=str(path), reason=str(error))
        for name in (path.name, f"{path.name}-wal", f"{path.name}-shm"):
            path.with_name(name).unlink(missing_ok=True)
        return _opened(path)


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """All of it, or nothing where it raises."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _opened(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
        _prepare(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def _prepare(connection: sqlite3.Connection) -> None:
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version == 0:
        connection.executescript(_TABLES)
    elif version != _FORMAT:
        raise sqlite3.DatabaseError(f"its format is {version}, this version knows {_FORMAT}")
