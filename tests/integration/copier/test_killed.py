"""`copy-log` as a process of its own: killed in the middle and run again, refused, and beside a house that runs."""

import asyncio
import json
import os
import signal
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.support.copying import contents, fill, kept, opened
from tests.support.up import glasshouse, launch, running_up, simulate_arguments

EVENTS = 100_000


def head_of(log: Path) -> int:
    """How far a log has come; 0 where it is being made."""
    if not log.exists():
        return 0
    try:
        with closing(sqlite3.connect(f"{log.as_uri()}?mode=ro", uri=True)) as connection:
            return int(connection.execute("SELECT head FROM log").fetchone()[0])
    except (sqlite3.OperationalError, TypeError):
        return 0


async def reached(log: Path, count: int) -> None:
    async with asyncio.timeout(60):
        while head_of(log) < count:
            await asyncio.sleep(0.002)


@pytest.fixture
async def source(tmp_path: Path) -> Path:
    path = tmp_path / "source.db"
    async with opened(path) as log:
        await fill(log, (f"device-{number * number % 97}" for number in range(EVENTS)))
    return path


async def test_a_copy_that_is_killed_again_and_again_is_taken_up_and_ends_whole(source: Path, tmp_path: Path) -> None:
    house = tmp_path / "house"
    arguments = ("copy-log", f"sqlite:///{source}", str(house), "--json")
    for moment in (1, 20_000, 50_000):
        process = await launch(*arguments, errors=tmp_path / "errors.log")
        await reached(house / "events.db", moment)
        os.killpg(process.pid, signal.SIGKILL)
        assert await process.wait() == -signal.SIGKILL
    assert head_of(house / "events.db") < EVENTS
    code, out, err = await glasshouse(*arguments)
    report = json.loads(out)
    assert (code, err) == (0, "")
    assert (report["events"], report["verified"], report["differences"]) == (EVENTS, True, [])
    assert 50_000 <= report["alreadyThere"] == EVENTS - report["copied"]
    async with opened(source, read_only=True) as one, opened(house / "events.db", read_only=True) as other:
        assert kept(await contents(other)) == kept(await contents(one))


async def test_a_house_may_run_on_the_source_and_then_on_the_copy(tmp_path: Path) -> None:
    old, new, errors = tmp_path / "old", tmp_path / "new", tmp_path / "errors.log"
    async with running_up(old, errors=errors) as up:
        mqtt = f"mqtt://127.0.0.1:{up.ready['mqtt']['port']}"
        await glasshouse(*simulate_arguments(mqtt, tmp_path / "ledger.jsonl", rate=200, seconds=1))
        code, out, _ = await glasshouse("copy-log", str(old), str(new), "--json")
        assert (code, json.loads(out)["verified"]) == (0, True)
        code, out, err = await glasshouse("copy-log", str(new), str(old))
        assert (code, out) == (5, "")
        assert f"{old} is in use by process {up.process.pid}" in err
    async with running_up(new, errors=errors) as up:
        assert up.ready["admin_key"] is None  # the keys came along
        code, out, _ = await glasshouse("audit-ledger", str(tmp_path / "ledger.jsonl"), "--data", str(new))
        assert (code, json.loads(out)["lost"]) == (0, 0)


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (("{folder}/none", "{folder}/to"), 7, "there is no event log {folder}/none/events.db"),
        (("{folder}", "{folder}"), 7, "are the same log"),
        (("{folder}", "postgres://me:hush-hush@host/x"), 2, "write sqlite:///"),
        (("{folder}", "sqlite:///{folder}/no/such/folder.db"), 7, "check that its folder exists"),
    ],
)
async def test_what_makes_no_sense_is_one_sentence_and_an_exit_code(
    tmp_path: Path, arguments: tuple[str, str], code: int, told: str
) -> None:
    async with opened(tmp_path / "events.db") as log:
        await fill(log, ["device-a"])
    ended, out, err = await glasshouse("copy-log", *(one.format(folder=tmp_path) for one in arguments))
    assert (ended, out) == (code, "")
    assert told.format(folder=tmp_path) in err
    assert "hush" not in err
    assert len(err.splitlines()) == 1


async def test_without_a_target_the_log_of_the_settings_is_meant(tmp_path: Path) -> None:
    async with opened(tmp_path / "old.db") as log:
        await fill(log, ["device-a", "device-b"])
    environment = {"GLASSHOUSE_EVENT_LOG": f"sqlite:///{tmp_path}/new.db"}
    code, out, _ = await glasshouse("copy-log", f"sqlite:///{tmp_path}/old.db", env=environment)
    assert code == 0
    assert "2 events in 2 streams: 0 were there already, 2 copied" in out
    assert head_of(tmp_path / "new.db") == 2


async def test_without_a_target_and_without_a_log_in_the_settings_nothing_is_made(tmp_path: Path) -> None:
    async with opened(tmp_path / "old.db") as log:
        await fill(log, ["device-a"])
    code, _, err = await glasshouse("copy-log", f"sqlite:///{tmp_path}/old.db", env={"GLASSHOUSE_DATA": str(tmp_path / "data")})
    assert (code, "name it after FROM" in err) == (2, True), err
    assert not (tmp_path / "data").exists()


async def test_a_target_that_differs_is_refused_by_the_command_too(tmp_path: Path) -> None:
    async with opened(tmp_path / "old.db") as old, opened(tmp_path / "new.db") as new:
        await fill(old, ["device-a", "device-b"])
        await fill(new, ["device-a", "device-b"])
    with closing(sqlite3.connect(tmp_path / "new.db")) as connection, connection:
        connection.execute("UPDATE event SET data = '{}' WHERE position = 2")
    code, _, err = await glasshouse("copy-log", f"sqlite:///{tmp_path}/old.db", f"sqlite:///{tmp_path}/new.db")
    assert code == 7
    assert "in device-b at revision 0" in err
