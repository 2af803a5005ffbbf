"""A DuckDB file that cannot be opened says so in plain words, whatever is wrong with it."""

import asyncio
import os
import sys
from asyncio.subprocess import PIPE
from pathlib import Path

import duckdb
import pytest

from adapters.history.duckdb import DuckDbHistory
from adapters.history.duckdb_file import DuckDbFile
from adapters.history.port import HistoryError, HistoryUnavailableError, RangeQuery

HOLD = """
import duckdb, sys
connection = duckdb.connect(sys.argv[1])
print("held", flush=True)
sys.stdin.read()
"""

FULL = Path(__file__).with_name("write_on_a_full_disk.py")


async def open_at(path: Path) -> DuckDbHistory:
    return await DuckDbHistory.open(path, memory="128MB", threads=1)


async def test_a_file_held_by_another_process_is_refused_for_now(tmp_path: Path) -> None:
    path = tmp_path / "history.duckdb"
    holder = await asyncio.create_subprocess_exec(sys.executable, "-c", HOLD, str(path), stdin=PIPE, stdout=PIPE)
    assert holder.stdout is not None
    assert await holder.stdout.readline() == b"held\n"
    with pytest.raises(HistoryUnavailableError, match="in use by another process"):
        await open_at(path)
    await holder.communicate(b"")


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


async def test_on_a_full_disk_it_refuses_for_now_and_goes_on_when_there_is_room(tmp_path: Path) -> None:
    """In a process of its own, since what fills up is how large a file of that process may be."""
    environment = os.environ | {"PYTHONPATH": str(FULL.parents[3])}
    child = await asyncio.create_subprocess_exec(sys.executable, FULL, tmp_path, env=environment, stdout=PIPE)
    output, _ = await child.communicate()
    seen = [line.split() for line in output.decode().splitlines()]
    assert seen[0] == ["stored", "1"]
    assert {line[0] for line in seen[1:-1]} == {"refused"}
    assert seen[-1] == ["stored", "3", "rows", "2000"]


async def test_a_cancelled_question_is_interrupted(tmp_path: Path) -> None:
    file = await DuckDbFile.open(tmp_path / "history.duckdb", memory="128MB", threads=1)
    begun = asyncio.Event()
    loop = asyncio.get_running_loop()

    def endless(cursor: duckdb.DuckDBPyConnection) -> None:
        loop.call_soon_threadsafe(begun.set)
        cursor.execute("SELECT sum(hash(a.range)) FROM range(1_000_000_000) a, range(1_000_000_000) b").fetchall()

    question = asyncio.create_task(file.read(endless), name="question")
    await begun.wait()
    question.cancel()
    with pytest.raises(asyncio.CancelledError):
        await question
    await file.close()


async def test_one_that_is_closed_tells_who_asks_to_come_again_since_another_version_may_serve(tmp_path: Path) -> None:
    history = await open_at(tmp_path / "history.duckdb")
    await history.close()
    with pytest.raises(HistoryUnavailableError, match="is closed; ask again"):
        await history.readings(RangeQuery(device="north-1"))
    with pytest.raises(HistoryUnavailableError, match="is closed; ask again"):
        await history.reset()
