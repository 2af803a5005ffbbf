"""Files that read models keep in SQLite: how one is opened, and made anew where it cannot be read."""

import sqlite3
from pathlib import Path

import msgspec
import structlog


class Layout(msgspec.Struct, frozen=True):
    """What a file is for, its tables, and the number of their format: a file of another one is built anew."""

    name: str
    format: int
    tables: str
    cache_kib: int


def open_index(path: Path, layout: Layout) -> sqlite3.Connection:
    """The file, made if missing, and made anew if it is damaged or of another format. To be used by one thread at a time."""
    try:
        return _opened(path, layout)
    except sqlite3.OperationalError:
        raise
    except sqlite3.DatabaseError as error:
        structlog.get_logger().warning(f"{layout.name}_built_anew", path=str(path), reason=str(error))
        return open_anew(path, layout)


def open_anew(path: Path, layout: Layout) -> sqlite3.Connection:
    """The same, with nothing in it."""
    for name in (path.name, f"{path.name}-wal", f"{path.name}-shm"):
        path.with_name(name).unlink(missing_ok=True)
    return _opened(path, layout)


def _opened(path: Path, layout: Layout) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute(f"PRAGMA cache_size = -{layout.cache_kib}")
        _prepare(connection, layout)
    except BaseException:
        connection.close()
        raise
    return connection


def _prepare(connection: sqlite3.Connection, layout: Layout) -> None:
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version == 0:
        connection.executescript(f"BEGIN;\n{layout.tables}\nPRAGMA user_version = {layout.format};\nCOMMIT;")
    elif version != layout.format:
        raise sqlite3.DatabaseError(f"its format is {version}, this version knows {layout.format}")
