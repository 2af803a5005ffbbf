"""Tests of this folder run over each event log that processes can share; where the log does not matter, over one."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.brokers import KINDS, StandaloneBroker, standalone_broker
from tests.support.eventstore.process import Double
from tests.support.roles import Estate


@pytest.fixture
async def broker(tmp_path: Path) -> AsyncIterator[StandaloneBroker]:
    """The one that keeps its queue, where this machine has it."""
    folder = tmp_path / "broker"
    folder.mkdir()
    async with standalone_broker(KINDS[-1], folder) as started:
        yield started


@pytest.fixture(params=["sqlite", "esdb-double"])
async def log_url(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[str]:
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'events.db'}"
        return
    double = Double(tmp_path)
    await double.start()
    yield double.url
    await double.kill()


@pytest.fixture
async def estate(log_url: str, broker: StandaloneBroker, tmp_path: Path) -> AsyncIterator[Estate]:
    estate = Estate(tmp_path, log_url, broker.url)
    yield estate
    await estate.end()
