"""Houses with real data, each made once for all who ask it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.support.api import House
from tests.support.real_house import HUMIDITY, TUNNEL, real_house


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """A folder that all processes of this run share."""
    base = tmp_path_factory.getbasetemp()
    return base if worker_id == "master" else base.parent


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def tunnel(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    """Tunnel-1. Who corrects readings or places devices does so where no other test looks."""
    async with real_house(TUNNEL, shared, tmp_path_factory.mktemp("tunnel")) as house:
        yield house


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def lettuce(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    """The temperatures and humidities of lettuce-2022."""
    async with real_house(HUMIDITY, shared, tmp_path_factory.mktemp("lettuce")) as house:
        yield house
