"""Several processes on one SQLite log: two that append, one that subscribes; and one that is killed while it appends."""

import asyncio
import os
import signal
import sys
import time
from pathlib import Path

import pytest

from adapters.event_log.port import ANY, NO_STREAM, LogError
from adapters.event_log.sqlite import SqliteEventLog
from tests.support.documents import ROOT
from tests.support.logs import all_of, append, names, pages

WRITER = """
import asyncio, os, sys
from pathlib import Path
from adapters.event_log.port import ANY, Append
from adapters.event_log.sqlite import SqliteEventLog
from schema.envelope import NewEvent
from schema.ids import content_event_id

async def main(path, name, count, ledger):
    log = await SqliteEventLog.open(Path(path))
    told = os.open(ledger, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    for number in range(int(count)):
        text = f"{name}-{number}"
        event = NewEvent(content_event_id(1, text), "Happened", b'{"name":"%b"}' % text.encode(), b"{}")
        await log.append([Append(f"device-{name}", ANY, [event])])
        os.write(told, text.encode() + b"\\n")
        os.fsync(told)
    await log.close()

asyncio.run(main(*sys.argv[1:]))
"""


OPENER = """
import sys, time
from pathlib import Path
from adapters.event_log.sqlite_file import open_file

while time.time() < float(sys.argv[2]):
    pass  # all start at one moment
connection, log_id = open_file(Path(sys.argv[1]))
print(log_id)
connection.close()
"""


async def writer(path: Path, name: str, count: int, ledger: Path) -> asyncio.subprocess.Process:
    """A process that appends one event after the other, and writes down each once `append` has returned."""
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", WRITER, str(path), name, str(count), str(ledger)), cwd=ROOT
    )


async def test_two_processes_append_and_a_third_sees_each_event_once_in_one_order(tmp_path: Path) -> None:
    path = tmp_path / "events.db"
    log = await SqliteEventLog.open(path)
    subscription = log.subscribe(None)
    writers = [await writer(path, name, 150, tmp_path / name) for name in ("left", "right")]
    seen: list[str] = []
    async with asyncio.timeout(60):
        async for page in subscription:
            seen += names(page.events)
            if len(seen) >= 300:
                break
    assert [await process.wait() for process in writers] == [0, 0]
    for name in ("left", "right"):
        assert [one for one in seen if one.startswith(name)] == [f"{name}-{number}" for number in range(150)]
    assert names(all_of(await pages(log.read_all(None)))) == seen
    await log.close()


async def test_processes_that_make_the_same_new_log_at_once_agree_on_it(tmp_path: Path) -> None:
    for number in range(5):
        path, start = tmp_path / f"{number}.db", time.time() + 0.7
        command = (sys.executable, "-c", OPENER, str(path), str(start))
        opening = [await asyncio.create_subprocess_exec(*command, cwd=ROOT, stdout=asyncio.subprocess.PIPE) for _ in range(3)]
        told = [(await process.communicate())[0] for process in opening]
        assert [process.returncode for process in opening] == [0, 0, 0]
        assert len(set(told)) == 1


@pytest.mark.parametrize("survivors", [40, 90, 160])
async def test_what_append_returned_for_is_there_after_kill_9(tmp_path: Path, survivors: int) -> None:
    path, ledger = tmp_path / "events.db", tmp_path / "ledger"
    process = await writer(path, "victim", 1_000_000, ledger)
    async with asyncio.timeout(60):
        while not ledger.exists() or len(ledger.read_bytes().splitlines()) < survivors:
            await asyncio.sleep(0.005)
    os.kill(process.pid, signal.SIGKILL)
    await process.wait()
    promised = ledger.read_text().splitlines()
    log = await SqliteEventLog.open(path)
    stored = names(all_of(await pages(log.read_all(None))))
    assert stored[: len(promised)] == promised
    assert len(stored) - len(promised) in {0, 1}
    await append(log, "device-victim", len(stored) - 1, "goes on")
    await log.close()


async def test_a_torn_tail_costs_no_transaction_but_the_torn_one(tmp_path: Path) -> None:
    path, ledger = tmp_path / "events.db", tmp_path / "ledger"
    process = await writer(path, "victim", 1_000_000, ledger)
    async with asyncio.timeout(60):
        while not ledger.exists() or len(ledger.read_bytes().splitlines()) < 50:
            await asyncio.sleep(0.005)
    os.kill(process.pid, signal.SIGKILL)
    await process.wait()
    promised = ledger.read_text().splitlines()
    wal = path.with_name("events.db-wal")
    os.truncate(wal, wal.stat().st_size - 100)
    log = await SqliteEventLog.open(path)
    stored = names(all_of(await pages(log.read_all(None))))
    assert len(stored) >= len(promised) - 1
    assert stored == [f"victim-{number}" for number in range(len(stored))]
    await log.close()


async def test_one_that_only_reads_follows_one_that_writes_and_cannot_append(tmp_path: Path) -> None:
    path = tmp_path / "events.db"
    log = await SqliteEventLog.open(path)
    await append(log, "device-a", NO_STREAM, "one")
    reader = await SqliteEventLog.open(path, read_only=True)
    assert reader.log_id == log.log_id
    subscription = reader.subscribe(None)
    assert names((await anext(subscription)).events) == ["one"]
    await append(log, "device-a", 0, "two")
    async with asyncio.timeout(10):
        assert names((await anext(subscription)).events) == ["two"]
    with pytest.raises(LogError, match="reading only"):
        await append(reader, "device-a", ANY, "three")
    await reader.close()
    await log.close()
