"""A double of EventStoreDB for each test, and our log on it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from adapters.event_log.esdb.log import EsdbEventLog
from tests.support.eventstore.process import Double, eventstore


@pytest.fixture
async def double(tmp_path: Path) -> AsyncIterator[Double]:
    async with eventstore(tmp_path) as running:
        yield running


@pytest.fixture
async def log(double: Double) -> AsyncIterator[EsdbEventLog]:
    opened = await EsdbEventLog.open(double.url)
    yield opened
    await opened.close()
