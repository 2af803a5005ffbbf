"""Files that are no log, of another version, or on a full disk: plain words, and nothing is spoilt."""

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from adapters.event_log.port import ANY, NO_STREAM, Append, LogError, LogUnavailableError
from adapters.event_log.sqlite import SqliteEventLog
from adapters.event_log.sqlite_file import FORMATS, open_file
from adapters.event_log.sqlite_transaction import commit
from schema.envelope import NewEvent, Position
from tests.support.documents import ROOT
from tests.support.logs import append, event, names

FULL_DISK = """
import asyncio, resource, signal, sys
from pathlib import Path
from adapters.event_log.port import ANY, Append, LogUnavailableError
from adapters.event_log.sqlite import SqliteEventLog
from schema.envelope import NewEvent
from schema.ids import content_event_id

def event(number):
    return NewEvent(content_event_id(1, str(number)), "Happened", b'{"name":"%d","x":"%b"}' % (number, b"x" * 20000), b"{}")

async def main(path):
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    log = await SqliteEventLog.open(Path(path))
    stored = []
    resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, resource.RLIM_INFINITY))
    for number in range(1000):
        try:
            await log.append([Append("device-a", ANY, [event(number)])])
        except LogUnavailableError as error:
            refused = str(error)
            break
        stored.append(number)
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    await log.append([Append("device-a", ANY, [event(number)])])
    stored.append(number)
    found = [int(one.data.split(b'"')[3]) for one in await log.read_stream("device-a", limit=10_000)]
    await log.close()
    assert found == stored, (found, stored)
    assert "disk" in refused, refused

asyncio.run(main(sys.argv[1]))
"""


def test_a_full_disk_stops_appends_with_plain_words_and_they_go_on_when_there_is_room(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", FULL_DISK, str(tmp_path / "events.db")], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


async def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    path = tmp_path / "events.db"
    path.write_bytes(b"just some text " * 1000)
    with pytest.raises(LogError, match=r"events\.db is not an event log"):
        await SqliteEventLog.open(path)
    assert path.read_bytes() == b"just some text " * 1000


async def test_the_database_of_another_application_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "events.db"
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE notes (text)")
    other.close()
    with pytest.raises(LogError, match="another application"):
        await SqliteEventLog.open(path)


async def test_a_newer_format_is_refused_and_an_older_one_lifted_in_place(tmp_path: Path) -> None:
    path = tmp_path / "events.db"
    log = await SqliteEventLog.open(path)
    await append(log, "device-a", NO_STREAM, "one")
    await log.close()
    newer = [*FORMATS, "ALTER TABLE log ADD COLUMN added INTEGER NOT NULL DEFAULT 7"]
    connection, log_id = open_file(path, formats=newer)
    assert connection.execute("SELECT added FROM log").fetchone() == (7,)
    assert log_id == log.log_id
    connection.close()
    with pytest.raises(LogError, match="format 2"):
        await SqliteEventLog.open(path)
    connection, _ = open_file(path, formats=newer)
    assert connection.execute("SELECT count(*) FROM event").fetchone() == (1,)
    connection.close()


async def test_recorded_time_stands_still_while_the_clock_of_the_machine_runs_backwards(tmp_path: Path) -> None:
    connection, _ = open_file(tmp_path / "events.db")
    for now_us in (2_000, 1_000, 3_000):
        commit(connection, [Append("device-a", ANY, [event(f"at {now_us}")])], now_us)
    connection.close()
    log = await SqliteEventLog.open(tmp_path / "events.db")
    assert [one.recorded_us for one in await log.read_stream("device-a")] == [2_000, 2_000, 3_000]
    await log.close()


async def test_a_folder_that_is_not_there_is_one_plain_sentence(tmp_path: Path) -> None:
    with pytest.raises(LogUnavailableError, match="folder exists"):
        await SqliteEventLog.open(tmp_path / "nowhere" / "events.db")


async def test_a_position_of_another_log_is_refused_rather_than_waited_for(tmp_path: Path) -> None:
    log = await SqliteEventLog.open(tmp_path / "events.db")
    with pytest.raises(LogError, match="beyond the end"):
        await anext(log.subscribe(Position(5)))
    await log.close()


@pytest.mark.parametrize(
    ("stream", "new", "complaint"),
    [
        ("$all", event("x"), "cannot name a stream"),
        ("", event("x"), "cannot name a stream"),
        ("device-\x00", event("x"), "cannot name a stream"),
        ("device-a", NewEvent(b"short", "Happened", b"{}", b"{}"), "16 bytes"),
        ("device-a", NewEvent(event("x").id, "Happened", b'{"a":"\x1e"}', b"{}"), "0x1E"),
        ("device-a", NewEvent(event("x").id, "Happened", b'{"a":"%b"}' % (b"x" * (1 << 20)), b"{}"), "larger"),
    ],
)
async def test_what_cannot_be_stored_is_refused_and_spoils_no_other_append(
    tmp_path: Path, stream: str, new: NewEvent, complaint: str
) -> None:
    log = await SqliteEventLog.open(tmp_path / "events.db")
    with pytest.raises(LogError, match=complaint):
        await log.append([Append(stream, ANY, [new])])
    await append(log, "device-a", NO_STREAM, "good")
    assert names(await log.read_stream("device-a")) == ["good"]
    await log.close()
