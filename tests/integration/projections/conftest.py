"""Real stores in a folder: the event log, the history, the lineage index and a snapshot."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from adapters.event_log.sqlite import SqliteEventLog


@pytest.fixture
async def log(tmp_path: Path) -> AsyncIterator[SqliteEventLog]:
    opened = await SqliteEventLog.open(tmp_path / "events.db")
    yield opened
    await opened.close()
