"""The event logs that must keep the port's contract: one line each. What is asked here, every store can promise.

EventStoreDB is tried on the double, as it is and with each of its faults on; on a real server where
GLASSHOUSE_TEST_EVENT_LOG names one that may be written to.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from adapters.event_log.port import EventLog
from tests.contract.event_log.stores import STORES, MakeStore, Store

Open = Callable[[], Awaitable[EventLog]]


@pytest.fixture(params=list(STORES.values()), ids=list(STORES))
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
