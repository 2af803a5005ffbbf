"""The histories that must keep the port's contract."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from adapters.history.duckdb import DuckDbHistory
from adapters.history.port import History

Open = Callable[[], Awaitable[History]]


async def _duckdb(folder: Path) -> History:
    return await DuckDbHistory.open(folder / "history.duckdb", memory="128MB", threads=1)


@pytest.fixture(params=[_duckdb], ids=["duckdb"])
def open_history(request: pytest.FixtureRequest, tmp_path: Path) -> Open:
    return lambda: request.param(tmp_path)


@pytest.fixture
async def history(open_history: Open) -> AsyncIterator[History]:
    opened = await open_history()
    yield opened
    await opened.close()
