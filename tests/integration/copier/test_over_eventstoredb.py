"""Copying into an EventStoreDB and out of it, while it fails, restarts, and the copying process is killed."""

import asyncio
import json
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from adapters.event_log.esdb.log import EsdbEventLog
from tests.support.copying import contents, copy, fill, kept, opened
from tests.support.eventstore.process import Double, eventstore
from tests.support.up import glasshouse, launch

EVENTS = 6_000
STREAMS = [f"device-{number * number % 37}" for number in range(EVENTS)]


@pytest.fixture
async def source(tmp_path: Path) -> Path:
    path = tmp_path / "source.db"
    async with opened(path) as log:
        await fill(log, STREAMS)
    return path


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Double]:
    async with eventstore(tmp_path) as double:
        yield double


async def holds(server: Double, count: int) -> None:
    """Until the server has taken so many events; the few of its own do not matter."""
    async with asyncio.timeout(60):
        while (await server.switch.head()).records < count:
            await asyncio.sleep(0.005)


async def test_a_copy_outlives_lost_answers_and_a_restart_and_keeps_the_order_of_the_log(
    source: Path, server: Double, tmp_path: Path
) -> None:
    async with opened(source, read_only=True) as original:
        target = await EsdbEventLog.open(server.url)
        copying = asyncio.create_task(copy(original, target), name="copy")
        await holds(server, 1_000)
        await server.switch.drop_appends(2, moment="after")
        await holds(server, 2_500)
        await server.switch.drop_appends(2, moment="before")
        await holds(server, 4_000)
        await server.restart()
        report = await copying
        assert (report.events, report.verified) == (EVENTS, True)
        wanted = kept(await contents(original))
        assert kept(await contents(target)) == wanted
        async with opened(tmp_path / "back.db") as back:
            again = await copy(target, back)
            assert (again.hash, again.verified) == (report.hash, True)
            assert kept(await contents(back)) == wanted
        await target.close()


async def test_the_command_is_killed_in_the_middle_and_goes_on(source: Path, server: Double, tmp_path: Path) -> None:
    arguments = ("copy-log", f"sqlite:///{source}", server.url, "--json")
    process = await launch(*arguments, errors=tmp_path / "errors.log")
    await holds(server, EVENTS // 4)
    os.killpg(process.pid, signal.SIGKILL)
    await process.wait()
    code, out, err = await glasshouse(*arguments)
    report = json.loads(out)
    assert (code, report["verified"], report["events"]) == (0, True, EVENTS), err
    assert EVENTS // 5 < report["alreadyThere"] == EVENTS - report["copied"] < EVENTS
    assert report["target"]["address"] == f"esdb://{server.address}"
    target = await EsdbEventLog.open(server.url, read_only=True)
    assert [one.stream for one in await contents(target)] == STREAMS
    await target.close()


async def test_a_server_with_events_of_its_own_is_refused(source: Path, server: Double) -> None:
    target = await EsdbEventLog.open(server.url)
    await fill(target, ["lease-project"])
    await target.close()
    code, _, err = await glasshouse("copy-log", f"sqlite:///{source}", server.url)
    assert code == 7
    assert "in lease-project at revision 0" in err


async def test_an_empty_server_has_no_log_to_copy(server: Double, tmp_path: Path) -> None:
    code, _, err = await glasshouse("copy-log", server.url, str(tmp_path / "to"))
    assert code == 7
    assert "holds no log yet" in err
