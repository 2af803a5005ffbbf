"""The event logs that must keep the port's contract: one line each. What is asked here, every store can promise."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from adapters.event_log.port import EventLog
from adapters.event_log.sqlite import SqliteEventLog

Open = Callable[[], Awaitable[EventLog]]


async def _sqlite(folder: Path) -> EventLog:
    return await SqliteEventLog.open(folder / "events.db")


OpenIn = Callable[[Path], Awaitable[EventLog]]


@pytest.fixture(params=[_sqlite], ids=["sqlite"])
def open_log_in(request: pytest.FixtureRequest) -> OpenIn:
    """Opens the log of a folder."""
    opener: OpenIn = request.param
    return opener


@pytest.fixture
def open_log(open_log_in: OpenIn, tmp_path: Path) -> Open:
    """Opens the same log each time it is called."""
    return lambda: open_log_in(tmp_path)


@pytest.fixture
async def log(open_log: Open) -> AsyncIterator[EventLog]:
    opened = await open_log()
    yield opened
    await opened.close()
