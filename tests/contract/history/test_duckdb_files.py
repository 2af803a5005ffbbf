"""A DuckDB file that cannot be opened says so in plain words, whatever is wrong with it."""

import asyncio
import sys
from asyncio.subprocess import PIPE
from pathlib import Path

import duckdb
import pytest

from adapters.history.duckdb import DuckDbHistory
from adapters.history.port import HistoryError, HistoryUnavailableError

HOLD = """
import duckdb, sys
connection = duckdb.connect(sys.argv[1])
print("held", flush=True)
sys.stdin.read()
"""


async def open_at(path: Path) -> DuckDbHistory:
    return await DuckDbHistory.open(path, memory="128MB", threads=1)


async def test_a_file_held_by_another_process_is_refused_for_now(tmp_path: Path) -> None:
    path = tmp_path / "history.duckdb"
    holder = await asyncio.create_subprocess_exec(sys.executable, "-c", HOLD, str(path), stdin=PIPE, stdout=PIPE)
    assert holder.stdout is not None
    assert await holder.stdout.readline() == b"held\n"
    with pytest.raises(HistoryUnavailableError, match="in use by another process"):
        await open_at(path)
    await holder.communicate()


async def test_a_damaged_file_is_refused_with_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "history.duckdb"
    path.write_bytes(b"this is no database, and long enough to look at" * 500)
    with pytest.raises(HistoryError, match="damaged or of a newer version"):
        await open_at(path)


async def test_a_file_with_a_torn_header_is_refused_with_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "history.duckdb"
    history = await open_at(path)
    await history.close()
    content = bytearray(path.read_bytes())
    content[4096:12288] = b"\x55" * 8192
    path.write_bytes(content)
    with pytest.raises(HistoryError, match=r"damaged|failed"):
        await open_at(path)


async def test_a_newer_format_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "history.duckdb"
    await (await open_at(path)).close()
    with duckdb.connect(path) as connection:
        connection.execute("UPDATE format SET version = 99")
    with pytest.raises(HistoryError, match="format 99"):
        await open_at(path)


async def test_another_database_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "sales.duckdb"
    with duckdb.connect(path) as connection:
        connection.execute("CREATE TABLE sales (amount INTEGER)")
    with pytest.raises(HistoryError, match="no history of Glasshouse"):
        await open_at(path)
    with duckdb.connect(path) as connection:
        assert connection.execute("SELECT table_name FROM duckdb_tables()").fetchall() == [("sales",)]


async def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(HistoryError, match="nowhere"):
        await open_at(tmp_path / "nowhere" / "history.duckdb")
