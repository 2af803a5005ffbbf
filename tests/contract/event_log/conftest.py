"""The event logs that must keep the port's contract: one line each. What is asked here, every store can promise."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Protocol

import pytest

from adapters.event_log.esdb.log import EsdbEventLog
from adapters.event_log.port import EventLog
from adapters.event_log.sqlite import SqliteEventLog
from tests.support.eventstore.process import Double

Open = Callable[[], Awaitable[EventLog]]


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


class OnTheDouble:
    """A log is a process of its own, one for each folder."""

    def __init__(self) -> None:
        self._doubles: dict[Path, Double] = {}

    async def open_in(self, folder: Path) -> EventLog:
        if folder not in self._doubles:
            double = self._doubles[folder] = Double(folder, journal=False)
            await double.start()
        return await EsdbEventLog.open(self._doubles[folder].url)

    async def end(self) -> None:
        for double in self._doubles.values():
            await double.kill()


@pytest.fixture(params=[Sqlite, OnTheDouble], ids=["sqlite", "esdb-double"])
def make_store(request: pytest.FixtureRequest) -> MakeStore:
    """Where logs are opened. Whoever makes a store ends it, in the same event loop."""
    kind: MakeStore = request.param
    return kind


@pytest.fixture
async def store(make_store: MakeStore) -> AsyncIterator[Store]:
    made = make_store()
    yield made
    await made.end()


@pytest.fixture
def open_log(store: Store, tmp_path: Path) -> Open:
    """Opens the same log each time it is called."""
    return lambda: store.open_in(tmp_path)


@pytest.fixture
async def log(open_log: Open) -> AsyncIterator[EventLog]:
    opened = await open_log()
    yield opened
    await opened.close()
