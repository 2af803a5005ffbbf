"""kill -9 of whoever rebuilds, at random moments: what served serves on, and the next run goes on or starts clean."""

import asyncio
import os
import random
import signal
from pathlib import Path

import psutil
import pytest

from adapters.event_log.sqlite import SqliteEventLog
from domain.versions import Versions
from glasshouse.versions.record import versions_of
from projections.rebuilds import Action
from tests.support.up import launch
from tests.support.versions import data_folder, done, told

EVENTS = 10_000
ROUNDS = {"child": 1, "parent": 2, "both": 1}
CHILD = "glasshouse.versions.child"


@pytest.fixture
async def data(tmp_path: Path) -> Path:
    folder = await data_folder(tmp_path / "data", EVENTS)
    await done(folder, "latest", Action.VERIFY)
    return folder


async def versions(data: Path) -> Versions:
    log = await SqliteEventLog.open(data / "events.db", read_only=True)
    try:
        return await versions_of(log, "history")
    finally:
        await log.close()


def child_of(process: asyncio.subprocess.Process) -> psutil.Process | None:
    """The process that fills, once there is one."""
    try:
        found = psutil.Process(process.pid).children()
        return next((child for child in found if CHILD in child.cmdline()), None)
    except psutil.Error:
        return None


async def filling(process: asyncio.subprocess.Process) -> psutil.Process:
    async with asyncio.timeout(60):
        while (child := child_of(process)) is None:
            assert process.returncode is None
            await asyncio.sleep(0.01)
    return child


@pytest.mark.parametrize("whom", ROUNDS)
async def test_killed_in_the_middle_the_old_version_serves_on_and_the_next_run_ends_well(
    data: Path, tmp_path: Path, whom: str
) -> None:
    moments = random.Random(whom)
    for _ in range(ROUNDS[whom]):
        process = await launch("rebuild", "history", "--data", str(data), "--json", errors=tmp_path / "errors.log")
        child = await filling(process)
        await asyncio.sleep(moments.uniform(0.2, 1.2))  # the moment of a fault is random, so here it is time that counts
        if whom == "both":
            os.killpg(process.pid, signal.SIGKILL)
        else:
            psutil.Process(child.pid if whom == "child" else process.pid).kill()
        code = await process.wait()
        assert code in ({11, -9} if whom == "child" else {-9})
        await asyncio.to_thread(child.wait, 30)
        assert (await versions(data)).serving.number == 1
    report = await told("rebuild", "history", data=data)
    assert (report["outcome"], report["switched"], report["candidate"], report["resumed"]) == ("equal", True, 2, True)
    assert (await versions(data)).serving.number == 2


async def test_told_to_stop_it_takes_its_child_along(data: Path, tmp_path: Path) -> None:
    process = await launch("rebuild", "history", "--data", str(data), "--json", errors=tmp_path / "errors.log")
    child = await filling(process)
    process.terminate()
    assert await process.wait() == 130
    assert not child.is_running()
