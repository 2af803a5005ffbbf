"""A double for the tests of a module, one of its own for those that break it, and clients of the library."""

from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import pytest
import pytest_asyncio
from esdbclient import AsyncEventStoreDBClient

from tests.support.eventstore.clients import connected
from tests.support.eventstore.process import Double, eventstore


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Double]:
    """Shared by the module's tests, which use streams of their own."""
    async with eventstore(tmp_path_factory.mktemp("double"), journal=False) as running:
        yield running


@pytest.fixture
async def double(tmp_path: Path) -> AsyncIterator[Double]:
    """The test's own."""
    async with eventstore(tmp_path) as running:
        yield running
        assert "Traceback" not in running.errors()


@pytest.fixture
async def client(shared: Double) -> AsyncIterator[AsyncEventStoreDBClient]:
    async with connected(shared.url) as connected_client:
        yield connected_client


@pytest.fixture
async def own_client(double: Double) -> AsyncIterator[AsyncEventStoreDBClient]:
    async with connected(double.url) as connected_client:
        yield connected_client


@pytest.fixture
def stream() -> str:
    """A stream that nobody else uses."""
    return f"device-{uuid4().hex}"
