"""The kinds of stores that the contract is asked of, faults included."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Final, Protocol
from uuid import uuid4

import pytest

from adapters.event_log.esdb.log import EsdbEventLog
from adapters.event_log.port import EventLog
from adapters.event_log.sqlite import SqliteEventLog
from adapters.tracing.log import TracedLog
from schema.envelope import Position
from tests.support.eventstore import pool
from tests.support.eventstore.switch import Switch
from tests.support.patient_log import PatientLog, patiently
from tests.support.section_log import SectionLog
from tests.support.told import Told

Fault = Callable[[Switch], Awaitable[None]]
SERVER: Final = os.environ.get("GLASSHOUSE_TEST_EVENT_LOG", "")
_FIRST_PAUSE: Final = 0.02


class Store(Protocol):
    """Logs of one kind."""

    async def open_in(self, folder: Path) -> EventLog:
        """The log of that folder."""
        ...

    async def end(self) -> None: ...


MakeStore = Callable[[], Store]


class Sqlite:
    """A log is a file in a folder."""

    async def open_in(self, folder: Path) -> EventLog:
        return await SqliteEventLog.open(folder / "events.db")

    async def end(self) -> None:
        pass


class Traced(Sqlite):
    """The same, and of all that is asked of it spans tell."""

    async def open_in(self, folder: Path) -> EventLog:
        return TracedLog(await super().open_in(folder), Told().tracer)


class OnTheDouble:
    """A log is a server of its own, which fails again and again where a fault is given."""

    def __init__(self, fault: Fault | None = None) -> None:
        self._fault = fault
        self._servers: dict[Path, pool.Server] = {}
        self._failing: list[asyncio.Task[None]] = []

    async def open_in(self, folder: Path) -> EventLog:
        if folder not in self._servers:
            server = self._servers[folder] = pool.take()
            if self._fault is not None:
                self._failing.append(asyncio.create_task(_again_and_again(self._fault, server.switch), name="fault"))
        url = self._servers[folder].url
        if self._fault is None:
            return await EsdbEventLog.open(url)
        return PatientLog(await patiently(lambda: EsdbEventLog.open(url)))

    async def end(self) -> None:
        for failing in self._failing:
            failing.cancel()
        await asyncio.gather(*self._failing, return_exceptions=True)
        for server in self._servers.values():
            await pool.give_back(server)


class OnAServer:
    """A log is a section of what a real server holds, from its end on."""

    def __init__(self) -> None:
        self._sections: dict[Path, tuple[str, Position | None]] = {}

    async def open_in(self, folder: Path) -> EventLog:
        log = await EsdbEventLog.open(SERVER)
        if folder not in self._sections:
            self._sections[folder] = (uuid4().hex, await log.head())
        return SectionLog(log, *self._sections[folder])

    async def end(self) -> None:
        pass


def server() -> Store:
    """The real server that was named."""
    if not SERVER:
        pytest.skip("no real EventStoreDB: name one that may be written to with GLASSHOUSE_TEST_EVENT_LOG=esdb://...")
    return OnAServer()


async def _again_and_again(fault: Fault, switch: Switch) -> None:
    """Often at first and then more rarely, so that even what takes long comes to its end."""
    pause = _FIRST_PAUSE
    while True:
        await fault(switch)
        await asyncio.sleep(pause)
        pause *= 1.2


async def _slow(switch: Switch) -> None:
    await switch.delay(append_ms=3, read_ms=3)


async def _drops(switch: Switch) -> None:
    await switch.drop()


async def _loses_answers(switch: Switch) -> None:
    await switch.drop_appends(1, moment="after")


async def _loses_appends(switch: Switch) -> None:
    await switch.drop_appends(1, moment="before")


async def _is_not_ready(switch: Switch) -> None:
    await switch.not_ready(0.01)


async def _is_busy(switch: Switch) -> None:
    await switch.busy()
    await switch.busy(on=False)


async def _breaks_off_reads(switch: Switch) -> None:
    await switch.die_mid_stream(after=2)


async def _forgets(switch: Switch) -> None:
    await switch.forget_ids()


async def _miscounts(switch: Switch) -> None:
    await switch.bad_checkpoint()


FAULTS: Final[dict[str, Fault]] = {
    "slow": _slow,
    "dropping": _drops,
    "losing-answers": _loses_answers,
    "losing-appends": _loses_appends,
    "not-ready": _is_not_ready,
    "busy": _is_busy,
    "breaking-off-reads": _breaks_off_reads,
    "forgetting-ids": _forgets,
    "miscounting": _miscounts,
}
CALM: Final[dict[str, MakeStore]] = {"sqlite": Sqlite, "esdb": OnTheDouble, "esdb-slow": partial(OnTheDouble, _slow)}
"""Stores that refuse nothing that could be taken."""
STORES: Final[dict[str, MakeStore]] = {
    "sqlite": Sqlite,
    "sqlite-traced": Traced,
    "esdb": OnTheDouble,
    "esdb-server": server,
    **{f"esdb-{name}": partial(OnTheDouble, fault) for name, fault in FAULTS.items()},
}
